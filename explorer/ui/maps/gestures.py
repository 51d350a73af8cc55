"""Gestures that concern maps as such: making, pausing, choosing and judging them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QPushButton

from explorer.core.latent_map import LatentMap
from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.session import Session, colored_field
from explorer.ui.actions import Actions
from explorer.ui.main_window import MainWindow
from explorer.ui.maps.card import MapCard
from explorer.ui.maps.kept_maps import KeptMaps
from explorer.ui.maps.mapping import Mapper
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.core.map_quality import MapQuality

_REST_MS = 1500


class MapGestures(QObject):
    """What menus, keys and the map's card ask of the ``Mapper``, and what they show of it.

    Attributes:
        card: the map's card in the left panel.
    """

    def __init__(
        self, window: MainWindow, store: SessionStore, jobs: Jobs, mapper: Mapper, kept: KeptMaps
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs = window, store, jobs
        self._mapper, self._kept = mapper, kept
        self._actions: Actions | None = None
        self._reins: list[QPushButton] = []
        self._qualities: WeakKeyDictionary[LatentMap, tuple[str, MapQuality]] = WeakKeyDictionary()
        self.card = MapCard()
        self.card.unfolding.connect(self._unfold)
        self.card.chosen.connect(kept.show)
        self.card.deleted.connect(kept.delete)
        window.loaded.add_card("Map", self.card)
        # Judging takes a moment of all cores: it waits until the map and the hand are at rest.
        self._judge_later = QTimer(self)
        self._judge_later.setSingleShot(True)
        self._judge_later.setInterval(_REST_MS)
        self._judge_later.timeout.connect(self._judge)
        self._judging: Job | None = None
        mapper.changed.connect(self._form)
        mapper.remarked.connect(window.message.say)
        kept.offered.connect(window.message.say)
        kept.said.connect(window.status.say)
        store.changed.connect(self._follow)

    def use(self, actions: Actions) -> None:
        """The actions whose state follows the map's, and that the card offers."""
        self._actions = actions
        self._show()

    def remap(self) -> None:
        """Project the latents anew; where that map is there already, say so."""
        settings = self._mapper.settings or self._mapper.present_settings()
        present = self._store.session.map
        if present is not None and present.record == MapRecord(settings):
            self._window.status.say(
                "The same settings and seed give the same map; Ctrl+Shift+M chooses others"
            )
        else:
            self._mapper.make(settings)

    def ask_map_settings(self) -> None:
        """Choose how the next map is made."""
        from explorer.core.projecting.neighbours import EXACT
        from explorer.ui.maps.dialog import MapDialog, estimate_text

        work = self._store.session.work
        if work is None:
            self._window.status.say("There are no data to map; open a folder of images first")
            return
        count = len(work)

        def estimate(settings: MapSettings) -> str:
            if self._kept.has(MapRecord(settings)):
                return "This map is there already and will be shown at once."
            return estimate_text(*self._mapper.seconds_for(settings, count), count)

        dialog = MapDialog(
            self._window,
            self._mapper.present_settings(),
            [one.name for one in work.fields],
            size=work.latents.shape[1],
            many=count > EXACT,
            estimate=estimate,
        )
        dialog.asked.connect(self._make)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def pause_map(self) -> None:
        """Hold the map that forms, or let it go on."""
        self._mapper.pause()

    def keep_map(self) -> None:
        """Let the map that forms stay as it is now."""
        self._mapper.stop_and_keep()

    def next_map(self) -> None:
        """Show the next map of these data."""
        self._kept.step(1)

    def previous_map(self) -> None:
        """Show the map before."""
        self._kept.step(-1)

    def wait_for_rest(self) -> None:
        """The hand moves: judge the map later."""
        if self._judge_later.isActive():
            self._judge_later.start()

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._judge_later.stop()

    def _make(self, settings: MapSettings) -> None:
        record = MapRecord(settings)
        if self._kept.has(record):
            self._kept.show(record)
        else:
            self._mapper.make(settings)

    def _follow(self, old: Session, new: Session) -> None:
        if new.map is not old.map or new.color_by != old.color_by:
            self._judge_later.start()
            if self._mapper.forming is None:
                self._show()

    def _judge(self) -> None:
        session = self._store.session
        work, latent_map = session.work, session.map
        if work is None or latent_map is None or self._mapper.forming is not None:
            return
        if not self._kept.maps:
            self._kept.look_for_maps()
        field = colored_field(session) or (work.fields[0] if work.fields else None)
        name = field.name if field else ""
        if len(work) < 4 or (latent_map in self._qualities and self._qualities[latent_map][0] == name):
            return

        def done(quality: MapQuality) -> None:
            self._qualities[latent_map] = name, quality
            self._show()

        from explorer.core.map_quality import map_quality

        self._judging = self._jobs.start(
            "Judging the map",
            lambda progress: map_quality(
                work.latents, latent_map.positions, field.codes if field else None, progress=progress
            ),
            done,
            wanted=lambda: self._store.session.map is latent_map,
            failed=lambda _: None,
            quiet=True,
        )

    def _form(self) -> None:
        """Another map begins to form, waits or is done."""
        if self._mapper.is_forming and self._judging is not None:
            self._judging.progress.cancel()
        self._show()

    def _show(self) -> None:
        """The card, the buttons beside the progress, and what can be done."""
        forming, present = self._mapper.forming, self._store.session.map
        if forming is not None:
            self.card.show_map(
                None, None, forming=MapRecord(forming.settings).title, held=forming.reins.paused
            )
        else:
            _, quality = self._qualities.get(present, ("", None)) if present else ("", None)
            record = present.record if present else None
            self.card.show_map(record, quality)
        if present is None and forming is None and self._store.session.work is not None:
            self._window.map.set_message("There is no map of these data. Ctrl+Shift+M makes one.")
        if self._actions is None:
            return
        paused = forming is not None and forming.reins.paused
        held = forming is not None and not forming.reins.stopping
        for method in ("pause_map", "keep_map"):
            self._actions[method].setEnabled(held)
        self._actions["pause_map"].setText("Let the map go on" if paused else "Pause the map")
        self._show_reins(forming=forming is not None, paused=paused, enabled=held)

    def _show_reins(self, *, forming: bool, paused: bool, enabled: bool) -> None:
        """Buttons beside the progress while a map forms; made when one first does."""
        if forming and not self._reins:
            assert self._actions is not None
            for method in ("pause_map", "keep_map"):
                action = self._actions[method]
                button = QPushButton()
                button.setToolTip(action.toolTip())
                button.clicked.connect(action.trigger)
                self._window.status.add_control(button)
                self._reins.append(button)
            self._reins[1].setText("Stop here and keep")
        for button in self._reins:
            button.setVisible(forming)
            button.setEnabled(enabled)
        if self._reins:
            self._reins[0].setText("Continue" if paused else "Pause")

    def _unfold(self) -> None:
        """Show the card's menu, once it is known which maps there are."""
        if self._actions is None or self._store.session.work is None:
            return
        present = self._store.session.map
        actions = [self._actions["ask_map_settings"], self._actions["remap"]]

        def show() -> None:
            self.card.unfold(self._kept.maps, present.record if present else None, actions)

        if self._kept.maps:
            show()
        else:
            self._kept.look_for_maps(show)
