"""A real window on a bundled demo, and a hand that clicks in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from explorer.core import dataset_sampled, raster
from explorer.ui.app import Explorer
from explorer.ui.map.view import MapView
from tests.onnx_generators import write_generator
from tests.onnx_pairs import Convention, write_pair
from tests.ui.map_hand import CENTRES, PALETTE


@pytest.fixture(autouse=True)
def application(qapp) -> QApplication:
    """Without one, fonts and pictures end the process; another process may run what would make it."""
    return qapp


class Hand:
    """Gestures through the event queue, on a window that has something open."""

    def __init__(self, explorer: Explorer, qtbot) -> None:
        self.explorer, self.qtbot = explorer, qtbot
        self.map = explorer.window.map

    def wait(self, done: Callable[[], bool], timeout: int = 90_000) -> None:
        self.qtbot.waitUntil(done, timeout=timeout)

    def wait_for_picture(self) -> None:
        """Until the picture on display is that of the cursor."""
        self.wait(lambda: self.explorer.presenter.decoded.latent is self.cursor.latent)

    def mapped(self) -> Hand:
        """Once there is a map and nothing is under way."""
        self.wait(lambda: self.session.map is not None and not self.explorer.jobs.running, timeout=120_000)
        return self

    def shown(self) -> np.ndarray:
        """The picture that is decoded for the present cursor and inputs, once it is on display."""
        presenter = self.explorer.presenter
        self.wait(lambda: presenter.decoded is not None and presenter.decoded.is_of(self.session))
        return presenter.decoded.picture

    @property
    def session(self):
        return self.explorer.store.session

    @property
    def cursor(self):
        return self.session.cursor

    def screen(self, place) -> QPoint:
        x, y = self.map.view().to_screen(np.asarray([place]))[0]
        return QPoint(round(x), round(y))

    def on_data(self) -> QPoint:
        """A point of the widget under which data lie."""
        return self.screen(self.session.map.densest_place())

    def click(self, at: QPoint) -> None:
        QTest.mouseClick(self.map, Qt.MouseButton.LeftButton, pos=at)

    def drag(self, start: QPoint, end: QPoint, steps: int = 12, every_ms: int = 0) -> None:
        QTest.mousePress(self.map, Qt.MouseButton.LeftButton, pos=start)
        for i in range(1, steps + 1):
            QTest.mouseMove(self.map, start + (end - start) * (i / steps))
            QApplication.processEvents()
            if every_ms:
                QTest.qWait(every_ms)
        QTest.mouseRelease(self.map, Qt.MouseButton.LeftButton, pos=end)

    def key(self, key: Qt.Key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.map, key, modifiers)

    def drop(self, *paths: Path) -> None:
        """Drop files on the map, as the file manager does."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self.drop_mime(mime)

    def drop_mime(self, mime: QMimeData, onto: QWidget | None = None) -> None:
        target = onto or self.map
        centre, copy = target.rect().center(), Qt.DropAction.CopyAction
        buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(target, QDragEnterEvent(centre, copy, mime, buttons, modifiers))
        QApplication.sendEvent(target, QDropEvent(QPointF(centre), copy, mime, buttons, modifiers))


@pytest.fixture
def open_explorer(qtbot) -> Iterator[Callable[..., Hand]]:
    """Open a window on paths and wait for its first picture; all are closed at the end."""
    opened: list[Explorer] = []

    def open_on(*paths: Path, wait: bool = True) -> Hand:
        explorer = Explorer()
        opened.append(explorer)
        explorer.window.resize(1200, 800)
        explorer.start(paths)
        hand = Hand(explorer, qtbot)
        if wait:
            hand.wait(lambda: explorer.presenter.decoded is not None)
            hand.wait(lambda: not explorer.jobs.running and not explorer.presenter.is_reading)
        explorer.window.activateWindow()
        explorer.window.map.setFocus()
        hand.wait(explorer.window.isActiveWindow)
        return hand

    yield open_on
    for explorer in opened:
        explorer.close()
        explorer.window.close()
        explorer.window.deleteLater()
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    # Without a display the clipboard outlives the interpreter, which what a test copied there must not.
    QApplication.clipboard().clear()
    (Path(platformdirs.user_data_dir("latent-explorer")) / "last.latents").unlink(missing_ok=True)
    (Path(platformdirs.user_config_dir("latent-explorer")) / "settings.ini").unlink(missing_ok=True)


@pytest.fixture
def hand(open_explorer, fashion_bundle) -> Hand:
    """A window on the bundled Fashion-MNIST."""
    return open_explorer(fashion_bundle)


@pytest.fixture(scope="module")
def compiled() -> None:
    """The kernels that draw and pick, ready."""
    raster.warm_up().join()
    assert raster.is_compiled()


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[MapView]:
    """A map of three clusters: red left, green right, blue above."""
    shown = MapView()
    qtbot.addWidget(shown)
    shown.resize(600, 400)
    random = np.random.default_rng(0)
    codes = np.repeat(np.arange(3, dtype=np.int32), 400)
    shown.set_points(CENTRES[codes] + random.normal(0, 0.3, (1200, 2)), codes, PALETTE, None)
    shown.show()
    qtbot.waitExposed(shown)
    yield shown
    shown.shut_down()


@pytest.fixture
def few_samples(monkeypatch):
    monkeypatch.setattr(dataset_sampled, "COUNT", 300)


@pytest.fixture
def some_data(tmp_path, fashion_pictures):
    labels = np.arange(200) % 3
    np.savez(tmp_path / "some.npz", images=fashion_pictures[:200, :, :, 0], label=labels)
    return tmp_path / "some.npz"


@pytest.fixture
def own_pair(tmp_path, fashion_pictures):
    folder = tmp_path / "own"
    write_pair(folder, fashion_pictures, 8, Convention(outputs=("mu", "logvar")))
    return folder


@pytest.fixture
def open_mapped(open_explorer):
    """Open a window and wait until what it maps is mapped, which takes a while at the first time."""
    return lambda path: open_explorer(path, wait=False).mapped()


@pytest.fixture
def conditional(tmp_path, fashion_pictures, few_samples):
    """A decoder that also wants a truncation, a label, a switch and noise."""
    return write_generator(tmp_path / "conditional" / "G.onnx", fashion_pictures, extras=True)
