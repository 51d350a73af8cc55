"""The lower half of Export gallery…: how the pictures look, and in which formats they are written."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QFormLayout, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

from explorer.core.export.film import FASTEST
from explorer.core.export.formats import FILMS, FORMATS
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
_PLAYS = {
    "auto": "Goes as suits the pictures",
    "there and back": "There and back",
    "loop": "In a loop",
    "once": "Once",
}
_USUAL = ("singles", "sheet")
_OWN = "recipe"


class GalleryStyle(QObject):
    """Puts rows into a form, and says what they ask for; remembered from one time to the next.

    Signals:
        changed: something else is asked for.
    """

    changed = Signal()

    def __init__(self, form: QFormLayout, settings: QSettings, title: str) -> None:
        super().__init__(form.parentWidget())
        self._settings = settings
        self._form, self._own = form, Look()
        self._look, self._theme, self._side, self._enlarge = Choice(), Choice(), Choice(), Choice()
        self._play, self._rate = Choice(), QSpinBox()
        self._gap, self._margin = _length("Usual gaps", "Gap "), _length("Usual margin", "Margin ")
        for name in (_PLAIN, *LOOKS):
            self._look.addItem(name, name)
        for box, entries in (
            (self._theme, _THEMES),
            (self._side, _SIZES),
            (self._enlarge, _ENLARGING),
            (self._play, _PLAYS),
        ):
            for key, text in entries.items():
                box.addItem(text, key)
        self._play.setToolTip("By itself a path goes as it was laid, and all else there and back")
        self._rate.setRange(0, round(FASTEST))
        self._rate.setSpecialValueText("Usual pace")
        self._rate.setSuffix(" a second")
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
        self._show_film()
        for box in (self._look, self._theme, self._side, self._enlarge, self._play):
            box.currentIndexChanged.connect(self.changed)
        for number in (self._gap, self._margin, self._rate):
            number.valueChanged.connect(self.changed)
        for key in FILMS:
            self._formats[key].toggled.connect(self._show_film)
        self._title.textChanged.connect(self.changed)
        for check in (self._captions, self._notes, *self._formats.values()):
            check.toggled.connect(self.changed)

    def style(self) -> Style:
        """What is asked for."""
        name = str(self._look.currentData())
        look = self._own if name == _OWN else LOOKS.get(name, Look())
        shown = self._captions.isChecked()
        look = replace(
            look,
            theme=self._theme.currentData() or look.theme,
            side=self._side.currentData() or look.side,
            gap=self._gap.value() if self._gap.value() >= 0 else look.gap,
            margin=self._margin.value() if self._margin.value() >= 0 else look.margin,
            enlarge=self._enlarge.currentData(),
            captions=look.captions and shown,
            headings=look.headings and shown,
            rate=self._rate.value() or look.rate,
            play=self._play.currentData(),
        )
        formats = tuple(key for key, check in self._formats.items() if check.isChecked())
        return Style(self._title.text().strip(), formats, look, self._notes.isChecked())

    def take(self, style: Style) -> None:
        """Ask for what a recipe asks for; its look becomes one to choose."""
        look = style.look
        self._title.setText(style.title)
        sized = self._side.findData(look.side)
        self._own = replace(look, side=None if sized >= 0 else look.side)
        self._side.setCurrentIndex(max(sized, 0))
        self._enlarge.setCurrentIndex(max(self._enlarge.findData(look.enlarge), 0))
        self._play.setCurrentIndex(max(self._play.findData(look.play), 0))
        self._look.insertItem(0, "As in the recipe", _OWN)
        for box in (self._look, self._theme):
            box.setCurrentIndex(0)
        for number, least in ((self._gap, -1), (self._margin, -1), (self._rate, 0)):
            number.setValue(least)
        self._captions.setChecked(look.captions or look.headings)
        self._notes.setChecked(style.notes)
        for key, check in self._formats.items():
            check.setChecked(key in style.formats and check.isEnabled())

    def keep(self) -> None:
        """Remember it for the next time."""
        for name, value in {
            "look": self._look.currentData(),
            "theme": self._theme.currentData(),
            "side": self._side.currentData(),
            "enlarge": self._enlarge.currentData(),
            "gap": self._gap.value(),
            "margin": self._margin.value(),
            "play": self._play.currentData(),
            "rate": self._rate.value(),
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
            (self._gap, "Gap between pictures"),
            (self._margin, "Margin"),
            (self._play, "How a film goes"),
            (self._rate, "Pictures a second of a film"),
            (self._captions, "Captions and headings"),
            (self._notes, "Where each picture comes from"),
        ):
            widget.setAccessibleName(spoken)
        form.addRow(_section("Look"))
        form.addRow("Title", self._title)
        form.addRow("Look", _beside(self._look, self._theme))
        form.addRow("Size", _beside(self._side, self._enlarge))
        form.addRow("Space", _beside(self._gap, self._margin))
        form.addRow("", self._captions)
        form.addRow(_section("Files"))
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
        self._film = _beside(self._play, self._rate)
        form.addRow("Film", self._film)
        form.addRow("", self._notes)

    def _show_film(self) -> None:
        self._form.setRowVisible(self._film, any(self._formats[key].isChecked() for key in FILMS))

    def _restore(self) -> None:
        kept = self._settings.value
        for number, name, usual in (
            (self._gap, "gap", -1), (self._margin, "margin", -1), (self._rate, "rate", 0)
        ):  # fmt: skip
            said = str(kept(f"gallery/{name}", usual))
            number.setValue(int(said) if said.lstrip("-").isdigit() else usual)
        for box, name in (
            (self._look, "look"), (self._theme, "theme"), (self._enlarge, "enlarge"), (self._play, "play")
        ):  # fmt: skip
            box.setCurrentIndex(max(box.findData(kept(f"gallery/{name}")), 0))
        side = str(kept("gallery/side", 0))
        self._side.setCurrentIndex(max(self._side.findData(int(side) if side.isdigit() else 0), 0))
        self._captions.setChecked(str(kept("gallery/captions", True)).lower() == "true")
        self._notes.setChecked(str(kept("gallery/notes", True)).lower() == "true")
        wanted = str(kept("gallery/formats", ",".join(_USUAL))).split(",")
        for key, check in self._formats.items():
            check.setChecked(key in wanted and check.isEnabled())


def _section(title: str) -> QLabel:
    label = heading(title)
    label.setContentsMargins(0, 10, 0, 0)
    return label


def _length(usual: str, prefix: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(-1, 400)
    box.setSpecialValueText(usual)
    box.setPrefix(prefix)
    box.setSuffix(" px")
    box.setValue(-1)
    return box


def _beside(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget, 1)
    return row
