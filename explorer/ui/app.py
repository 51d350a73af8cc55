"""Makes the parts, wires them, and starts."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from explorer.core import inverse, raster
from explorer.core.ahead import NAME, Ahead, data_folder, last_session
from explorer.core.bundles import FIRST
from explorer.core.opening import Opened
from explorer.core.session import Session
from explorer.ui.actions import Actions
from explorer.ui.axes.gestures import AxesGestures
from explorer.ui.color.gestures import ColorGestures
from explorer.ui.compare.gestures import CompareGestures
from explorer.ui.controller import Controller
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.edits import Edits
from explorer.ui.gallery.gestures import GalleryGestures
from explorer.ui.here.gestures import HereGestures
from explorer.ui.here.point_gestures import PointGestures
from explorer.ui.latent_tools import LatentTools
from explorer.ui.main_window import MainWindow
from explorer.ui.map.accessible import MapVoice
from explorer.ui.map.ground_gestures import GroundGestures
from explorer.ui.maps.gestures import MapGestures
from explorer.ui.maps.kept_maps import KeptMaps
from explorer.ui.maps.mapping import Mapper
from explorer.ui.model.drop_gestures import DropGestures
from explorer.ui.model.gestures import ModelGestures
from explorer.ui.model.opening import Opening
from explorer.ui.parts import accessible
from explorer.ui.parts.garbage import Garbage
from explorer.ui.parts.jobs import Jobs
from explorer.ui.path.gestures import PathGestures
from explorer.ui.presenter import Presenter
from explorer.ui.selecting.finding import Finding
from explorer.ui.selecting.selection_gestures import SelectionGestures
from explorer.ui.selecting.selection_presenter import SelectionPresenter
from explorer.ui.selecting.table_gestures import TableGestures
from explorer.ui.session.bookmark_gestures import BookmarkGestures
from explorer.ui.session.gestures import SessionGestures
from explorer.ui.session.history import History
from explorer.ui.start import settings
from explorer.ui.store import SessionStore
from explorer.ui.training.gestures import TrainingGestures
from explorer.ui.tray.gestures import TrayGestures
from explorer.ui.tray.kept_gestures import KeptGestures
from explorer.ui.window_gestures import WindowGestures

_COMPILE_AFTER_MS, _IDLE_AFTER_MS = 400, 3000
_LOG_BYTES = 1_000_000
# How long a thread may hold up the window's: Python's own 5 ms would be felt under the hand.
_SWITCH_SECONDS = 0.0005
log = logging.getLogger(__name__)


class Explorer:
    """The whole application in one window.

    Attributes:
        window, store, jobs, loop, opening, presenter, edits, controller, selecting, tray, kept,
        dropping, gestures, model, mapping, kept_maps, maps, here, ground, selection, points, finding, tables,
        paths, tools, sessions, bookmarks, history, galleries, training, actions: its parts.
    """

    def __init__(self) -> None:
        self._last_session = last_session()
        self._settings = settings()
        accessible.install()
        self.window = MainWindow()
        self.store, self.jobs, self.loop = SessionStore(), Jobs(), DecodeLoop()
        self._garbage = Garbage(self.loop.is_idle, self.window)
        self.edits = Edits(self.window, self.store)
        self.mapping = Mapper(self.store, self.jobs, self.edits, self._settings)
        self.opening = Opening(self.store, self.jobs, self.mapping)
        self.presenter = Presenter(self.window, self.store, self.loop, self.jobs, self.mapping)
        self.controller = Controller(self.window, self.store, self.edits, self.presenter)
        self.selecting = SelectionGestures(self.window, self.edits, self.jobs, self.controller)
        self.coloring = ColorGestures(self.window, self.store, self.edits, self.jobs)
        self.selection = SelectionPresenter(self.window, self.store, self.jobs)
        self.points = PointGestures(self.window, self.edits, self.jobs, self.controller, self.selecting)
        self.finding = Finding(self.window, self.store, self.jobs, self.selecting)
        self.tray = TrayGestures(self.edits, self.jobs, self.controller, self.presenter)
        self.kept = KeptGestures(self.window, self.edits, self.tray)
        self.dropping = DropGestures(self.edits, self.jobs, self.opening, self.controller)
        self.gestures = WindowGestures(
            self.window, self.store, self.jobs, self.controller, self.tray, self.dropping, self._settings
        )
        self.bookmarks = BookmarkGestures(
            self.window, self.store, self.edits, self.controller, self.presenter, self.tray
        )
        self.history = History(self.window, self.store, self.edits, self.presenter)
        self.sessions = SessionGestures(
            self.window, self.store, self.edits, self.jobs, self.opening, self.gestures.file_dialog,
            Path(platformdirs.user_state_dir(NAME)) / "running",
        )  # fmt: skip
        self.tables = TableGestures(self.window, self.edits, self.jobs, self.gestures.file_dialog)
        self.axes = AxesGestures(
            self.window,
            self.store,
            self.edits,
            self.jobs,
            self.presenter,
            self.loop,
            self.gestures.file_dialog,
        )
        self.model = ModelGestures(self.window, self.store, self.jobs, self.opening, self._settings)
        self.kept_maps = KeptMaps(self.store, self.jobs, self.mapping)
        self.maps = MapGestures(self.window, self.store, self.jobs, self.mapping, self.kept_maps)
        self.here = HereGestures(self.window, self.edits, self.controller, self.presenter, self._settings)
        self.ground = GroundGestures(
            self.window, self.store, self.jobs, self.loop, self.presenter, self._settings
        )
        self.paths = PathGestures(self.window, self.store, self.edits, self.presenter, self.loop, self.jobs)
        self.tools = LatentTools(
            self.window, self.store, self.edits, self.jobs, self.loop, self.presenter, self.controller,
            self.coloring,
        )  # fmt: skip
        self.comparing = CompareGestures(
            self.window, self.store, self.edits, self.jobs, self.opening, self.gestures.file_dialog
        )
        self.gestures.theme_chosen.connect(self.comparing.set_theme)
        self.galleries = GalleryGestures(
            self.window, self.store, self.jobs, self.opening, self.controller, self.tray, self.comparing,
            self._settings, self.gestures.file_dialog,
        )  # fmt: skip
        self.training = TrainingGestures(
            self.window, self.store, self.jobs, self.opening, self.gestures.file_dialog, self._settings,
            data_folder() / "models",
        )  # fmt: skip
        self.actions = Actions(
            self.window, self.gestures, self.controller, self.selecting, self.coloring, self.tray, self.kept,
            self.dropping, self.edits, self.opening, self.model, self.maps, self.here, self.ground,
            self.points, self.finding, self.tables, self.axes, self.paths, self.sessions, self.bookmarks,
            self.history, self.tools, self.comparing, self.galleries, self.training,
        )  # fmt: skip
        self.window.map.add_tools(
            [self.actions["use_tool", name] for name in ("probe", "pan", "lasso", "rectangle", "path")]
            + [self.actions["toggle_thumbnails"], self.actions["fit"]]
        )
        self.actions["toggle_thumbnails"].setIconText("Thumbnails")  # what its button says
        self.actions["toggle_doubt"].setChecked(self.here.shows_doubt)
        self._wire()
        chosen = str(self._settings.value("theme", "system"))
        self.actions["use_theme", chosen if chosen in ("system", "dark", "light") else "system"].trigger()
        self.actions["use_renderer", self.gestures.renderer.chosen].trigger()
        self._closed = False
        self.voice = MapVoice(self.window, self.store, self.presenter.label_of)

    def start(self, paths: Sequence[Path] = ()) -> None:
        """Show the window and open ``paths``, else the last session, else the bundled demo."""
        # First what a thread does, so that it is done when the window is there.
        if paths:
            self.dropping.open_paths(paths)
        elif self._last_session.exists():
            self.opening.reopen(self._last_session, FIRST)
        else:
            self.opening.open_bundle(FIRST)
            self.presenter.pictured.connect_once(
                lambda _: QTimer.singleShot(_COMPILE_AFTER_MS, self.window, self._welcome)
            )
        geometry = self._settings.value("geometry")
        if geometry is not None:
            self.window.restoreGeometry(geometry)
        self.window.tool_strip.remember(self._settings)
        self.window.show()
        self.window.map.setFocus()

    def _welcome(self) -> None:
        from explorer.ui.welcome import Welcome

        offers = (
            ("Tour: AE · VAE · GAN", self.actions["open_tour"]),
            ("Open a model…", self.actions["ask_open_files"]),
            ("New model from images…", self.actions["ask_new_model"]),
        )
        welcome = Welcome(self.window.map, offers)
        self.opening.opened.connect(welcome.close)

    def close(self) -> None:
        """Keep the session and end every thread; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._settings.setValue("geometry", self.window.saveGeometry())
        is_kept = self.store.session.pair is None or self.controller.save_session_to(self._last_session)
        self._idle.stop()
        self.comparing.close()
        self.paths.close()
        self.tools.close()
        self.history.close()
        self.training.close()
        self.presenter.close()
        self.voice.close()
        self.coloring.close()
        self.axes.close()
        self.maps.close()
        self.mapping.close()
        pair = self.store.session.pair
        self.jobs.close(pair.stop if pair is not None else lambda: None)
        self.sessions.close(all_is_kept=is_kept)
        self.loop.close()
        self.gestures.renderer.close()
        self.window.map.shut_down()

    def report_bug(self, error: BaseException) -> None:
        """Tell the user about an exception that nobody foresaw; the session goes on."""
        self.window.message.say(
            f"Something went wrong that should not have ({type(error).__name__}: {error}); nothing is lost, "
            f"and the details are in {log_file()}."
        )

    def _nudge(self, dx: float, dy: float) -> None:
        """The arrow keys move the station that is looked at, else the probe."""
        if not self.paths.nudge(dx, dy):
            self.controller.nudge(dx, dy)

    def _wire(self) -> None:
        window, controller, gestures = self.window, self.controller, self.gestures
        tray, dropping = self.tray, self.dropping
        window.closing.connect(self.close)
        window.map.probed.connect(controller.probe)
        window.map.grabbed.connect(controller.grab)
        window.map.nudged.connect(self._nudge)
        window.map.hovered.connect(controller.hover)
        window.map.dropped.connect(dropping.drop)
        window.map.fell_back.connect(window.message.say)
        window.dropped.connect(dropping.drop)
        dropping.recipe_brought.connect(self.galleries.open_recipe)
        dropping.unfit.connect(self.training.offer)
        dropping.encoding.connect(self.training.look_at_fit)
        window.loaded.color_by_chosen.connect(self.coloring.color_by)
        window.loaded.legend.isolated.connect(self.coloring.isolate)
        window.loaded.legend.toggled.connect(self.coloring.toggle)
        window.loaded.show_all_asked.connect(self.coloring.show_all)
        window.loaded.range_taken.connect(self.coloring.take_range)
        window.loaded.range_limited.connect(self.coloring.limit)
        window.here.extras.pressed.connect(controller.slider_pressed)
        window.here.extras.changed.connect(controller.set_extra)
        window.tray.chosen.connect(tray.go_to_kept)
        window.tray.removed.connect(tray.remove_kept)
        window.tray.sample_asked.connect(gestures.ask_sample)
        window.tray.selection_asked.connect(gestures.ask_sample_selection)
        window.tray.export_asked.connect(self.galleries.ask_export)
        gestures.theme_chosen.connect(self.presenter.set_theme)
        window.status.cancel_asked.connect(self.jobs.cancel)
        self._wire_selection()
        self._wire_path()
        self.maps.use(self.actions)
        self.axes.use(self.actions)
        self.ground.use(self.actions)
        self.paths.use(self.actions)
        self.presenter.pictured.connect(lambda _: self.maps.wait_for_rest())
        self.edits.said.connect(window.status.say)
        self.edits.refused.connect(window.message.say)
        self.loop.failed.connect(window.message.say)
        self.jobs.failed.connect(window.message.say)
        self.jobs.broke.connect(self.report_bug)
        self.opening.opened.connect(self._forget_message)
        self.opening.opened.connect(self.sessions.look_after)
        # The compiler is loaded only once there is something to look at; until then numpy draws the map.
        self.presenter.pictured.connect_once(lambda _: QTimer.singleShot(_COMPILE_AFTER_MS, window, _compile))
        self._idle = QTimer(window)
        self._idle.setSingleShot(True)
        self._idle.setInterval(_IDLE_AFTER_MS)
        self._idle.timeout.connect(self._prepare)
        self.presenter.pictured.connect_once(lambda _: self._idle.start())
        window.files_near.connect(_prepare_guard)
        self.store.changed.connect(self._allow)
        self.opening.remarked.connect(window.message.say)
        self.opening.unsettled.connect(self.model.offer_to_state)
        self.opening.images_wanted.connect(dropping.open_paths)
        self.opening.view_wanted.connect(window.map.set_view)
        stack = self.edits.undo_stack
        for method, able, changed in (
            ("undo", stack.canUndo, stack.canUndoChanged),
            ("redo", stack.canRedo, stack.canRedoChanged),
        ):
            self.actions[method].setEnabled(able())
            changed.connect(self.actions[method].setEnabled)

    def _forget_message(self, opened: Opened) -> None:
        """Something else is open now, which the message is hardly about, unless it offers a model for it."""
        if not self.training.offers_for(opened):
            self.window.message.hide()

    def _wire_selection(self) -> None:
        selecting, shown, points = self.selecting, self.selection, self.points
        self.window.map.outlined.connect(selecting.outlined)
        self.window.map.menu_asked.connect(points.show_menu)
        selecting.stepped_to.connect(shown.set_current)
        shown.chosen.connect(selecting.go_to_selected)
        shown.opened.connect(points.open_file_of)
        shown.menu_asked.connect(points.show_menu)
        shown.fit_asked.connect(self.gestures.fit_selection)
        shown.table_asked.connect(self.tables.ask_table)
        shown.sample_asked.connect(self.gestures.ask_sample_selection)
        self.gestures.theme_chosen.connect(shown.set_theme)

    def _wire_path(self) -> None:
        paths, view = self.paths, self.window.map
        view.stationed.connect(paths.station)
        view.station_unwanted.connect(paths.remove_station)
        view.path_ended.connect(paths.end_path)
        self.dropping.brought.connect(paths.add_brought)
        self.gestures.theme_chosen.connect(paths.set_theme)

    def _allow(self, old: Session, new: Session) -> None:
        """Turn on and off what the open model can and cannot do."""
        if new.pair is not old.pair or new.work is not old.work:
            pair, reason = new.pair, ""
            if pair is not None and not pair.can_decode:
                reason = f"{pair.name} is an encoder alone: it draws nothing."
            self.actions.allow_drawing(reason)
            self.window.tray.allow_drawing(reason, has_points=new.work is not None)
            self.selection.allow_drawing(reason)

    def _prepare(self) -> None:
        """What can be done once nobody waits for anything."""
        _prepare_guard()
        self.training.offer_unfinished()
        self.gestures.renderer.probe()

        def conflict(_: object) -> str:
            from explorer.core import projection
            from explorer.core.engine import devices

            projection.prepare_first()
            return devices.conflict()

        def tell(sentence: str) -> None:
            if sentence:
                self.window.message.say(sentence)

        self.jobs.start("Looking at the installation", conflict, tell, quiet=True)


def _compile() -> None:
    """Drawing and the inverse go on by compiled code as soon as it is there."""
    raster.warm_up()
    inverse.warm_up()


def _prepare_guard() -> None:
    """Start the process that tries unknown models, so that the next one is opened at once."""
    from explorer.core import guard

    guard.prepare()


def log_file() -> Path:
    """Where details of bugs are written."""
    return Path(platformdirs.user_log_dir(NAME)) / "log.txt"


def prepare_logging() -> None:
    """Send the log to a small file; a place that cannot be written is no reason not to start."""
    file = log_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and file.stat().st_size > _LOG_BYTES:
            file.replace(file.with_suffix(".old.txt"))
        handler: logging.Handler = logging.FileHandler(file, delay=True)
    except OSError:
        handler = logging.StreamHandler()
    logging.basicConfig(
        level=logging.WARNING, handlers=[handler], format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )


def prepare_process() -> None:
    """Let threads take turns quickly, and let the garbage collector pass over all that has been loaded."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()


def run(paths: Sequence[Path] = (), ahead: Ahead | None = None) -> int:
    """Open the window on ``paths`` and stay until it is closed; returns the exit status.

    ``ahead`` is what is being opened already, for a start without paths.
    """
    prepare_logging()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName(NAME)
    app.setApplicationDisplayName("Latent Explorer")
    explorer = Explorer()
    explorer.opening.ahead = ahead

    def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            app.quit()
            return
        log.error("a bug", exc_info=(kind, error, trace))
        explorer.report_bug(error)

    sys.excepthook = excepthook
    ticking = QTimer()  # lets Ctrl+C through: the interpreter looks for signals only between Python calls
    ticking.timeout.connect(lambda: None)
    ticking.start(500)
    prepare_process()
    explorer.start(paths)
    status = app.exec()
    explorer.close()
    return int(status)
