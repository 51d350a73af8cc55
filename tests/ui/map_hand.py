"""A hand on a map of three clusters, and an eye for what it shows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from explorer.ui.map.view import MapView
from explorer.ui.parts import theme

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PALETTE = np.array([[255, 0, 0], [0, 255, 0], [80, 80, 255]], np.uint8)
CENTRES = np.array([[-4.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
SHADE = QColor(theme.DARK.ground)


def at(view: MapView, place: tuple[float, float] | np.ndarray) -> QPoint:
    x, y = view.view().to_screen(np.array([place], float))[0]
    return QPoint(round(x), round(y))


def look(view: MapView) -> QImage:
    """What is to be seen, drawn exactly."""
    view.settle()
    return view.grab().toImage()


def pixel(image: QImage, point: QPoint) -> QColor:
    """The colour at a place in window units."""
    ratio = image.devicePixelRatio()
    return image.pixelColor(int(ratio * (point.x() + 0.5)), int(ratio * (point.y() + 0.5)))


def around(image: QImage, centre: QPoint, reach: int) -> list[QColor]:
    steps = range(-reach, reach + 1)
    return [pixel(image, centre + QPoint(i, j)) for i in steps for j in steps]


def mean_color(image: QImage, centre: QPoint, reach: int = 8) -> np.ndarray:
    return np.mean([color.getRgb()[:3] for color in around(image, centre, reach)], axis=0)


def whitish(image: QImage, centre: QPoint, reach: int = 40) -> int:
    """How many pixels around a place are nearly white."""
    return sum(min(color.getRgb()[:3]) > 130 for color in around(image, centre, reach))


def hover(view: MapView, point: QPoint) -> None:
    QTest.mouseMove(view, point + QPoint(1, 0))
    QTest.mouseMove(view, point)


def drag(view: MapView, *points: QPoint, button: Qt.MouseButton = LEFT) -> None:
    QTest.mousePress(view, button, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, button, pos=points[-1])


def wheel(view: MapView, point: QPoint, delta: int, *, glide: bool = True) -> None:
    """Turn the wheel and wait until the zoom has come to rest."""
    event = QWheelEvent(
        QPointF(point), view.mapToGlobal(QPointF(point)), QPoint(), QPoint(0, delta),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
    while glide and view._camera.is_gliding:
        QTest.qWait(5)
