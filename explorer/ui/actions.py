"""The table of actions: name, menu, shortcut, tooltip, and the method that does it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from explorer.ui.main_window import MainWindow


@dataclass(frozen=True)
class Row:
    """One action. ``method`` is looked up on the owners; ``group`` makes a set of which one is on.

    ``draws`` says that it needs a decoder.
    """

    menu: str
    text: str
    shortcuts: str
    tip: str
    method: str
    argument: str | None = None
    group: str | None = None
    separated: bool = False
    draws: bool = False


TABLE = (
    Row("File", "Open…", "Ctrl+O", "Open a model, a data file or a saved session", "ask_open_files"),
    Row("File", "Open folder…", "Ctrl+Shift+O", "Open a folder: of images, of a model pair, or a workspace", "ask_open_folder"),
    Row("File", "Demo: faces", "", "Open the bundled faces", "open_bundle", "faces-vae", separated=True),
    Row("File", "Demo: fashion", "", "Open the bundled Fashion-MNIST", "open_bundle", "fashion-vae"),
    Row("File", "Save session as…", "Ctrl+S", "Write everything done to one file", "ask_save_session", separated=True),
    Row("File", "Export gallery…", "Ctrl+E", "Write the kept pictures as a sheet and as single PNGs", "ask_export"),
    Row("File", "Quit", "Ctrl+Q", "Close the window; the session is kept", "quit", separated=True),
    Row("Edit", "Undo", "Ctrl+Z", "Take the last step back", "undo"),
    Row("Edit", "Redo", "Ctrl+Shift+Z;Ctrl+Y", "Take the step again", "redo"),
    Row("Edit", "Copy picture", "Ctrl+C", "Copy the decoded picture", "copy_picture", separated=True, draws=True),
    Row("Edit", "Paste image", "Ctrl+V", "Place the picture of the clipboard on the map", "paste"),
    Row("View", "Probe", "1", "Click or drag on the map to decode", "use_tool", "probe", group="tool"),
    Row("View", "Pan", "2", "Drag moves the map (so does Space and drag)", "use_tool", "pan", group="tool"),
    Row("View", "Lasso", "3", "Draw around points to select them", "use_tool", "lasso", group="tool"),
    Row("View", "Fit", "F", "Show the whole map", "fit"),
    Row("View", "Fit to selection", "Shift+F", "Show the selected points as large as they fit", "fit_selection"),
    Row("View", "Zoom in", "+;=", "Zoom in at the cursor", "zoom_in"),
    Row("View", "Zoom out", "-", "Zoom out at the cursor", "zoom_out"),
    Row("View", "Theme of the system", "", "Light or dark as the system has it", "use_theme", "system", group="theme", separated=True),
    Row("View", "Dark", "", "Dark colours", "use_theme", "dark", group="theme"),
    Row("View", "Light", "", "Light colours", "use_theme", "light", group="theme"),
    Row("View", "Points by colour", "", "Each point in its colour; where several lie they mix", "use_shading", "colours", group="shading", separated=True),
    Row("View", "Points by density", "", "How many points lie at a place, on a logarithmic scale", "use_shading", "density", group="shading"),
    Row("View", "Without contours", "", "No lines over the points", "use_contours", "none", group="contours", separated=True),
    Row("View", "With contours", "", "Lines around the densest 20, 40, 60, 80 and 95% of the points", "use_contours", "lines", group="contours"),
    Row("View", "Draw with what is there", "", "The graphics card where one answers, else the processor", "use_renderer", "auto", group="renderer", separated=True),
    Row("View", "Draw with the processor", "", "The map's points are drawn without a graphics card", "use_renderer", "raster", group="renderer"),
    Row("View", "Draw with OpenGL", "", "The map's points are drawn by the graphics card", "use_renderer", "opengl", group="renderer"),
    Row("View", "Enlarge as fits", "", "Small pictures crisp, larger ones smooth", "use_enlargement", "auto", group="enlarge", separated=True),
    Row("View", "Enlarge crisp", "", "Show each pixel as a square", "use_enlargement", "crisp", group="enlarge"),
    Row("View", "Enlarge smooth", "", "Blend between pixels", "use_enlargement", "smooth", group="enlarge"),
    Row("Explore", "Random picture", "D", "Decode a random latent from the prior", "sample_one", draws=True),
    Row("Explore", "Select all in view", "Ctrl+A", "Select the points that are to be seen, as a lasso around them would", "select_in_view", separated=True),
    Row("Explore", "Select this label", "A", "Select all points with the label that is nearest to the probe", "select_label"),
    Row("Explore", "Select nothing", "Ctrl+Shift+A", "Forget the lassoed points", "select_none"),
    Row("Explore", "Show all labels", "Ctrl+L", "Take the legend's filter away", "show_all"),
    Row("Explore", "Cancel", "Esc", "Stop what is going on, or dismiss the message", "cancel", separated=True),
    Row("Gallery", "Keep picture", "K", "Put the decoded picture into the tray", "keep", draws=True),
    Row("Gallery", "Sample…", "S", "Draw new pictures from the prior, around the cursor or from points", "ask_sample", draws=True),
    Row("Gallery", "From selection…", "Shift+S", "Draw new pictures like the lassoed or shown points", "ask_sample_selection", draws=True),
    Row("Gallery", "Empty the tray", "", "Take all pictures out of the tray", "empty_tray", separated=True),
    Row("Model", "Model card…", "I", "All that was found out about the model, where from, and what to do where it is wrong", "show_model_card"),
    Row("Model", "Device…", "", "Choose what the model runs on", "choose_device"),
    Row("Model", "Compute the map again", "Ctrl+M", "Project the latents anew with UMAP", "remap"),
    Row("Help", "Find an action…", "Ctrl+K", "Find any action by its name", "find_action"),
    Row("Help", "About", "", "Version, device and licences", "about", separated=True),
)  # fmt: skip


class Actions(QObject):
    """All actions as ``QAction`` in the window's menus; ``owners`` are the objects that have the methods."""

    def __init__(self, window: MainWindow, *owners: QObject) -> None:
        super().__init__(window)
        self.all: dict[tuple[str, str | None], QAction] = {}
        menus = {}
        groups: dict[str, QActionGroup] = {}
        for row in TABLE:
            if row.menu not in menus:
                menus[row.menu] = window.menus.addMenu(row.menu)
                menus[row.menu].setToolTipsVisible(True)
            if row.separated:
                menus[row.menu].addSeparator()
            action = QAction(row.text, window)
            action.setShortcuts([QKeySequence(keys) for keys in row.shortcuts.split(";") if keys])
            action.setToolTip(_tip(row, action))
            action.setStatusTip(row.tip)
            if row.group:
                group = groups.setdefault(row.group, QActionGroup(self))
                action.setCheckable(True)
                group.addAction(action)
                action.setChecked(len(group.actions()) == 1)
            method = next(getattr(owner, row.method) for owner in owners if hasattr(owner, row.method))
            argument = row.argument
            if argument is None:
                action.triggered.connect(lambda _=False, method=method: method())
            else:
                action.triggered.connect(lambda _=False, method=method, argument=argument: method(argument))
            menus[row.menu].addAction(action)
            window.addAction(action)
            self.all[row.method, argument] = action

    def allow_drawing(self, reason: str) -> None:
        """Turn off what needs a decoder where ``reason`` says why there is none; on where it is empty."""
        for row in TABLE:
            if row.draws:
                action = self[row.method]
                action.setEnabled(not reason)
                action.setToolTip(f"{_tip(row, action)}\n{reason}".strip())

    def __getitem__(self, key: str | tuple[str, str]) -> QAction:
        return self.all[key if isinstance(key, tuple) else (key, None)]


def _tip(row: Row, action: QAction) -> str:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{row.tip} ({keys})" if keys else row.tip
