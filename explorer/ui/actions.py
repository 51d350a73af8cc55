"""The table of actions: name, menu, shortcut, tooltip, and the method that does it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from explorer.ui.main_window import MainWindow


@dataclass(frozen=True)
class Row:
    """One action. ``method`` is looked up on the owners; ``group`` makes a set of which one is on.

    ``draws`` says that it needs a decoder, ``toggles`` that it is on or off by itself.
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
    toggles: bool = False


TABLE = (
    Row("File", "Open…", "Ctrl+O", "Open a model, a data file or a saved session", "ask_open_files"),
    Row("File", "Open folder…", "Ctrl+Shift+O", "Open a folder: of images, of a model pair, or a workspace", "ask_open_folder"),
    Row("File", "New model from images…", "Ctrl+N", "Train an autoencoder, a VAE or a GAN on a folder of pictures", "ask_new_model"),
    Row("File", "Demo: faces", "", "Open the bundled faces", "open_bundle", "faces-vae", separated=True),
    Row("File", "Demo: fashion", "", "Open the bundled Fashion-MNIST", "open_bundle", "fashion-vae"),
    Row("File", "Demo: AE · VAE · GAN", "", "Three models of the same pictures beside each other, with a tour of what tells them apart", "open_tour"),
    Row("File", "Save session as…", "Ctrl+S", "Write everything done to one file that opens elsewhere too", "ask_save_session", separated=True),
    Row("File", "Restore after a crash", "", "Open what was done before the program ended unexpectedly the last time", "restore_crashed"),
    Row("File", "Export gallery…", "Ctrl+E", "Write the tray, samples, the map or traversals as sheets, pictures, films or a page", "ask_export", draws=True),
    Row("File", "Export map figure…", "Ctrl+Shift+E", "Write the map as a picture, a drawing or a page, with its legend", "ask_figure"),
    Row("File", "Export table…", "Ctrl+Shift+T", "Write names, labels, numbers and places of points as CSV or Parquet", "ask_table"),
    Row("File", "Quit", "Ctrl+Q", "Close the window; the session is kept", "quit", separated=True),
    Row("Edit", "Undo", "Ctrl+Z", "Take the last step back", "undo"),
    Row("Edit", "Redo", "Ctrl+Shift+Z;Ctrl+Y", "Take the step again", "redo"),
    Row("Edit", "Copy picture", "Ctrl+C", "Copy the decoded picture", "copy_picture", separated=True, draws=True),
    Row("Edit", "Paste image", "Ctrl+V", "Place the picture of the clipboard on the map", "paste"),
    Row("View", "Probe", "1", "Click or drag on the map to decode", "use_tool", "probe", group="tool"),
    Row("View", "Pan", "2", "Drag moves the map (so does Space and drag)", "use_tool", "pan", group="tool"),
    Row("View", "Lasso", "3", "Draw around points to select them; Shift adds, Alt or Ctrl takes away", "use_tool", "lasso", group="tool"),
    Row("View", "Rectangle", "4", "Select the points in a rectangle, as Shift and drag with the probe does", "use_tool", "rectangle", group="tool"),
    Row("View", "Path", "5", "Click places to lay a path through them; drag a station to move it, Delete takes it away", "use_tool", "path", group="tool"),
    Row("View", "Fit", "F", "Show the whole map", "fit"),
    Row("View", "Fit to selection", "Shift+F", "Show the selected points as large as they fit", "fit_selection"),
    Row("View", "Zoom in", "+;=", "Zoom in at the cursor", "zoom_in"),
    Row("View", "Zoom out", "-", "Zoom out at the cursor", "zoom_out"),
    Row("View", "Theme of the system", "", "Light or dark as the system has it", "use_theme", "system", group="theme", separated=True),
    Row("View", "Dark", "", "Dark colours", "use_theme", "dark", group="theme"),
    Row("View", "Light", "", "Light colours", "use_theme", "light", group="theme"),
    Row("View", "Thumbnails over the whole map", "T", "Pictures that stand for the points around them, at any zoom; where few points are in view, they show without it", "toggle_thumbnails", separated=True, toggles=True),
    Row("View", "Points by colour", "", "Each point in its colour; where several lie they mix", "use_shading", "colours", group="shading", separated=True),
    Row("View", "Points by density", "", "How many points lie at a place, on a logarithmic scale", "use_shading", "density", group="shading"),
    Row("View", "Ground: support", "", "Lighter ground where data are near, hatched where there are none", "use_ground", "support", group="ground", separated=True),
    Row("View", "Ground: spread of latents", "", "How much the latents of neighbours on the map differ, where data are near", "use_ground", "spread", group="ground"),
    Row("View", "Ground: plain", "", "One colour", "use_ground", "plain", group="ground"),
    Row("View", "Decoded background", "B", "Fill the map with decoded pictures, faded where data are far", "toggle_background", separated=True, toggles=True, draws=True),
    Row("View", "Names on the map", "N", "The names of labels where each of them prevails", "toggle_names", toggles=True),
    Row("View", "Without contours", "", "No lines over the points", "use_contours", "none", group="contours", separated=True),
    Row("View", "With contours", "", "Lines around the densest 20, 40, 60, 80 and 95% of the points", "use_contours", "lines", group="contours"),
    Row("View", "Draw with what is there", "", "The graphics card where one answers, else the processor", "use_renderer", "auto", group="renderer", separated=True),
    Row("View", "Draw with the processor", "", "The map's points are drawn without a graphics card", "use_renderer", "raster", group="renderer"),
    Row("View", "Draw with OpenGL", "", "The map's points are drawn by the graphics card", "use_renderer", "opengl", group="renderer"),
    Row("View", "Enlarge as fits", "", "Small pictures crisp, larger ones smooth", "use_enlargement", "auto", group="enlarge", separated=True),
    Row("View", "Enlarge crisp", "", "Show each pixel as a square", "use_enlargement", "crisp", group="enlarge"),
    Row("View", "Enlarge smooth", "", "Blend between pixels", "use_enlargement", "smooth", group="enlarge"),
    Row("View", "Show uncertainty on the picture", "", "Fade and hatch the decoded picture where data are far", "toggle_doubt", separated=True, toggles=True, draws=True),
    Row("Explore", "Random picture", "D", "Decode a random latent from the prior", "sample_one", draws=True),
    Row("Explore", "Carry pictures", "C", "Whether a picture whose ring is dragged goes along over the map, or the map alone speaks", "toggle_carry", draws=True),
    Row("Explore", "Play or pause the path", "P", "Run along the path, with the decoded picture of each place", "play_path", separated=True, draws=True),
    Row("Explore", "Add to the path", "Shift+P", "Make what is looked at the next station of the path", "add_station"),
    Row("Explore", "Take station away", "Ctrl+Backspace", "Take the station that is looked at out of the path, else the last", "remove_station"),
    Row("Explore", "Path through the labels", "", "Lay a path through the most typical picture of each label that is shown", "path_through_labels"),
    Row("Explore", "Show or close the path's page", "Ctrl+Shift+P", "How the path is joined and timed, with pictures along it", "toggle_path_page"),
    Row("Explore", "Forget the path", "", "Take all its stations off the map", "clear_path"),
    Row("Explore", "Next dropped image", ".", "Look at the next of the images that were dropped", "next_dropped", separated=True),
    Row("Explore", "Previous dropped image", ",", "Look at the one before of the images that were dropped", "previous_dropped"),
    Row("Explore", "Put dropped images away", "", "Take the dropped images off the map", "put_dropped_away"),
    Row("Explore", "Go to this picture", "J", "Take exactly the latent of the picture under the pointer, else of the one nearest to the probe", "go_to_point", separated=True),
    Row("Explore", "Open its file", "Ctrl+Return", "Open the file of the picture under the pointer, else of the one nearest to the probe", "open_file"),
    Row("Explore", "Show in folder", "Ctrl+Shift+Return", "Show where the file of that picture lies", "show_in_folder"),
    Row("Explore", "Copy its name", "Ctrl+Shift+C", "Copy the path of that picture's file, or its number", "copy_name"),
    Row("View", "Colour by…", "Shift+C", "Choose what the points are coloured by: labels, numbers, the model, the map", "choose_coloring"),
    Row("Explore", "Show all points", "Ctrl+L", "Take the legend's filter away", "show_all"),
    Row("Explore", "Bookmark this", "Ctrl+B", "Keep what is looked at with a name, a note and a flag on the map", "add_bookmark", separated=True, draws=True),
    Row("Explore", "Bookmarks", "Ctrl+Shift+B", "Show or close the bookmarks, under the map", "toggle_bookmarks"),
    Row("Explore", "Rename the bookmark", "F2", "Type another name for the bookmark that is marked", "rename_bookmark"),
    Row("Explore", "History", "H", "Show or close the pictures looked at last, under the map", "toggle_history", draws=True),
    Row("Explore", "Look back", "Alt+Left", "Look at exactly the picture before again", "look_back", draws=True),
    Row("Explore", "Look forward", "Alt+Right", "Look at exactly the picture after this one again", "look_forward", draws=True),
    Row("Explore", "Cancel", "Esc", "Stop what is going on, or dismiss the message", "cancel", separated=True),
    Row("Latent", "Sliders: dimensions", "", "The sliders move along the latent's dimensions, the most informative first", "use_axes", "dimensions", group="axes"),
    Row("Latent", "Sliders: principal components", "", "The sliders move along the principal components of the data's latents, in standard deviations", "use_axes", "principal", group="axes"),
    Row("Latent", "Sliders: largest visible change", "V", "The sliders move along what changes this picture most, measured at it; again to measure anew", "use_axes", "visible", group="axes", draws=True),
    Row("Latent", "Traversal strip", "X", "Pictures along the sliders' axes around this one, under the map", "toggle_strip", separated=True, draws=True),
    Row("Latent", "Directions", "Shift+D", "Sliders that add a direction to the picture: what some pictures have and others have not", "show_directions", separated=True),
    Row("Latent", "New direction…", "Ctrl+D", "Choose what a direction leads from and to: labels, the selection, pictures", "new_direction"),
    Row("Latent", "Take as its start", "[", "Let the next direction start from the selection, else from the picture that is looked at", "take_start"),
    Row("Latent", "Take as its end", "]", "Let the next direction lead to the selection, else to the picture that is looked at", "take_end"),
    Row("Latent", "Make the direction", "Ctrl+Shift+D", "Find the direction between the two ends that were taken", "make_direction"),
    Row("Latent", "Rename direction…", "", "Rename the direction that has the focus, else the last one (F2)", "rename_direction", separated=True),
    Row("Latent", "Invert direction", "", "Let that direction lead the other way", "invert_direction"),
    Row("Latent", "Orthogonal to the others", "", "Take out of that direction what it has in common with all others", "orthogonal_direction"),
    Row("Latent", "Delete direction", "", "Delete that direction; the picture stays as it is", "delete_direction"),
    Row("Latent", "Analogy…", "Shift+A", "a − b + c of three pictures: what a has and b has not, given to c", "make_analogy", separated=True),
    Row("Latent", "New or memorised?", "M", "Compare what is decoded with the data, by latent and by picture", "toggle_novelty", separated=True, draws=True),
    Row("Latent", "Fit a probe…", "Shift+R", "Tell a column of the data from the latent, of any picture, with a held-out score", "fit_probe", separated=True),
    Row("Latent", "Probes", "", "Show what the probes tell of the picture, or close them", "show_probes"),
    Row("Select", "Find pictures…", "Ctrl+F", "Search names, labels and numbers; Return selects what is found", "find_pictures"),
    Row("Select", "Next of the selection", "F3", "Go to the next selected picture", "next_selected"),
    Row("Select", "Previous of the selection", "Shift+F3", "Go to the selected picture before", "previous_selected"),
    Row("Select", "All in view", "Ctrl+A", "Select the points that are to be seen, as a lasso around them would", "select_in_view", separated=True),
    Row("Select", "This label", "A", "Select all with the label of the picture under the pointer, else of the one nearest to the probe", "select_label"),
    Row("Select", "Neighbours on the map", "Shift+N", "Select the 50 points around that picture on the map", "select_neighbours"),
    Row("Select", "Pictures like this", "L", "Select the 50 pictures most like that one, by their latents", "find_like"),
    Row("Select", "Grow the selection", "G", "Add the pictures most like the selected ones, by their latents", "grow_selection", separated=True),
    Row("Select", "Invert the selection", "Ctrl+I", "Select what is shown and not selected", "invert_selection"),
    Row("Select", "Nothing", "Ctrl+Shift+A", "Forget the selection", "select_none"),
    Row("Gallery", "Keep picture", "K", "Put the decoded picture into the tray", "keep", draws=True),
    Row("Gallery", "Sample…", "S", "Draw new pictures from the prior, around the cursor or from points", "ask_sample", draws=True),
    Row("Gallery", "From selection…", "Shift+S", "Draw new pictures like the selected or shown points", "ask_sample_selection", draws=True),
    Row("Gallery", "Rate kept pictures…", "", "Give the chosen pictures of the tray 0 to 5 stars; in the tray the keys 0 to 5 do so", "rate_kept", separated=True),
    Row("Gallery", "Tag kept pictures…", "Ctrl+T", "Give the chosen pictures of the tray words of your own", "tag_kept"),
    Row("Gallery", "Copy kept pictures", "", "Copy the chosen pictures of the tray, each with its latent", "copy_kept"),
    Row("Gallery", "Remove kept pictures", "", "Take the chosen pictures out of the tray", "remove_kept_pictures"),
    Row("Gallery", "Empty the tray", "", "Take all pictures out of the tray", "empty_tray", separated=True),
    Row("Model", "Model card…", "I", "All that was found out about the model, where from, and what to do where it is wrong", "show_model_card"),
    Row("Model", "Device…", "", "Choose what the model runs on", "choose_device"),
    Row("Model", "Compare with…", "Ctrl+Shift+V", "Choose another model or workspace and see both beside each other, under one hand", "ask_compare", draws=True),
    Row("Model", "Map settings…", "Ctrl+Shift+M", "Choose how the next map is made, and make it; nothing is encoded again", "ask_map_settings", separated=True),
    Row("Model", "Compute the map again", "Ctrl+M", "Project the latents anew with the settings of this map", "remap"),
    Row("Model", "Next map", "Ctrl+]", "Show the next map of these data", "next_map"),
    Row("Model", "Previous map", "Ctrl+[", "Show the map before", "previous_map"),
    Row("Model", "Pause the map", "Ctrl+P", "Hold the map that forms, and let it go on", "pause_map", separated=True),
    Row("Model", "Stop here and keep the map", "Ctrl+Shift+K", "Let the map that forms stay as it is now", "keep_map"),
    Row("Help", "Find an action…", "Ctrl+K", "Find any action by its name", "find_action"),
    Row("Help", "About", "", "Version, device and licences", "about", separated=True),
)  # fmt: skip

_MNEMONICS = {"Explore": "E&xplore"}


class Actions(QObject):
    """All actions as ``QAction`` in the window's menus; ``owners`` are the objects that have the methods."""

    def __init__(self, window: MainWindow, *owners: QObject) -> None:
        super().__init__(window)
        self.all: dict[tuple[str, str | None], QAction] = {}
        menus = {}
        groups: dict[str, QActionGroup] = {}
        for row in TABLE:
            if row.menu not in menus:
                menus[row.menu] = window.menus.addMenu(_MNEMONICS.get(row.menu, f"&{row.menu}"))
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
            elif row.toggles:
                action.setCheckable(True)
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
                action = self.all[row.method, row.argument]
                action.setEnabled(not reason)
                action.setToolTip(f"{_tip(row, action)}\n{reason}".strip())

    def __getitem__(self, key: str | tuple[str, str]) -> QAction:
        return self.all[key if isinstance(key, tuple) else (key, None)]


def _tip(row: Row, action: QAction) -> str:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{row.tip} ({keys})" if keys else row.tip
