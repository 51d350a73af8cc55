"""Gestures that concern the window itself: dialogs, tools, theme, clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from explorer import __version__
from explorer.core.opening import RECIPE_SUFFIX, SESSION_SUFFIX
from explorer.core.provenance import png_bytes
from explorer.core.session import colored, selected_rows
from explorer.ui.controller import Controller
from explorer.ui.main_window import MainWindow
from explorer.ui.map.choice import RendererChoice
from explorer.ui.map.view import Tool
from explorer.ui.model.drop_gestures import DropGestures
from explorer.ui.parts import theme
from explorer.ui.parts.clipboard import picture_mime
from explorer.ui.parts.file_dialogs import image_patterns
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.pictures import to_qimage
from explorer.ui.store import SessionStore
from explorer.ui.tray.gestures import TrayGestures

_ABOUT = """<b>Latent Explorer {version}</b>
<p>Drag over a map of your data and see the decoder's pictures as you move.</p>
<p>MIT licence. Qt under the LGPL; the bundled data and models carry their licences beside them.</p>"""


class WindowGestures(QObject):
    """What menus and keys do to the window; what they do to the session is the controller's.

    Attributes:
        renderer: what draws the map.

    Signals:
        theme_chosen: a ``theme.Theme`` has been put on.
    """

    theme_chosen = Signal(object)

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        jobs: Jobs,
        controller: Controller,
        tray: TrayGestures,
        dropping: DropGestures,
        settings: QSettings,
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs = window, store, jobs
        self._controller, self._tray, self._dropping = controller, tray, dropping
        self._settings = settings
        self._system = False
        self.renderer = RendererChoice(window.map, settings)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    # --- files -------------------------------------------------------------------------------------

    def ask_open_files(self) -> None:
        """Choose files to open."""
        own = f"*{SESSION_SUFFIX} *{RECIPE_SUFFIX}"
        filters = f"All that opens (*.onnx *.npz *.npy *.gz *ubyte {own} {image_patterns()});;All files (*)"
        dialog = self.file_dialog("Open", QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilter(filters)
        dialog.filesSelected.connect(lambda names: self._dropping.open_paths([Path(name) for name in names]))
        dialog.open()

    def ask_open_folder(self) -> None:
        """Choose a folder to open."""
        self._ask_folder("Open a folder", lambda folder: self._dropping.open_paths([folder]))

    def ask_figure(self) -> None:
        """Ask what a figure of the map shows, and write it."""
        session, view = self._store.session, self._window.map
        if session.map is None or session.pair is None or session.work is None:
            self._window.status.say("There is no map yet")
            return
        from explorer.ui.figure.gestures import ask_figure
        from explorer.ui.figure.source import Mapped

        mapped = Mapped(view.scene, colored(session), session.map.record, view.view(), *view.stills())
        title = f"{session.pair.name} · {session.work.data.name}"
        ask_figure(self._window, mapped, title, self._jobs, self._settings, self.file_dialog)

    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    # --- clipboard ---------------------------------------------------------------------------------

    def copy_picture(self) -> None:
        """Copy the picture that is looked at, with its latent for ourselves."""
        here = self._tray.here()
        if here is not None:
            png = png_bytes(here.picture, here.provenance)
            QGuiApplication.clipboard().setMimeData(picture_mime(png, to_qimage(here.picture)))
            self._window.status.say("Copied")

    def paste(self) -> None:
        """Place what the clipboard holds on the map."""
        self._dropping.drop(QGuiApplication.clipboard().mimeData())

    # --- the view ----------------------------------------------------------------------------------

    def use_tool(self, name: Tool) -> None:
        """Probe, pan, lasso, rectangle or path."""
        self._window.map.set_tool(name)

    def fit(self) -> None:
        """Show the whole map."""
        self._window.map.fit()

    def zoom_in(self) -> None:
        """Zoom in at the cursor."""
        self._window.map.zoom_in()

    def zoom_out(self) -> None:
        """Zoom out at the cursor."""
        self._window.map.zoom_out()

    def use_theme(self, name: str) -> None:
        """Dark, light, or as the system has it; remembered."""
        self._settings.setValue("theme", name)
        self._system = name == "system"
        chosen = {"dark": theme.DARK, "light": theme.LIGHT}.get(name) or theme.system_theme()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, chosen)
        self.theme_chosen.emit(chosen)

    def fit_selection(self) -> None:
        """Show the selected points."""
        self._window.map.fit_selection()

    def use_shading(self, name: str) -> None:
        """Points by colour or by density."""
        self._window.map.set_density(name == "density")

    def use_contours(self, name: str) -> None:
        """Lines of equal density, or none."""
        self._window.map.set_contours(name == "lines")

    def use_renderer(self, name: str) -> None:
        """Draw the map with the graphics card, the processor, or what is there; remembered."""
        self.renderer.choose(name)

    def use_enlargement(self, name: str) -> None:
        """How small pictures are enlarged."""
        self._window.here.picture.set_smooth({"crisp": False, "smooth": True}.get(name))

    # --- exploring ---------------------------------------------------------------------------------

    def ask_sample(self) -> None:
        """Ask what to sample."""
        session = self._store.session
        is_plain = session.pair is not None and session.pair.prior == "data" and session.work is not None
        self._ask_sample("mixture" if is_plain else "prior")

    def ask_sample_selection(self) -> None:
        """Ask how many pictures to sample from the selection, or else from the points shown."""
        self._ask_sample("shown" if selected_rows(self._store.session) is None else "selection")

    def cancel(self) -> None:
        """Stop what is going on, else dismiss the message."""
        if self._jobs.busy:
            self._jobs.cancel()
        else:
            self._window.message.hide()

    def find_action(self) -> None:
        """Find any action by name."""
        from explorer.ui.find_action import FindAction

        FindAction(self._window, self._window.findChildren(QAction)).open()

    def about(self) -> None:
        """Version and licences."""
        self._show("About", _ABOUT.format(version=__version__))

    def _ask_sample(self, chosen: str) -> None:
        session = self._store.session
        if session.pair is None:
            self._window.status.say("No model is open")
            return
        from explorer.ui.gallery.sample_dialog import SampleDialog

        dialog = SampleDialog(self._window, session, chosen)
        dialog.asked.connect(self._tray.sample)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_folder(self, title: str, then: Callable[[Path], None]) -> None:
        dialog = self.file_dialog(title, QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: then(Path(name)))
        dialog.open()

    def file_dialog(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        """A dialog that begins in the folder of the last one; to be set up and opened."""
        dialog = QFileDialog(self._window, title, str(self._settings.value("folder", str(Path.home()))))
        dialog.setFileMode(mode)
        dialog.finished.connect(
            lambda _: self._settings.setValue("folder", dialog.directory().absolutePath())
        )
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _show(self, title: str, text: str) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle(title)
        box.setText(text)
        box.finished.connect(box.deleteLater)
        box.open()

    def _follow_system(self) -> None:
        if self._system:
            self.use_theme("system")
