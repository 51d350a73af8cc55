"""The lower half of Export gallery…: how the pictures look, and in which formats they are written."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QFormLayout, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from explorer.core.export.formats import FORMATS
from explorer.core.export.look import LOOKS, Look
from explorer.core.recipes.writing import Style
from explorer.ui.parts.check import Check
from explorer.ui.parts.furniture import Choice, heading

_PLAIN = "Plain"
_THEMES = {"": "Its own colours", "dark": "Dark", "light": "Light", "print": "On white"}
_SIZES = {
    0: "As fits",
    64: "64 pixels",
    128: "128 pixels",
    256: "256 pixels",
    512: "512 pixels",
    1024: "1,024 pixels",
}
_ENLARGING = {"auto": "Crisp if small", "nearest": "Crisp pixels", "lanczos": "Smooth"}
_USUAL = ("singles", "sheet")


class GalleryStyle(QObject):
    """Puts rows into a form, and says what they ask for; remembered from one time to the next.

    Signals:
        changed: something else is asked for.
    """

    changed = Signal()

    def __init__(self, form: QFormLayout, settings: QSettings, title: str) -> None:
        super().__init__(form.parentWidget())
        self._settings = settings
        self._look, self._theme, self._side, self._enlarge = Choice(), Choice(), Choice(), Choice()
        for name in (_PLAIN, *LOOKS):
            self._look.addItem(name, name)
        for box, entries in (
            (self._theme, _THEMES),
            (self._side, _SIZES),
            (self._enlarge, _ENLARGING),
        ):
            for key, text in entries.items():
                box.addItem(text, key)
        self._title = QLineEdit(title)
        self._title.setPlaceholderText("No title")
        self._captions, self._notes = (
            Check("Captions and headings"),
            Check("Say where each picture comes from"),
        )
        self._notes.setToolTip(
            "Each file says its latent, seed, model and place, so that dropping it on the map returns to it"
        )
        self._formats = {key: Check(one.title) for key, one in FORMATS.items()}
        self._lay_out(form)
        self._restore()
        for box in (self._look, self._theme, self._side, self._enlarge):
            box.currentIndexChanged.connect(self.changed)
        self._title.textChanged.connect(self.changed)
        for check in (self._captions, self._notes, *self._formats.values()):
            check.toggled.connect(self.changed)

    def style(self) -> Style:
        """What is asked for."""
        look = LOOKS.get(str(self._look.currentData()), Look())
        shown = self._captions.isChecked()
        look = replace(
            look,
            theme=self._theme.currentData() or look.theme,
            side=self._side.currentData() or None,
            enlarge=self._enlarge.currentData(),
            captions=look.captions and shown,
            headings=shown,
        )
        formats = tuple(key for key, check in self._formats.items() if check.isChecked())
        return Style(self._title.text().strip(), formats, look, self._notes.isChecked())

    def keep(self) -> None:
        """Remember it for the next time."""
        for name, value in {
            "look": self._look.currentData(),
            "theme": self._theme.currentData(),
            "side": self._side.currentData(),
            "enlarge": self._enlarge.currentData(),
            "captions": self._captions.isChecked(),
            "notes": self._notes.isChecked(),
            "formats": ",".join(self.style().formats),
        }.items():
            self._settings.setValue(f"gallery/{name}", value)

    def _lay_out(self, form: QFormLayout) -> None:
        for widget, spoken in (
            (self._title, "Title"),
            (self._look, "Look"),
            (self._theme, "Colours"),
            (self._side, "Size of each picture"),
            (self._enlarge, "How pictures are enlarged"),
            (self._captions, "Captions and headings"),
            (self._notes, "Where each picture comes from"),
        ):
            widget.setAccessibleName(spoken)
        form.addRow(heading("Look"))
        form.addRow("Title", self._title)
        form.addRow("Look", _beside(self._look, self._theme))
        form.addRow("Size", _beside(self._side, self._enlarge))
        form.addRow("", self._captions)
        form.addRow(heading("Files"))
        boxes = QWidget()
        grid = QGridLayout(boxes)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setVerticalSpacing(6)
        for number, (key, check) in enumerate(self._formats.items()):
            missing = FORMATS[key].missing
            check.setEnabled(not missing)
            check.setToolTip(missing or FORMATS[key].hint)
            check.setAccessibleName(FORMATS[key].title)
            grid.addWidget(check, number // 2, number % 2)
        form.addRow("Formats", boxes)
        form.addRow("", self._notes)

    def _restore(self) -> None:
        kept = self._settings.value
        for box, name in ((self._look, "look"), (self._theme, "theme"), (self._enlarge, "enlarge")):
            box.setCurrentIndex(max(box.findData(kept(f"gallery/{name}")), 0))
        side = str(kept("gallery/side", 0))
        self._side.setCurrentIndex(max(self._side.findData(int(side) if side.isdigit() else 0), 0))
        self._captions.setChecked(str(kept("gallery/captions", True)).lower() == "true")
        self._notes.setChecked(str(kept("gallery/notes", True)).lower() == "true")
        wanted = str(kept("gallery/formats", ",".join(_USUAL))).split(",")
        for key, check in self._formats.items():
            check.setChecked(key in wanted and check.isEnabled())


def _beside(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
