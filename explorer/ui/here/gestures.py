"""Gestures of the right panel: how far to carry, which dropped picture, whether doubt is shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings

from explorer.core.carry import REACH
from explorer.ui.controller import Controller
from explorer.ui.edits import Edits
from explorer.ui.here.carry_control import nearest_stop, reach_words
from explorer.ui.main_window import MainWindow
from explorer.ui.presenter import Presenter


class HereGestures(QObject):
    """What is done to the picture at the cursor and to those that were dropped.

    Attributes:
        shows_doubt: whether pictures are faded and hatched where data are far; remembered.
    """

    def __init__(
        self,
        window: MainWindow,
        edits: Edits,
        controller: Controller,
        presenter: Presenter,
        settings: QSettings,
    ) -> None:
        super().__init__(edits)
        self._window, self._edits, self._settings = window, edits, settings
        self._controller, self._presenter = controller, presenter
        self.shows_doubt = str(settings.value("doubt", "true")) == "true"
        self._last = REACH
        self._carry(nearest_stop(_number(settings.value("carry"), REACH)))
        presenter.here.show_doubt(self.shows_doubt)
        window.here.carry.taken.connect(edits.new_gesture)
        window.here.carry.changed.connect(self._carry)
        window.here.neighbours.chosen.connect(controller.go_to_row)
        window.here.dropped_stepped.connect(self._step)
        window.here.dropped_put_away.connect(self.put_dropped_away)

    def toggle_carry(self) -> None:
        """Turn carrying off, or on as it was."""
        self._edits.new_gesture()
        self._carry(0.0 if self._controller.reach else self._last)
        reach = self._controller.reach
        self._edits.said.emit(
            f"Pictures are carried: what is their own fades ({reach_words(reach)})"
            if reach
            else "Nothing is carried: the map alone speaks"
        )

    def toggle_doubt(self) -> None:
        """Fade and hatch the picture where data are far, or show it plain."""
        self.shows_doubt = not self.shows_doubt
        self._settings.setValue("doubt", "true" if self.shows_doubt else "false")
        self._presenter.here.show_doubt(self.shows_doubt)

    def next_dropped(self) -> None:
        """Look at the next dropped picture."""
        self._step(1)

    def previous_dropped(self) -> None:
        """Look at the dropped picture before this one."""
        self._step(-1)

    def put_dropped_away(self) -> None:
        """Take the dropped pictures off the map."""
        if self._edits.session.dropped:
            self._edits.new_gesture()
            self._edits.edit("Put images away", dropped=())

    def _step(self, by: int) -> None:
        dropped = self._edits.session.dropped
        if not dropped:
            self._edits.said.emit("No image has been dropped")
            return
        image = dropped[(self._presenter.here.dropped + by) % len(dropped)]
        self._controller.look_at_dropped(image)

    def _carry(self, reach: float) -> None:
        self._last = reach or self._last
        self._settings.setValue("carry", str(reach))
        self._window.here.carry.set_reach(reach)
        self._presenter.mark_own(reach > 0.0)
        self._controller.carry_on(reach)


def _number(value: object, otherwise: float) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return otherwise
    return number if number >= 0.0 else otherwise
