"""What training in the window costs beside the bare loop, and how long a new user's whole path takes.

``python -m tests.benchmarks.training [--quick] [--json]``, on pictures of clothes as a folder of files:

- ``steps_over_bare``: steps a second of a training that is watched in its window, with its pictures, curves,
  validation, checkpoints and small map, over the bare loop of the same network, optimizer, precision, batch,
  threads and priority with its data in memory. The two take turns: the training is held by its own button
  while the bare loop runs, so that whatever else the machine does is the same for both;
- ``path_over_training``: from dropping the pictures on the window over accepting the proposal as it is,
  watching, the map and a drag to an exported sheet, less the time on hold, over the bare time of as many
  steps; ``until_…_s`` say when what was reached (with the time on hold);
- ``path_beside_training_s``: what of it is not training; ``tick_p99_ms``: how long the window's thread did
  not come to a timer while the training was watched; ``window_of_a_core``: what the window took of the
  processor meanwhile;
- ``loading_over_epoch``: reading and packing a folder of JPEGs of 64 × 64 once, over a bare epoch of as many
  pictures. It happens once, so a training never waits for files; below 1 it would not wait even if they were
  read anew in every epoch. ``batch_over_step``: the share of a step that taking a batch from memory is.

``--quick`` trains few steps, on which the program's own share weighs heavily.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from explorer.core.training import RUN, arguments, prepare, trainer
from tests.benchmarks.common import Result, assets, run_at_home

_COUNT, _QUICK_COUNT, _QUICK_EPOCHS = 2000, 120, 60
_STEPS, _QUICK_STEPS, _WARM_UP = 30, 8, 3
_TURNS = (0.15, 0.4, 0.65, 0.9)  # of the training, when the bare loop has its turn
_DRAG_STEPS = 40
_PATIENCE = 3600.0  # seconds for all the training
_NICENESS = 10  # the trainer's


def main() -> None:
    """Measure and print; or be the bare loop."""
    if "--bare" in sys.argv:
        _be_bare()
        return
    run_at_home(__doc__, measure)


def measure(home: Path, *, quick: bool) -> Result:
    """All figures."""
    result = Result()
    count, steps = (_QUICK_COUNT, _QUICK_STEPS) if quick else (_COUNT, _STEPS)
    bare = Bare()
    try:
        loading = _loading(home, bare, count, steps)
        told = _path(home, _write(home / "clothes", count), bare, steps, quick)
    finally:
        bare.close()
    watched, alone = told["seconds_a_step"], float(np.mean(told["bare"]))
    training = alone * told["steps"]
    result.time("a step, bare", told["bare"])
    result.time("a step, watched", [watched])
    result.time("the path but for training", [told["path"] - told["trained"]])
    result.facts |= {
        "steps_over_bare": round(alone / watched, 3),
        "path_over_training": round(told["path"] / training, 3),
        "path_beside_training_s": round(told["path"] - told["trained"], 1),
        "path_s": round(told["path"], 1),
        "bare_training_s": round(training, 1),
        "bare_ms": round(1000 * alone, 2),
        "tick_p99_ms": round(1000 * float(np.percentile(told["ticks"], 99)), 1),
        "window_of_a_core": round(told["window"], 3),
        "pictures": count,
        "steps": told["steps"],
        **loading,
        **{f"until_{name}_s": round(at, 1) for name, at in told["until"].items()},
    }
    return result


class Bare:
    """The bare loop in a process of its own, with the trainer's priority, that runs when it is asked."""

    def __init__(self) -> None:
        _, environment = trainer()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.training", "--bare"],
            env=environment, cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, given: list[str], steps: int, live: Callable[[], None] = lambda: None) -> dict[str, float]:
        """Steps of the training that the trainer's command line ``given`` describes; seconds of one.

        ``live`` is called now and then while they run.
        """
        from concurrent.futures import ThreadPoolExecutor

        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"given": given, "steps": steps}) + "\n")
        self._process.stdin.flush()
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self._process.stdout.readline)
            while not answer.done():
                live()
                time.sleep(0.01)
        return dict(json.loads(answer.result()))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _write(folder: Path, count: int) -> Path:
    with np.load(assets() / "fashion-vae" / "fashion.npz", allow_pickle=False) as data:
        images, labels = data["images"][:count], data["label"][:count]
    for number, (picture, label) in enumerate(zip(images, labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture.reshape(28, 28)).save(folder / str(label) / f"{number:05}.png")
    return folder


def _loading(home: Path, bare: Bare, count: int, steps: int) -> dict[str, object]:
    """How long reading a folder of JPEGs takes, beside training on them."""
    from explorer.core.dataset import open_dataset
    from explorer.core.progress import Progress
    from explorer.core.training_data import look, propose

    photos = home / "photos"
    photos.mkdir()
    random = np.random.default_rng(0)
    for number in range(count):  # smooth colours and some noise: files as large as photographs' are
        coarse = Image.fromarray(random.integers(0, 256, (6, 6, 3), np.uint8)).resize((64, 64))
        noisy = np.asarray(coarse, np.int16) + random.integers(-12, 13, (64, 64, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(photos / f"{number:05}.jpg", quality=90)
    dataset, progress = open_dataset(photos), Progress()
    proposal = propose(look(dataset, progress), "vae")
    began = time.perf_counter()
    prepare(dataset, proposal, home / "photos-vae", progress)
    seconds = time.perf_counter() - began
    step = bare.run(arguments(home / "photos-vae", "photos", proposal), steps)
    return {
        "loading_over_epoch": round(seconds / (step["step"] * count / proposal.batch_size), 3),
        "batch_over_step": round(step["batch"] / step["step"], 3),
        "jpegs_a_second": round(count / seconds),
    }


def _path(home: Path, pictures: Path, bare: Bare, bare_steps: int, quick: bool) -> dict[str, Any]:
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
        until: dict[str, float] = {}

        def reached(name: str) -> None:
            until[name] = time.perf_counter() - began

        mime, view = QMimeData(), explorer.window.map
        mime.setUrls([QUrl.fromLocalFile(str(pictures))])
        at = view.rect().center()
        hand._app.sendEvent(view, QDragEnterEvent(at, copy, mime, left, none))
        hand._app.sendEvent(view, QDropEvent(at.toPointF(), copy, mime, left, none))
        hand.wait(lambda: message.isVisible() and "Train a model" in message.offer.text())
        reached("offer")
        QTest.mouseClick(message.offer, left)
        window = training.window
        assert window is not None
        hand.wait(window.setup.start.isEnabled)
        reached("proposal")
        if quick:
            window.setup.epochs.setValue(_QUICK_EPOCHS)
        QTest.mouseClick(window.setup.start, left)
        hand.wait(lambda: training.run is not None)
        run = training.run
        assert run is not None
        reached("packed")
        hand.wait(lambda: bool(run.record.kind) or run.is_over, _PATIENCE)
        reached("trainer")
        hand.wait(lambda: run.record.done > 0 or run.is_over, _PATIENCE)
        reached("first step")
        first, done = time.perf_counter(), run.record.done
        held, alone, used = 0.0, list[float](), time.process_time()
        for turn in _TURNS[:1] if quick else _TURNS:
            ticking.start()
            hand.wait(lambda turn=turn: run.is_over or run.record.done >= turn * run.record.total, _PATIENCE)
            ticking.stop()
            before[0] = 0.0
            if run.is_over:  # sooner than planned, since validation became no better
                break
            QTest.mouseClick(window.watch.pause, left)
            hand.wait(lambda: run.record.said.startswith("Paused") or run.is_over, _PATIENCE)
            pause, own = time.perf_counter(), time.process_time()
            alone.append(bare.run(run._arguments, bare_steps, hand._app.processEvents)["step"])
            held += time.perf_counter() - pause
            used += time.process_time() - own
            run.record.said = ""
            QTest.mouseClick(window.watch.pause, left)
        hand.wait(
            lambda: (
                run.record.said.startswith("Exporting") or run.is_over or run.record.done == run.record.total
            ),
            _PATIENCE,
        )
        trained, steps = time.perf_counter() - first - held, run.record.done - done
        used = time.process_time() - used
        reached("last step")
        hand.wait(lambda: run.is_over, _PATIENCE)
        reached("exported")
        assert run.record.last["event"] == "done", run.record.last
        hand.wait(lambda: explorer.store.session.pair.name == "clothes-vae", _PATIENCE)
        reached("open")
        hand.wait(lambda: explorer.store.session.map is not None and not explorer.jobs.running, _PATIENCE)
        reached("map")
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
        path = time.perf_counter() - began - held
        return {
            "path": path,
            "trained": trained,
            "until": until,
            "ticks": ticks or [0.0],
            "seconds_a_step": trained / steps,
            "window": used / trained,
            "steps": run.record.done,
            "bare": alone,
        }
    finally:
        hand.close()


def _export(hand: Any, folder: Path) -> None:
    """The samples of the gallery's dialog, as a sheet."""
    from explorer.core.recipes.document import Samples
    from explorer.core.recipes.writing import Style

    hand._explorer.tray.export_gallery(Samples(), Style(), folder)
    hand.wait(lambda: not hand._explorer.jobs.running)
    assert any(folder.rglob("*.png"))


def _be_bare() -> None:
    """The loop that anybody would write, as often as a line on stdin asks; data as floats in memory."""
    import torch

    from models.autoencoder import Autoencoder
    from models.losses import kl_loss, reconstruction_loss
    from models.train import parse
    from models.train import prepare as prepared

    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    for line in sys.stdin:
        asked = json.loads(line)
        options = parse(asked["given"])
        config = prepared(options).config
        images = np.load(options.out / "pictures.npy", allow_pickle=False)
        assert options.out.name == RUN
        data = torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32) / 255)
        model = Autoencoder(config.model)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        generator = torch.Generator().manual_seed(0)
        halves = torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16")
        taking, seconds = [], []
        for _ in range(_WARM_UP + asked["steps"]):
            began = time.perf_counter()
            batch = data[torch.randint(len(data), (config.batch_size,), generator=generator)]
            taking.append(time.perf_counter() - began)
            with halves:
                drawn, mu, logvar = model(batch, generator)
            loss = reconstruction_loss(batch, drawn.float(), config.variance)
            loss = loss + kl_loss(mu.float(), logvar.float(), 0.0)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            seconds.append(time.perf_counter() - began)
        step, batch_time = (float(np.mean(one[_WARM_UP:])) for one in (seconds, taking))
        print(json.dumps({"step": step, "batch": batch_time}), flush=True)


if __name__ == "__main__":
    main()
