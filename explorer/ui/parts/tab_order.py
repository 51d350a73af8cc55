"""Which control the Tab key goes to: as one reads the window, whenever its parts were made."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

_LINE = 12


def step_focus(regions: Sequence[QWidget], now: QWidget | None, *, forward: bool) -> bool:
    """Give the focus to the control after ``now``, or before it; False where there is none to take it.

    ``regions`` are the parts of the window in the order they are read; within each, lines from the top, and
    each from the left. From the last one on it begins anew.
    """
    order = tab_order(regions)
    if not order:
        return False
    step = 1 if forward else -1
    at = order.index(now) + step if now in order else min(step, 0)
    control = order[at % len(order)]
    control.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    around = control.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(control)
        around = around.parentWidget()
    return True


def tab_order(regions: Sequence[QWidget]) -> list[QWidget]:
    """The controls that Tab stops at, in order."""
    return list(chain.from_iterable(sorted(_stops(one), key=lambda it: _place(it, one)) for one in regions))


def _stops(region: QWidget) -> list[QWidget]:
    controls = [region, *region.findChildren(QWidget)]
    return [
        one
        for one in controls
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus
        and one.focusProxy() is None
        and one.isVisibleTo(region.window())
        and one.isEnabled()
        and one.window() is region.window()
    ]


def _place(control: QWidget, region: QWidget) -> tuple[int, int]:
    """Its line and column; the middles of what stands side by side are about equally high."""
    if control is region:
        return -1, 0
    at = control.mapTo(region, QPoint(0, control.height() // 2))
    return at.y() // _LINE, at.x()
