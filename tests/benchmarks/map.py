"""How fast the map follows the hand, beside pyqtgraph and vispy, and what it costs.

``python -m tests.benchmarks.map [--quick] [--json]``. Without a display, so the processor draws. A frame is
the time from a new view to the painted picture of precisely that view; it may leave out points of full cells,
as it does under a moving hand. ``exact_ms`` is the time from the last move to the picture with every point.
The peers (extra ``bench``) are processes of their own, in the same run along the same way; vispy needs
``xvfb-run``.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from explorer.core import raster, raster_numpy
from explorer.core.palette import categorical
from explorer.core.raster import Raster, warm_up
from explorer.core.view import View
from explorer.core.workspace import Workspace
from explorer.ui.map.view import MapView
from tests.benchmarks.common import Result, arguments, assets, milliseconds
from tests.benchmarks.map_ways import HEIGHT, WIDTH, full_view, points, way
from tests.ui.paints import Paints

SIZES, QUICK_SIZES = (10_000, 70_000, 1_000_000, 10_000_000), (10_000, 70_000)
_ROUNDS, _QUICK_STEPS, _PEER_STEPS = 3, 6, 12
_MOST_FOR_PEERS = 1_000_000
_AT_REST, _QUICK_AT_REST = 10.0, 1.0
_PICKS = 2000
_REACH = 10.0
_THUMBNAILS_OF, _CELL = 70_000, 45.0
_TIMEOUT, _ALARM_MS = 30.0, 100
_KEPT: list[QApplication] = []
_WAITING = QEventLoop.ProcessEventsFlag.WaitForMoreEvents


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__)
    result = measure(quick=options.quick)
    result.show(options.json)


def measure(*, quick: bool) -> Result:
    """All sizes, then a window at rest."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    warm_up().join()
    result, sizes = Result(), []
    for count in QUICK_SIZES if quick else SIZES:
        places, labels = points(count)
        found = {"n": count, **_size(result, places, labels, quick=quick)}
        if count <= (QUICK_SIZES[0] if quick else _MOST_FOR_PEERS):
            found |= _beside_peers(result, count, float(found["interactive_ms_median"]), quick=quick)
        sizes.append(found)
    result.facts = {
        "sizes": sizes,
        **_at_rest(_QUICK_AT_REST if quick else _AT_REST),
        **_thumbnails(result, quick=quick),
        "compiled": raster.is_compiled(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }
    return result


def _size(result: Result, places: np.ndarray, labels: np.ndarray, *, quick: bool) -> dict[str, float]:
    name, palette = f"{len(places):,}", categorical(10)
    first = [_first_frame(places, labels, palette) for _ in range(1 if quick else 3)]
    cold = _first_frame(places, labels, palette, painter=raster_numpy.paint)
    view = _opened(places, labels, palette)
    frames, exact = _along_the_way(view, places, quick=quick)
    picks, lassos = _searches(view._scene.raster, places, view.view(), quick=quick)
    _end(view)
    result.time(f"{name}: a frame under the hand", frames)
    result.time(f"{name}: until exact", exact)
    result.time(f"{name}: first frame", first)
    result.time(f"{name}: pick", picks)
    result.time(f"{name}: lasso", lassos)
    return {
        "interactive_ms_median": milliseconds(frames),
        "interactive_ms_p95": milliseconds(frames, 95),
        "exact_ms": milliseconds(exact),
        "first_frame_ms": milliseconds(first),
        "first_frame_uncompiled_ms": milliseconds([cold]),
        **_memory(places, labels, palette),
        "pick_p99_ms": milliseconds(picks, 99),
        "lasso_ms": milliseconds(lassos),
    }


def frames_of(places: np.ndarray, labels: np.ndarray, *, quick: bool) -> tuple[list[float], list[float]]:
    """Seconds of frames under the hand, and until exact ones, of a map in a window."""
    if QApplication.instance() is None:
        _KEPT.append(QApplication([]))
    warm_up().join()
    view = _opened(places, labels, categorical(10))
    found = _along_the_way(view, places, quick=quick)
    _end(view)
    return found


def _opened(places: np.ndarray | None, labels: np.ndarray, palette: np.ndarray) -> MapView:
    gc.disable()  # see ``_end``
    view = MapView()
    view.resize(WIDTH, HEIGHT)
    view.show()
    QApplication.processEvents()
    if places is not None:
        view.set_points(places, labels, palette, None)
        _until(view.is_exact)
    return view


def _end(view: MapView) -> None:
    """Destroy it now, and collect what it leaves as the program does: never while Qt calls something."""
    view.shut_down()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


def _until(done: Callable[[], bool]) -> None:
    """Let the window live until something is so; it sleeps between events, as in real life."""
    until, alarm = time.perf_counter() + _TIMEOUT, QTimer()
    alarm.start(_ALARM_MS)
    while not done():
        QApplication.processEvents(_WAITING)
        if time.perf_counter() > until:
            raise TimeoutError("the map never came to what was waited for")


def _is_painted(view: MapView) -> bool:
    """Whether a picture of the present view, rough or exact, is on the screen."""
    frame = view._ground.frame
    return frame is not None and frame.scene is view._scene and frame.view == view.view()


def _first_frame(
    places: np.ndarray, labels: np.ndarray, palette: np.ndarray, painter: raster.Painter | None = None
) -> float:
    """Seconds from the arrays to the first picture of them, in an open window."""
    view, usual = _opened(None, labels, palette), raster._painter
    raster._painter = painter or usual
    try:
        began = time.perf_counter()
        view.set_points(places, labels, palette, None)
        _until(lambda: _is_painted(view))
        view.repaint()
        return time.perf_counter() - began
    finally:
        _end(view)
        raster._painter = usual


def _along_the_way(view: MapView, places: np.ndarray, *, quick: bool) -> tuple[list[float], list[float]]:
    scale, frames, exact = full_view(places), [], []
    for _ in range(1 if quick else _ROUNDS):
        steps = list(way(places, _QUICK_STEPS) if quick else way(places))
        for number, (x, y, zoom) in enumerate(steps):
            began = time.perf_counter()
            view.set_view(View(x, y, scale / zoom, WIDTH, HEIGHT))
            _until(lambda: _is_painted(view))
            view.repaint()
            frames.append(time.perf_counter() - began)
            if number % 3 == 2 and number < len(steps) // 2:  # the hand rests now and then near the full view
                began = time.perf_counter()
                view._camera.pan(7, 3)
                _until(view.is_exact)
                view.repaint()
                exact.append(time.perf_counter() - began)
    return frames, exact


def _searches(
    drawn: Raster, places: np.ndarray, view: View, *, quick: bool
) -> tuple[list[float], list[float]]:
    random = np.random.default_rng(0)
    scale = full_view(places)
    picks, lassos = [], []
    near = places[random.integers(0, len(places), 100 if quick else _PICKS)]
    for x, y in (near + random.normal(0, 4 * scale, near.shape)).tolist():
        began = time.perf_counter()
        drawn.pick(x, y, _REACH * scale)
        picks.append(time.perf_counter() - began)
    angles = np.linspace(0.0, 2 * np.pi, 200)
    low, high = places.min(axis=0), places.max(axis=0)
    wave = 0.15 * (1 + 0.2 * np.sin(7 * angles))
    polygon = (
        np.median(places, axis=0)
        + (high - low) * np.stack([np.cos(angles), np.sin(angles)], 1) * wave[:, None]
    )
    for _ in range(3 if quick else 11):
        began = time.perf_counter()
        drawn.lasso(polygon)
        lassos.append(time.perf_counter() - began)
    return picks, lassos


def _memory(places: np.ndarray, labels: np.ndarray, palette: np.ndarray) -> dict[str, float]:
    """Bytes a point that stay for drawing and searching, over the arrays given; and at most meanwhile."""
    view = View.fit(places, WIDTH, HEIGHT)
    tracemalloc.start()
    drawn = Raster(places)
    drawn.plan(view, labels, palette)
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "bytes_per_point": round(kept / len(places), 2),
        "peak_bytes_per_point": round(most / len(places), 2),
    }


def _beside_peers(result: Result, count: int, ours: float, *, quick: bool) -> dict[str, float]:
    found = {}
    steps = [str(_QUICK_STEPS if quick else _PEER_STEPS)]
    for name in ("pyqtgraph", "vispy"):
        seconds = _peer(name, count, steps)
        if seconds:
            result.time(f"{count:,}: a frame of {name}", seconds)
            found[f"{name}_ms_median"] = milliseconds(seconds)
            found[f"{name}_over_ours_median"] = round(milliseconds(seconds) / ours, 2)
    return found


def _peer(name: str, count: int, steps: list[str]) -> list[float]:
    """Seconds for each frame of a peer; none where it cannot be run, which is said on standard error."""
    command = [sys.executable, "-m", "tests.benchmarks.map_peers", name, str(count), *steps]
    environment = dict(os.environ)
    if name == "vispy":
        if not shutil.which("xvfb-run"):
            print("vispy needs a screen with OpenGL; there is no xvfb-run.", file=sys.stderr)
            return []
        command = ["xvfb-run", "-a", "-s", "-screen 0 1400x1000x24", *command]
        environment["QT_QPA_PLATFORM"] = "xcb"
    done = subprocess.run(
        command,
        cwd=assets().parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"{name} cannot be run: {last}", file=sys.stderr)
        return []
    return list(json.loads(done.stdout.splitlines()[-1]))


def _thumbnails(result: Result, *, quick: bool) -> dict[str, float]:
    """A frame while panning with at least 500 thumbnails in view, beside one without them, in turns."""
    places, labels = points(_THUMBNAILS_OF)
    work = Workspace.open(assets() / "fashion-vae")
    view = _opened(places, labels, categorical(10))
    view.set_pictures(lambda rows: work.samples(np.asarray(rows) % len(work)))
    scale = full_view(places) / 4
    cell = 2.0 ** np.round(np.log2(scale * _CELL))
    x, y = places[np.abs(places - np.median(places, axis=0)).sum(axis=1).argmin()].tolist()
    seconds: dict[bool, list[float]] = {True: [], False: []}
    seen = 0
    for _ in range(2 if quick else 5):
        for pictured in (False, True):
            view.set_thumbnails(pictured)
            view.set_view(View(x, y, float(cell) / _CELL, WIDTH, HEIGHT))
            _until(lambda: view._thumbnails is not None and view._thumbnails.is_settled)
            for step in range(_QUICK_STEPS if quick else 60):
                began = time.perf_counter()
                view._camera.pan(*(7, 3) if step % 60 < 30 else (-7, -3))
                _until(lambda: _is_painted(view))
                view.repaint()
                seconds[pictured].append(time.perf_counter() - began)
            if pictured and view._thumbnails is not None and view._thumbnails.sheet is not None:
                seen = view._thumbnails.sheet.count_in(view.view())
    _end(view)
    result.time("70,000: a frame with 500 thumbnails", seconds[True])
    result.time("70,000: the same without", seconds[False])
    return {
        "thumbnails_500_ms": milliseconds(seconds[True]),
        "thumbnails_none_ms": milliseconds(seconds[False]),
        "thumbnails_seen": seen,
    }


def _at_rest(seconds: float) -> dict[str, float]:
    """Paints, and seconds of the processor, while nobody touches the map."""
    from PySide6.QtTest import QTest

    places, labels = points(70_000)
    view = _opened(places, labels, categorical(10))
    view.set_cursor((0.0, 0.0))
    view.set_status("at rest")
    QTest.qWait(300)
    paints = Paints(view)
    before = time.process_time()
    QTest.qWait(int(1000 * seconds))
    busy = time.process_time() - before
    _end(view)
    return {"repaints_at_rest": paints.count, "busy_share_at_rest": round(busy / seconds, 4)}


if __name__ == "__main__":
    main()
