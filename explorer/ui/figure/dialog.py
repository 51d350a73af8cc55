"""Export map figure…: what it shows and how large it is, beside a preview that follows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSettings, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.ui.figure.figure import LEAST, MOST, Figure, FigureSize
from explorer.ui.figure.files import draw
from explorer.ui.figure.source import FigureChoice
from explorer.ui.parts.check import Check
from explorer.ui.parts.file_dialogs import save_buttons
from explorer.ui.parts.furniture import Choice, quiet
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.preview_image import PreviewImage, put_beside

_FORMATS = ("png", "svg", "pdf")
_FORMAT_NAMES = ("PNG, a picture", "SVG, a drawing to edit", "PDF, a page to print")
_THEMES = ("print", "light", "dark")
_THEME_NAMES = ("Print: on white", "Light", "Dark")
_UNITS = ("px", "mm")
_SOON_MS = 60
_BOXES = {
    "legend": ("Legend", "What the colours mean, with counts", True),
    "caption": ("Settings of the map", "How the map was made, in small below it", True),
    "axes": ("Axes", "Two arrows that name the projection; its distances have no scale", True),
    "names": ("Names on the map", "The labels' names where their points lie", True),
    "ground": ("Ground", "The shading of the ground as the window shows it", False),
    "thumbnails": ("Thumbnails", "Pictures in place of points, as the window shows them", True),
    "background": ("Decoded background", "The decoded pictures below the points", True),
    "selection": ("Selection", "The edge around selected points", False),
    "transparent": ("Transparent ground", "Nothing behind the points, to lay the figure on something", False),
}
_IF_THERE = ("names", "ground", "thumbnails", "background", "selection")


class FigureDialog(QDialog):
    """Asks for a figure.

    ``make`` gives the figure of a choice; ``can`` names the boxes that there is something to show for.

    Signals:
        asked: the ``FigureChoice``, the ``FigureSize`` and the format ("png"), when the user agrees.
    """

    asked = Signal(object, object, str)

    def __init__(
        self,
        parent: QWidget,
        make: Callable[[FigureChoice], Figure],
        jobs: Jobs,
        settings: QSettings,
        title: str,
        can: frozenset[str],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export map figure")
        self._make, self._jobs, self._settings = make, jobs, settings
        self._drawing = self._dirty = self._closed = False
        self._preview = PreviewImage("Preview of the figure")
        self._preview.resized.connect(self._later)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(_SOON_MS)
        self._again.timeout.connect(self._draw)

        self._format, self._theme, self._unit = Choice(), Choice(), Choice()
        for box, names, keys in (
            (self._format, _FORMAT_NAMES, _FORMATS),
            (self._theme, _THEME_NAMES, _THEMES),
            (self._unit, ("Pixels", "Millimetres"), _UNITS),
        ):
            for name, key in zip(names, keys, strict=True):
                box.addItem(name, key)
        self._part = Choice()
        self._part.addItem("The whole map", True)
        self._part.addItem("What the window shows", False)
        self._width, self._height, self._dpi, self._text = (
            QDoubleSpinBox(),
            QDoubleSpinBox(),
            QSpinBox(),
            QSpinBox(),
        )
        self._dpi.setRange(72, 1200)
        self._dpi.setSuffix(" dpi")
        self._text.setRange(40, 300)
        self._text.setSingleStep(10)
        self._text.setSuffix(" %")
        self._title = QLineEdit(title)
        self._title.setPlaceholderText("No title")
        self._boxes = {key: Check(name) for key, (name, _, _) in _BOXES.items()}
        for key, check in self._boxes.items():
            check.setToolTip(_BOXES[key][1])
            check.setVisible(key in can or key not in _IF_THERE)
        self._note = quiet()
        self._note.setWordWrap(True)
        self._lay_out()
        self._restore()
        for signal in (
            self._theme.currentIndexChanged, self._part.currentIndexChanged, self._width.valueChanged,
            self._height.valueChanged, self._dpi.valueChanged, self._text.valueChanged,
            self._title.textChanged, *(box.toggled for box in self._boxes.values()),
        ):  # fmt: skip
            signal.connect(self._later)
        self._unit.currentIndexChanged.connect(self._use_unit)
        self._later()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(8)
        sides = QHBoxLayout()
        sides.setSpacing(6)
        for widget, stretch in ((self._width, 1), (QLabel("×"), 0), (self._height, 1), (self._unit, 1)):
            sides.addWidget(widget, stretch)
        names: list[tuple[QWidget, str]] = [
            (self._width, "Width"), (self._height, "Height"), (self._unit, "Unit of the size"),
            (self._format, "Format"), (self._theme, "Colours"), (self._part, "Part of the map"),
            (self._dpi, "Resolution"), (self._text, "Size of the text"), (self._title, "Title"),
        ]  # fmt: skip
        for control, name in names:
            control.setAccessibleName(name)
        form.addRow("Format", self._format)
        form.addRow("Size", sides)
        form.addRow("Resolution", self._dpi)
        form.addRow("Text", self._text)
        form.addRow("Shows", self._part)
        form.addRow("Colours", self._theme)
        form.addRow("Title", self._title)
        for number, box in enumerate(self._boxes.values()):
            form.addRow("With" if number == 0 else "", box)
        self._form = form
        buttons, self._save = save_buttons(self, "Export…")
        self._save.setObjectName("primary")
        side = QVBoxLayout()
        side.addLayout(form)
        side.addWidget(self._note)
        side.addStretch(1)
        side.addWidget(buttons)
        put_beside(self, self._preview, side)
        self.resize(980, 600)

    @property
    def preview(self) -> QImage | None:
        """The picture beside the controls."""
        return self._preview.image

    def choice(self) -> FigureChoice:
        """What is to be shown."""
        return FigureChoice(
            theme=str(self._theme.currentData()),
            title=self._title.text().strip(),
            whole=bool(self._part.currentData()),
            **{key: box.isChecked() and not box.isHidden() for key, box in self._boxes.items()},
        )

    def size_asked(self) -> FigureSize:
        """How large. Raises ``ExplorerError`` where that is too large."""
        width, height, text = self._width.value(), self._height.value(), self._text.value() / 100
        if self._unit.currentData() == "mm":
            return FigureSize.of_paper(width, height, self._dpi.value(), text)
        return FigureSize.of_pixels(round(width), round(height), text)

    def accept(self) -> None:
        """Say what is wanted, and remember it for the next time."""
        self._keep()
        self.asked.emit(self.choice(), self.size_asked(), str(self._format.currentData()))
        super().accept()

    def done(self, result: int) -> None:
        """Close; a preview that is still being drawn is for nobody."""
        self._closed = True
        self._again.stop()
        super().done(result)

    def _use_unit(self) -> None:
        """Take the size of the other unit that was used last."""
        paper = self._unit.currentData() == "mm"
        for box, name, (pixels, millimetres) in (
            (self._width, "width", (1600, 180)),
            (self._height, "height", (1200, 135)),
        ):
            box.setDecimals(1 if paper else 0)
            box.setRange(*((10.0, 2000.0) if paper else (LEAST, MOST)))
            box.setSingleStep(5 if paper else 100)
            kept = self._settings.value(f"figure/{name}-{'mm' if paper else 'px'}")
            box.setValue(_number(kept, millimetres if paper else pixels))
        self._form.setRowVisible(self._dpi, paper)
        self._later()

    def _restore(self) -> None:
        kept = self._settings.value
        for box, name in ((self._format, "format"), (self._theme, "theme"), (self._unit, "unit")):
            box.setCurrentIndex(max(box.findData(kept(f"figure/{name}")), 0))
        self._dpi.setValue(int(_number(kept("figure/dpi"), 300)))
        self._text.setValue(int(_number(kept("figure/text"), 100)))
        for key, check in self._boxes.items():
            check.setChecked(str(kept(f"figure/{key}", _BOXES[key][2])).lower() == "true")
        self._use_unit()

    def _keep(self) -> None:
        unit = str(self._unit.currentData())
        for name, value in {
            "format": self._format.currentData(),
            "theme": self._theme.currentData(),
            "unit": unit,
            f"width-{unit}": self._width.value(),
            f"height-{unit}": self._height.value(),
            "dpi": self._dpi.value(),
            "text": self._text.value(),
            **{key: box.isChecked() for key, box in self._boxes.items()},
        }.items():
            self._settings.setValue(f"figure/{name}", value)

    # The preview

    def _later(self) -> None:
        """Draw soon what is now chosen; say what is wrong with it at once."""
        try:
            size = self.size_asked()
        except ExplorerError as error:
            self._note.setText(f"▲ {error}")
            self._save.setEnabled(False)
            return
        self._save.setEnabled(True)
        paper = self._unit.currentData() == "mm"
        self._note.setText(f"{size.width:,} × {size.height:,} pixels" if paper else "")
        self._again.start()

    def _draw(self) -> None:
        """One preview at a time; another follows where more was chosen meanwhile."""
        self._dirty = self._drawing
        if self._drawing or not self._save.isEnabled():
            return
        self._drawing = True
        figure, room = self._make(self.choice()), self._preview.room()
        size = self.size_asked().within(room.width(), room.height())
        self._jobs.start(
            "Drawing the preview",
            lambda _: draw(figure, size, Progress()),
            self._show,
            wanted=lambda: not self._closed,
            failed=lambda _: self._show(None),
            quiet=True,
        )

    def _show(self, image: QImage | None) -> None:
        if self._closed:
            return
        self._drawing = False
        self._preview.show_image(image)
        if self._dirty:
            self._draw()


def _number(kept: object, otherwise: float) -> float:
    try:
        return float(str(kept))
    except ValueError:
        return otherwise
