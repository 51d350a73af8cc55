"""The whole main job on the bundled faces, in a real window that needs no display, each step timed."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer import __version__
from explorer.core.bundles import FIRST, bundle_folder
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path, write_error
from explorer.core.work_maps import record_of
from explorer.core.workspace import Workspace

_TIMEOUT = 900.0
_DRAG_STEPS = 60
_SAMPLES = 23


def run(out: Path) -> dict[str, Any]:
    """Do the main job and leave window.png, gallery.png, pictures/ and report.json in ``out``.

    Opens the bundled pair, encodes its data afresh, maps them, drags along a line, drops an image, keeps and
    samples pictures and exports them. Returns the report. Raises ``ExplorerError`` where a step fails.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(out, error) from error
    with tempfile.TemporaryDirectory(prefix="latent-explorer-demo-") as home:
        os.environ.update(dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), home))
        return _Demo(out, Path(home)).run()


def _tell(_kind: object, _context: object, message: str) -> None:
    """Pass Qt's messages on, but for the one that the platform without a display always has."""
    if "propagateSizeHints" not in message:
        print(message, file=sys.stderr)


class _Demo:
    """The steps, in order; ``report`` collects what each took."""

    def __init__(self, out: Path, scratch: Path) -> None:
        from PySide6.QtCore import qInstallMessageHandler
        from PySide6.QtWidgets import QApplication

        from explorer.ui.app import Explorer

        qInstallMessageHandler(_tell)
        self._app = QApplication.instance() or QApplication([])
        self._out, self._scratch = out, scratch
        self._problems: list[str] = []
        self._seconds: dict[str, float] = {}
        self._explorer = Explorer()
        self._explorer.edits.refused.connect(self._problems.append)
        self._explorer.jobs.failed.connect(self._problems.append)
        self._explorer.jobs.broke.connect(lambda error: self._problems.append(repr(error)))

    def run(self) -> dict[str, Any]:
        """All steps."""
        ours, bundle = self._explorer, bundle_folder(FIRST)
        data = next(bundle.glob("*.npz"))
        latencies: list[float] = []
        ours.presenter.pictured.connect(latencies.append)
        shipped = record_of(Workspace.open(bundle))
        ours.mapping.settings = shipped.settings if shipped else None
        try:
            self._step(
                "open",
                lambda: ours.start([bundle / "encoder.onnx"]),
                lambda: ours.presenter.decoded is not None,
            )
            self._step(
                "encode",
                lambda: ours.dropping.open_paths([data]),
                lambda: ours.store.session.work is not None,
            )
            self._wait("map", lambda: not ours.jobs.running and ours.store.session.map is not None)
            latencies.clear()
            self._step("drag", self._drag, lambda: len(latencies) > 0)
            drag_latencies = sorted(latencies)
            ours.tray.keep()
            self._step("drop", self._drop, lambda: bool(ours.store.session.dropped))
            ours.tray.keep()
            self._step("sample", self._sample, lambda: len(ours.store.session.tray) >= _SAMPLES + 2)
            pictures = self._out / "pictures"
            self._step("export", lambda: ours.tray.export(pictures), (pictures / "sheet.png").exists)
            self._settle(0.5)
            self._grab(pictures)
        finally:
            ours.close()
        session = ours.store.session
        assert session.pair is not None
        assert session.work is not None
        report = {
            "program": f"latent-explorer {__version__}",
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "model": session.pair.name,
            "device": session.pair.device,
            "images": len(session.work.latents),
            "reconstruction_mse": session.work.reconstruction_mse,
            "dropped_image_mse": session.dropped[0].error,
            "drag_pictures": len(drag_latencies),
            "drag_input_to_picture_ms_median": round(1000 * drag_latencies[len(drag_latencies) // 2], 3),
            "pictures": len(session.tray),
            "seconds": {name: round(value, 3) for name, value in self._seconds.items()},
        }
        with atomic_path(self._out / "report.json") as beside:
            beside.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
        return report

    def _step(self, name: str, act: Callable[[], object], done: Callable[[], bool]) -> None:
        began = time.perf_counter()
        act()
        self._wait(name, done, began)

    def _wait(self, name: str, done: Callable[[], bool], began: float | None = None) -> None:
        began = time.perf_counter() if began is None else began
        while not done():
            self._app.processEvents()
            time.sleep(0.001)
            if self._problems:
                raise ExplorerError(f"The demo stopped at “{name}”: {self._problems[0]}")
            if time.perf_counter() - began > _TIMEOUT:
                raise ExplorerError(f"The demo gave up at “{name}” after {_TIMEOUT:.0f} s.")
        self._seconds[name] = time.perf_counter() - began

    def _settle(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self._app.processEvents()
            time.sleep(0.002)

    def _drag(self) -> None:
        """Real mouse events, from the densest place to the middle of the map."""
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        view, latent_map = self._explorer.window.map, self._explorer.store.session.map
        assert latent_map is not None
        self._settle(0.3)
        x, y = view.view().to_screen(latent_map.positions[:1] * 0 + latent_map.densest_place())[0]
        start, end = QPoint(int(x), int(y)), view.rect().center()
        left = Qt.MouseButton.LeftButton
        QTest.mousePress(view, left, pos=start)
        for i in range(1, _DRAG_STEPS + 1):
            QTest.mouseMove(view, start + (end - start) * (i / _DRAG_STEPS))
            self._settle(0.016)
        QTest.mouseRelease(view, left, pos=end)
        self._settle(0.1)

    def _drop(self) -> None:
        """Drop a picture file that the data hold, as the file manager would."""
        from explorer.core.provenance import write_png

        work = self._explorer.store.session.work
        assert work is not None
        path = self._scratch / "a face.png"
        write_png(path, work.samples([len(work) // 2])[0])
        self._explorer.dropping.open_paths([path])

    def _sample(self) -> None:
        from explorer.core.sampling import SampleRequest

        self._explorer.tray.sample(SampleRequest("prior", _SAMPLES, 7, 0.0))

    def _grab(self, pictures: Path) -> None:
        self._explorer.window.map.settle()
        with atomic_path(self._out / "window.png") as beside:
            self._explorer.window.grab().save(str(beside), "PNG")
        with atomic_path(self._out / "gallery.png") as beside:
            shutil.copyfile(pictures / "sheet.png", beside)
