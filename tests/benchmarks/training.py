"""What training in the window costs beside the bare loop, and how long a new user's whole path takes.

``python -m tests.benchmarks.training [--quick] [--json]``, on pictures of clothes as a folder of files:

- ``steps_over_bare``: steps a second of a training that is watched in its window, pictures, curves and small
  map included, over the bare loop of the same network, optimizer and batch with its data in memory,
  measured right afterwards;
- ``path_over_training``: from dropping the pictures on the window over accepting the proposal, watching, the
  map and a drag to an exported sheet, over the bare time of the same steps. Few epochs are trained here, on
  which the program's own share weighs heavily; ``path_over_training_proposed`` reckons with that share
  (``path_beside_training_s``) and the time of as many epochs as were proposed;
- ``tick_p99_ms``: how long the window's thread did not come to a timer, while the training was watched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.core.training import RUN, trainer
from tests.benchmarks.common import Result, assets, run_at_home

_COUNT, _QUICK_COUNT = 2000, 120
_EPOCHS, _QUICK_EPOCHS = 5, 3
_STEPS, _QUICK_STEPS, _WARM_UP = 40, 10, 3
_DRAG_STEPS = 40
_PATIENCE = 3600.0  # seconds for all the training


def main() -> None:
    """Measure and print; or be the bare loop."""
    if "--bare" in sys.argv:
        _be_bare(sys.argv[sys.argv.index("--bare") + 1 :])
        return
    run_at_home(__doc__, measure)


def measure(home: Path, *, quick: bool) -> Result:
    """All figures."""
    result = Result()
    pictures = _write(home / "clothes", _QUICK_COUNT if quick else _COUNT)
    steps = _QUICK_STEPS if quick else _STEPS
    told = _path(home, pictures, _QUICK_EPOCHS if quick else _EPOCHS, steps, quick)
    watched, bare = told["seconds_a_step"], float(np.mean(told["bare"]))
    training = bare * told["steps"]
    beside = told["path"] - told["trained"]
    result.time("a step, bare", told["bare"])
    result.time("a step, watched", [watched])
    result.time("the path but for training", [beside])
    result.facts |= {
        "steps_over_bare": round(bare / watched, 3),
        "path_over_training": round(told["path"] / training, 2),
        "path_over_training_proposed": round(
            (beside + watched * told["proposed"]) / (bare * told["proposed"]), 3
        ),
        "path_beside_training_s": round(beside, 1),
        "bare_ms": round(1000 * bare, 2),
        "tick_p99_ms": round(1000 * float(np.percentile(told["ticks"], 99)), 1),
        "pictures": len(list(pictures.rglob("*.png"))),
        "steps": told["steps"],
        "steps_proposed": told["proposed"],
    }
    return result


def _write(folder: Path, count: int) -> Path:
    with np.load(assets() / "fashion-vae" / "fashion.npz", allow_pickle=False) as data:
        images, labels = data["images"][:count], data["label"][:count]
    for number, (picture, label) in enumerate(zip(images, labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture.reshape(28, 28)).save(folder / str(label) / f"{number:05}.png")
    return folder


def _path(home: Path, pictures: Path, epochs: int, bare_steps: int, quick: bool) -> dict:
    """A new user's path through the real window; all that was timed."""
    from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
    from PySide6.QtGui import QDragEnterEvent, QDropEvent
    from PySide6.QtTest import QTest

    from tests.benchmarks.hand import Hand

    hand = Hand(assets() / "faces-vae")
    explorer = hand._explorer
    left, none, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    ticks: list[float] = []
    ticking, before = QTimer(), [0.0]

    def tick() -> None:
        now = time.perf_counter()
        if before[0]:
            ticks.append(max(0.0, now - before[0] - 0.01))
        before[0] = now

    ticking.setInterval(10)
    ticking.setTimerType(Qt.TimerType.PreciseTimer)
    ticking.timeout.connect(tick)
    try:
        training, message = explorer.training, explorer.window.message
        began = time.perf_counter()
        mime, view = QMimeData(), explorer.window.map
        mime.setUrls([QUrl.fromLocalFile(str(pictures))])
        at = view.rect().center()
        hand._app.sendEvent(view, QDragEnterEvent(at, copy, mime, left, none))
        hand._app.sendEvent(view, QDropEvent(at.toPointF(), copy, mime, left, none))
        hand.wait(lambda: message.isVisible() and "Train a model" in message.offer.text())
        QTest.mouseClick(message.offer, left)
        window = training.window
        hand.wait(lambda: window is not None and window.setup.start.isEnabled())
        proposed = window.setup.epochs.value()
        window.setup.epochs.setValue(epochs)
        QTest.mouseClick(window.setup.start, left)
        hand.wait(lambda: training.run is not None)
        run, stepped = training.run, list[tuple[float, int]]()
        run.changed.connect(
            lambda event: stepped.append((time.perf_counter(), event["done"]))
            if event["event"] == "step" else None
        )  # fmt: skip
        hand.wait(lambda: len(stepped) > 2, _PATIENCE)
        ticking.start()
        hand.wait(lambda: run.is_over, _PATIENCE)
        ticking.stop()
        assert run.record.last["event"] == "done", run.record.last
        (first, done), (last, total) = stepped[2 if len(stepped) > 9 else 0], stepped[-1]
        hand.wait(lambda: explorer.store.session.pair.name == "clothes-vae", _PATIENCE)
        hand.wait(lambda: explorer.store.session.map is not None and not explorer.jobs.running, _PATIENCE)
        window.close()
        hand.settle(0.1)
        place = view.view().to_screen(np.asarray([explorer.store.session.map.densest_place()]))[0]
        start = QPoint(round(place[0]), round(place[1]))
        QTest.mousePress(view, left, pos=start)
        for number in range(_DRAG_STEPS):
            QTest.mouseMove(view, start + QPoint(number, number // 2))
            hand.settle(0.008)
        QTest.mouseRelease(view, left, pos=start + QPoint(_DRAG_STEPS, _DRAG_STEPS // 2))
        _export(hand, home / "gallery")
        path = time.perf_counter() - began
        folder, steps_each = run.folder, run.record.total / epochs
        bare = [_bare(folder, bare_steps) for _ in range(1 if quick else 3)]
        return {
            "path": path,
            "trained": (last - first) / (total - done) * run.record.total,
            "ticks": ticks or [0.0],
            "seconds_a_step": (last - first) / (total - done),
            "steps": run.record.total,
            "bare": bare,
            "proposed": round(steps_each * proposed),
        }
    finally:
        hand.close()


def _export(hand, folder: Path) -> None:
    """The samples of the gallery's dialog, as a sheet."""
    from explorer.core.recipes.document import Samples
    from explorer.core.recipes.writing import Style

    hand._explorer.tray.export_gallery(Samples(), Style(), folder)
    hand.wait(lambda: not hand._explorer.jobs.running)
    assert any(folder.rglob("*.png")) or any(folder.rglob("*"))


def _bare(folder: Path, steps: int) -> float:
    """Seconds of a step of the bare loop, in a process of its own with the trainer's priority."""
    _, environment = trainer()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.training", "--bare", str(folder), str(steps)],
        env=environment, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout.split()[-1])


def _be_bare(given: list[str]) -> None:
    """The loop that anybody would write: the same network, optimizer and batch, data as floats in memory."""
    import torch

    from models.autoencoder import Autoencoder
    from models.config import TrainConfig
    from models.losses import kl_loss, reconstruction_loss

    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    folder, steps = Path(given[0]), int(given[1])
    kept = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    config = TrainConfig.from_dict(kept["config"])
    images = np.load(folder / RUN / "pictures.npy", allow_pickle=False)
    data = torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    model = Autoencoder(config.model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    generator, seconds = torch.Generator().manual_seed(0), []
    halves = torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16")
    for _ in range(_WARM_UP + steps):
        batch = data[torch.randint(len(data), (config.batch_size,), generator=generator)]
        began = time.perf_counter()
        with halves:
            drawn, mu, logvar = model(batch, generator)
        loss = reconstruction_loss(batch, drawn.float(), config.variance)
        loss = loss + kl_loss(mu.float(), logvar.float(), 0.0)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - began)
    print(float(np.mean(seconds[_WARM_UP:])))


if __name__ == "__main__":
    main()
