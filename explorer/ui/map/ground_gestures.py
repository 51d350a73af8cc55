"""How the ground of the map is shaded, and what is shown beside its points: pictures and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings

from explorer.core.latent_map import LatentMap
from explorer.core.session import Session, colored_field, shown_rows
from explorer.ui.actions import Actions
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Jobs
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.core.raster_support import Support
    from explorer.core.support_layers import SpreadLayer
    from explorer.ui.map.ground_key import GroundKey
    from explorer.ui.map.lattice_layer import LatticeLayer
    from explorer.ui.map.names_layer import Names, NamesLayer

GROUNDS = ("support", "spread", "plain")
_COARSE = 4


class GroundGestures(QObject):
    """Chooses the ground, decoded background, thumbnails and names, and has them worked out for each map.

    What is worked out waits until a map has come to rest; its layers are made when they are first shown.

    Attributes:
        ground: one of ``GROUNDS``; remembered.
        has_names, has_background: whether they are wanted; names are remembered.
    """

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        jobs: Jobs,
        loop: DecodeLoop,
        presenter: Presenter,
        settings: QSettings,
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs, self._loop = window, store, jobs, loop
        self._settings = settings
        chosen = str(settings.value("ground", GROUNDS[0]))
        self.ground = chosen if chosen in GROUNDS else GROUNDS[0]
        self.has_names, self.has_background = str(settings.value("names", "true")) == "true", False
        window.map.set_thumbnails(str(settings.value("thumbnails", "false")) == "true")
        self._rests: LatentMap | None = None
        self._support: tuple[LatentMap, Support] | None = None
        self._spread: tuple[LatentMap, SpreadLayer] | None = None
        self._names: NamesLayer | None = None
        self._background: LatticeLayer | None = None
        self._key: GroundKey | None = None
        self._told = ""
        presenter.rested.connect(self._show)
        store.changed.connect(self._follow)

    def use(self, actions: Actions) -> None:
        """Let the menu say what is chosen."""
        actions["use_ground", self.ground].setChecked(True)
        actions["toggle_names"].setChecked(self.has_names)
        actions["toggle_thumbnails"].setChecked(self._window.map.has_thumbnails)
        self._toggle = actions["toggle_background"]

    def use_ground(self, name: str) -> None:
        """Shade by support, by how much latents differ too, or not at all; remembered."""
        self.ground = name
        self._settings.setValue("ground", name)
        self._shade()
        if name == "spread":
            self._window.status.say(
                "Orange ground: neighbours on the map have different latents; blue: alike ones"
            )

    def toggle_thumbnails(self) -> None:
        """Pictures over the whole map, or only where few points are in view; remembered."""
        view = self._window.map
        view.set_thumbnails(not view.has_thumbnails)
        self._settings.setValue("thumbnails", "true" if view.has_thumbnails else "false")

    def toggle_names(self) -> None:
        """Show the names of labels on the map, or none; remembered."""
        self.has_names = not self.has_names
        self._settings.setValue("names", "true" if self.has_names else "false")
        self._name()

    def toggle_background(self) -> None:
        """Fill the map with decoded pictures, or with none."""
        session = self._store.session
        self.has_background = not self.has_background and session.pair is not None and session.map is not None
        self._toggle.setChecked(self.has_background)
        self._decode()

    def _follow(self, old: Session, new: Session) -> None:
        if new.map is not old.map:
            self._rests = None
        elif new.work is not old.work or new.color_by != old.color_by or new.hidden is not old.hidden:
            self._name()
        if new.pair is not old.pair or new.extras is not old.extras or new.map is not old.map:
            self._decode()

    def _show(self) -> None:
        """The map has come to rest: work out what belongs to it."""
        self._rests = self._store.session.map
        self._shade()
        self._name()
        self._decode()

    # The shading

    def _shade(self) -> None:
        latent_map, view = self._rests, self._window.map
        if latent_map is None:
            return
        self._show_key(None)
        if self.ground == "plain":
            view.set_support(None, None)
        elif self._support is None or self._support[0] is not latent_map:
            self._work_out_support(latent_map)
        else:
            support = self._support[1]
            view.set_support(support.values, support.bounds)
            if self.ground == "spread":
                self._tint(latent_map, support)

    def _work_out_support(self, latent_map: LatentMap) -> None:
        from explorer.core.raster_support import support_grid

        def done(support: Support) -> None:
            self._support = latent_map, support
            self._shade()

        self._jobs.start(
            "Shading",
            lambda _: support_grid(latent_map.inverse.support_at, latent_map.positions),
            done,
            wanted=lambda: self._rests is latent_map,
            quiet=True,
        )

    def _tint(self, latent_map: LatentMap, support: Support, every: int = _COARSE) -> None:
        """Show how much latents differ: roughly, then exactly."""
        if self._spread is not None and self._spread[0] is latent_map:
            self._show_spread(self._spread[1])
            return
        from explorer.core.support_layers import spread_layer

        def done(layer: SpreadLayer) -> None:
            self._show_spread(layer)
            if every > 1:
                self._tint(latent_map, support, 1)
            else:
                self._spread = latent_map, layer

        self._jobs.start(
            "Shading",
            lambda progress: spread_layer(support, latent_map.inverse.spread_at, progress, every=every),
            done,
            wanted=lambda: self._rests is latent_map and self.ground == "spread",
            quiet=True,
        )

    def _show_spread(self, layer: SpreadLayer) -> None:
        self._window.map.set_support(layer.support.values, layer.support.bounds, layer.support.tint)
        self._show_key((layer.low, layer.high))

    def _show_key(self, ends: tuple[float, float] | None) -> None:
        if self._key is None:
            if ends is None:
                return
            from explorer.ui.map.ground_key import GroundKey

            self._key = GroundKey(self._window.map.font(), self)
            self._window.map.add_layer(self._key)
        self._key.set_ends(ends)

    # The names

    def _name(self) -> None:
        session, latent_map = self._store.session, self._rests
        field = colored_field(session)
        if latent_map is None or field is None or not self.has_names:
            if self._names is not None:
                self._names.set_names(None)
            return
        raster = latent_map.raster
        shown = shown_rows(session) if session.hidden else None

        def work(_: object) -> Names:
            from explorer.core.place_names import LEVELS, place_names
            from explorer.ui.map.names_layer import Names

            left, bottom, right, top = raster.bounds or (0.0, 0.0, 0.0, 0.0)
            places = [
                place_names(raster.index, field.codes, len(field.names), cells, shown) for cells in LEVELS
            ]
            return Names(raster, max(right - left, top - bottom), field.names, places)

        def is_wanted() -> bool:
            now = self._store.session
            same = colored_field(now) is field and now.hidden is session.hidden
            return same and self._rests is latent_map and self.has_names

        self._jobs.start("Naming", work, self._show_names, wanted=is_wanted, quiet=True)

    def _show_names(self, names: Names) -> None:
        if self._names is None:
            from explorer.ui.map.names_layer import NamesLayer

            view = self._window.map
            self._names = NamesLayer(view.font(), view.furniture, self)
            view.add_layer(self._names)
        self._names.set_names(names)

    # The background

    def _decode(self) -> None:
        session, latent_map = self._store.session, self._rests
        pair = session.pair
        can = latent_map is not None and pair is not None and pair.can_decode and self.has_background
        if self._background is None:
            if not can:
                return
            from explorer.ui.map.lattice_layer import LatticeLayer

            self._background = LatticeLayer(self._loop.is_idle, self)
            self._background.told.connect(self._tell)
            self._background.failed.connect(self._give_up)
            self._window.map.add_layer(self._background, below=True)
        if not can:
            self._background.set_source(None)
            return
        from explorer.core.lattice import Lattice
        from explorer.ui.map.lattice_pictures import Source

        assert pair is not None
        assert latent_map is not None
        bounds = latent_map.raster.bounds or (0.0, 0.0, 0.0, 0.0)
        self._background.set_source(Source(pair, latent_map.inverse, session.extras, Lattice.over(bounds)))

    def _tell(self, text: str) -> None:
        self._window.status.take_back(self._told)
        self._told = text
        if text:
            self._window.status.say(text, aloud=False)

    def _give_up(self, sentence: str) -> None:
        self._window.message.say(sentence)
        if self.has_background:
            self.toggle_background()
