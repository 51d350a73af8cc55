"""What can be done about the open model: its card, what is said about it, the device it runs on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QInputDialog, QMenu

from explorer.core.ahead import DEVICE
from explorer.core.errors import Unsettled
from explorer.core.opening import Plan
from explorer.core.session import Session
from explorer.ui.main_window import MainWindow
from explorer.ui.model.opening import Opening
from explorer.ui.parts.jobs import Jobs
from explorer.ui.start import device_in
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.ui.model.card import ModelCard


class ModelGestures(QObject):
    """Gestures on the model.

    Attributes:
        card: the model card, while it is open.
        devices: the menu of devices; it asks which there are when it is first opened.
    """

    def __init__(
        self, window: MainWindow, store: SessionStore, jobs: Jobs, opening: Opening, settings: QSettings
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs = window, store, jobs
        self._opening, self._settings = opening, settings
        self.card: ModelCard | None = None
        opening.device = device_in(settings)
        self.devices = QMenu("Device", window)
        self.devices.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        self._asked = False
        self._add_device("Automatic", DEVICE, "The fastest device that seems to be there")
        self.devices.aboutToShow.connect(self.look_for_devices)
        window.device_chip.clicked.connect(self.choose_device)
        window.loaded.model_pressed.connect(self.show_model_card)
        store.changed.connect(self._follow)

    def show_model_card(self) -> None:
        """Open the model card, or bring it to the front."""
        pair = self._store.session.pair
        if pair is None:
            self._window.status.say("No model is open")
            return
        if self.card is None:
            from explorer.ui.model.card import ModelCard

            self.card = ModelCard(self._window)
            self.card.stated.connect(lambda key, value: self._state({key: value}))
            self.card.reset_asked.connect(lambda: self._state({}))
            self.card.finished.connect(self._close_card)
            self._show_pair()
        self.card.show()
        self.card.raise_()
        self.card.activateWindow()

    def offer_to_state(self, plan: Plan, refusal: Unsettled) -> None:
        """Tell why a model is refused, and offer to state what would settle it."""

        def state(value: str) -> None:
            self._opening.open_plan(replace(plan, stated={**plan.stated, refusal.key: value.strip()}))

        def ask() -> None:
            question = QInputDialog(self._window)
            question.setWindowTitle("Size of the pictures")
            question.setLabelText("Height, width and channels, such as 28x20x1:")
            question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            question.textValueSelected.connect(state)
            question.open()

        if refusal.key == "accept":
            self._window.message.say(str(refusal), "Open it anyway", lambda: state("yes"))
        else:
            self._window.message.say(str(refusal), "State the size…", ask)

    def choose_device(self) -> None:
        """Show the devices below the chip that names the present one."""
        chip = self._window.device_chip
        self.devices.popup(chip.mapToGlobal(chip.rect().bottomLeft()))

    def look_for_devices(self) -> None:
        """Find out what there is, off the window's thread; done once."""
        if self._asked:
            return
        self._asked = True
        looking = self.devices.addAction("Looking for devices…")
        looking.setEnabled(False)

        def find(_: object) -> tuple[tuple[str, str], ...]:
            from explorer.core.engine import devices

            return tuple((one.name, one.why_not) for one in devices.available())

        def show(found: tuple[tuple[str, str], ...]) -> None:
            self.devices.removeAction(looking)
            for name, why_not in found:
                self._add_device(name, name, why_not, able=not why_not)

        self._jobs.start("Looking for devices", find, show)

    def use_device(self, name: str) -> None:
        """Run models on a device from now on, the open one too; remembered."""
        self._settings.setValue("device", name)
        self._opening.device = name
        if self._store.session.pair is not None:
            self._opening.open_again()

    def _add_device(self, text: str, name: str, tip: str, *, able: bool = True) -> None:
        action = QAction(text if able else f"{text}: {tip}", self._window)
        action.setToolTip(tip or f"Run the model on {text}")
        action.setCheckable(True)
        action.setEnabled(able)
        action.setChecked(name == self._opening.device)
        action.triggered.connect(lambda: self.use_device(name))
        self._group.addAction(action)
        self.devices.addAction(action)

    def _state(self, stated: dict[str, str]) -> None:
        """Open the model with what the user says about it."""
        card = self.card
        if card is None:
            return
        card.set_busy(True)

        def refused(sentence: str) -> None:
            if self.card is card:
                self._show_pair()
                card.say(sentence)

        job = self._opening.open_again(stated, failed=refused)
        job.ended.connect(self._free_card)

    def _free_card(self, *_: object) -> None:
        if self.card is not None:
            self.card.set_busy(False)

    def _follow(self, old: Session, new: Session) -> None:
        if self.card is not None and (new.pair is not old.pair or new.work is not old.work):
            self._show_pair()

    def _show_pair(self) -> None:
        card, session = self.card, self._store.session
        pair, work = session.pair, session.work
        if card is None or pair is None:
            return
        from explorer.core.round_trip import round_trip

        card.set_model(pair)
        self._jobs.start(
            "Self-test",
            lambda _: round_trip(pair, work),
            card.set_round_trip,
            wanted=lambda: self.card is card and self._store.session.pair is pair,
            failed=card.say,
        )

    def _close_card(self) -> None:
        card, self.card = self.card, None
        if card is not None:
            card.deleteLater()
