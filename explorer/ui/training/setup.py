"""Before a training: which pictures, what they are like, which model suits them, and where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import ExplorerError
from explorer.core.pixels import Pixels
from explorer.core.progress import duration_text
from explorer.core.training import LARGEST, SMALLEST, Kept, adjusted
from explorer.core.training_data import SHARPENED_STEP, Found, Kind, Proposal, propose
from explorer.ui.parts.accessible import announce
from explorer.ui.parts.check import Check
from explorer.ui.parts.furniture import Choice, ElidedLabel, clear, heading, quiet, scrolling
from explorer.ui.parts.pictures import to_qimage
from explorer.ui.training.film import Sheet

KINDS: dict[Kind, tuple[str, str]] = {
    "vae": ("VAE", "To explore and to sample: smooth between pictures, a little soft. Suits most."),
    "ae": ("Autoencoder", "The truest reconstructions; places far from the data draw nothing sensible."),
    "gan": (
        "GAN",
        "The sharpest drawn pictures; unsteady, slower, and only roughly true to a given picture.",
    ),
}
_EXAMPLES = 52
_SIDES = (28, 32, 48, 64, 96, 128)
INVITATION = "Choose a folder of pictures, or a file of arrays (IDX, NPZ, NPY)."


class TrainingSetup(QWidget):
    """Asks for a training. Setters in, signals out.

    Attributes:
        kinds: the buttons of the three kinds.
        shape, latent, epochs, rate, sharpen: what can be stated otherwise.
        start: begins it.
        install: gets what training needs and is not there.

    Signals:
        folder_asked, file_asked: other pictures are to be chosen.
        place_asked: another folder for the model is to be chosen.
        kind_chosen, changed: the kind, or any setting, is another.
        start_asked: begin.
        go_on_asked: go on with a ``Kept`` training.
        install_asked, cancel_asked: get what is missing, or stop getting it.
    """

    folder_asked = Signal()
    file_asked = Signal()
    place_asked = Signal()
    kind_chosen = Signal()
    changed = Signal()
    start_asked = Signal()
    go_on_asked = Signal(object)
    install_asked = Signal()
    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.found: Found | None = None
        self._able = True
        self._data, self._place = ElidedLabel(), ElidedLabel()
        self._told, self._time, self._refused = QLabel(INVITATION), quiet(), QLabel()
        for label in (self._told, self._refused):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._refused.setObjectName("bad")
        self._refused.setAccessibleName("Why it cannot begin")
        self._kept = QVBoxLayout()
        self._group = QButtonGroup(self)
        self.kinds: dict[Kind, QRadioButton] = {}
        self.shape = Choice()
        self.latent, self.epochs = _number(1, 512), _number(1, 10_000)
        self.rate = Choice()
        for text, factor in (("Usual", 1.0), ("Half of the usual", 0.5), ("A tenth of the usual", 0.1)):
            self.rate.addItem(text, factor)
        self.sharpen = Check(f"Sharpen draws ({SHARPENED_STEP:g} times the time)")
        self.sharpen.setToolTip(
            "A second network, a critic, learns to tell what the model draws from real pictures,\n"
            "and the model learns to please it. Of a VAE alone; each step takes "
            f"{SHARPENED_STEP:g} times as long."
        )
        self._examples = Sheet("Some of the pictures as the model will be shown them")
        self._examples.setToolTip("Some of the pictures as the model will be shown them")
        self._examples.setFixedHeight(_EXAMPLES)
        self._examples.hide()
        self.start = QPushButton("Start training")
        self.start.setObjectName("primary")
        self.start.clicked.connect(self.start_asked)
        self.install = QPushButton("Install PyTorch…")
        self.install.clicked.connect(self.install_asked)
        self._missing, self._bar, self._cancel = QLabel(), QProgressBar(), QPushButton("Cancel")
        self._missing.setWordWrap(True)
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._cancel.clicked.connect(self.cancel_asked)
        self._lay_out()
        for control, name, tip in (
            (
                self.shape,
                "Size of the pictures",
                "Pictures are cropped around their centre and scaled to this",
            ),
            (self.latent, "Latent dimensions", "How many numbers stand for a picture: more keep more of it"),
            (
                self.rate,
                "Learning rate",
                "Lower where a training has diverged: steadier, and slower to learn",
            ),
            (self.epochs, "Epochs", "How often each picture is shown; training can end earlier by itself"),
        ):
            control.setAccessibleName(name)
            control.setToolTip(tip)
        self.sharpen.toggled.connect(self.changed)
        self.shape.activated.connect(self.changed)
        self.latent.valueChanged.connect(self.changed)
        self.epochs.valueChanged.connect(self.changed)
        self.set_lacking(())
        self._allow()

    def _lay_out(self) -> None:
        inner = QWidget()
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(0, 0, 8, 0)
        rows.setSpacing(8)
        self._kept.setSpacing(6)
        rows.addLayout(self._kept)
        rows.addWidget(heading("Pictures"))
        rows.addLayout(
            _line(
                self._data,
                _press("Folder…", "Choose a folder of pictures", self.folder_asked),
                _press("File…", "Choose a file of arrays: IDX, NPZ or NPY", self.file_asked),
            )
        )
        rows.addWidget(self._told)
        rows.addWidget(self._examples)
        rows.addSpacing(6)
        rows.addWidget(heading("Model"))
        for kind, (name, expected) in KINDS.items():
            button = QRadioButton(name)
            button.setAccessibleDescription(expected)
            button.setMinimumWidth(110)
            note = quiet(expected)
            note.setWordWrap(True)
            row = QHBoxLayout()
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(note, 1)
            rows.addLayout(row)
            self._group.addButton(button)
            self.kinds[kind] = button
        self.kinds["vae"].setChecked(True)
        self._group.buttonClicked.connect(lambda _: self.kind_chosen.emit())
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        form.addRow("Size of the pictures", self.shape)
        form.addRow("Latent dimensions", self.latent)
        form.addRow("Epochs", self.epochs)
        form.addRow("Learning rate", self.rate)
        form.addRow("", self.sharpen)
        rows.addLayout(form)
        rows.addWidget(self._time)
        rows.addSpacing(6)
        rows.addWidget(heading("Folder of the model"))
        rows.addLayout(_line(self._place, _press("Choose…", "Choose where the model goes", self.place_asked)))
        rows.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(scrolling(inner), 1)
        layout.addLayout(_line(self._missing, self._bar, self.install, self._cancel))
        layout.addLayout(_line(self._refused, self.start))

    @property
    def kind(self) -> Kind:
        """Which is chosen."""
        return next(kind for kind, button in self.kinds.items() if button.isChecked())

    @property
    def slower(self) -> float:
        """The learning rate beside the usual one."""
        return float(self.rate.currentData())

    @property
    def sharpens(self) -> bool:
        """Whether a critic is to sharpen what the model draws."""
        return self.kind == "vae" and self.sharpen.isChecked()

    def proposal(self) -> Proposal:
        """What is now asked for. Raises ``ExplorerError`` where that cannot be trained."""
        if self.found is None:
            raise ExplorerError("Choose pictures first.")
        height, width = self.shape.currentData()
        wanted = adjusted(
            propose(self.found, self.kind),
            height=height, width=width, latent_size=self.latent.value(), epochs=self.epochs.value(),
        )  # fmt: skip
        return wanted.sharpened() if self.sharpens else wanted

    def set_data(self, path: Path | None, text: str = INVITATION) -> None:
        """Other pictures; ``text`` says what is being done with them."""
        self._data.setText(str(path) if path is not None else "None yet")
        self._told.setText(text)
        self.found = None
        self._time.setText("")
        self._examples.hide()
        self.refuse("")

    def set_found(self, found: Found) -> None:
        """What the pictures are like; the settings become those that suit them."""
        self.found = found
        first, *others = found.sentences
        self._told.setText("\n".join([first, *(f"▲ {line}" for line in others)]))
        self.propose()

    def propose(self) -> None:
        """Settings that suit the pictures and the kind."""
        if self.found is None:
            return
        proposal = propose(self.found, self.kind)
        for control in (self.shape, self.latent, self.epochs):
            control.blockSignals(True)
        self.shape.clear()
        for height, width in _sizes(proposal, self.found):
            self.shape.addItem(f"{width} × {height}", (height, width))
        self.shape.setCurrentIndex(self.shape.findText(f"{proposal.width} × {proposal.height}"))
        self.latent.setValue(proposal.latent_size)
        self.epochs.setValue(proposal.epochs)
        for control in (self.shape, self.latent, self.epochs):
            control.blockSignals(False)
        self._allow()
        self.changed.emit()

    def set_time(self, seconds: float | None) -> None:
        """About how long it would take here; None while that is not known."""
        if seconds is None:
            self._time.setText("")
            return
        unit = 300 if seconds > 1200 else 60 if seconds > 90 else 10  # no finer than the estimate is
        about = duration_text(unit * max(1, round(seconds / unit)))
        self._time.setText(f"About {about} on this computer's processor, within a factor of two")

    def set_examples(self, pictures: Pixels | None) -> None:
        """Some of the pictures, side by side ``(H, N·W, C)``."""
        self._examples.setVisible(pictures is not None)
        if pictures is not None:
            self._examples.set_image(to_qimage(pictures), "")

    def set_place(self, folder: Path) -> None:
        """Where the model goes."""
        self._place.setText(str(folder))
        self._place.setAccessibleName(f"Folder of the model: {folder}")

    def set_kept(self, kept: Sequence[Kept]) -> None:
        """Trainings that can go on."""
        clear(self._kept)
        if kept:
            self._kept.addWidget(heading("Begun before"))
        for one in kept:
            box = QWidget()
            box.setObjectName("card")
            box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            text = ElidedLabel()
            text.setText(
                f"{one.folder.name}: {KINDS.get(one.kind, (one.kind, ''))[0]}, "  # type: ignore[call-overload]
                f"{one.epoch:,} of {one.epochs:,} epochs done"
            )
            button = QPushButton("Go on")
            button.setAccessibleName(f"Go on training {one.folder.name}")
            button.setToolTip(f"Go on with the training in {one.folder}")
            button.clicked.connect(lambda _=False, one=one: self.go_on_asked.emit(one))
            row = QHBoxLayout(box)
            row.setContentsMargins(12, 6, 8, 6)
            row.addWidget(text, 1)
            row.addWidget(button)
            self._kept.addWidget(box)
        if kept:
            self._kept.addSpacing(8)

    def set_lacking(self, missing: Sequence[str], doing: str | None = None) -> None:
        """Which packages are not there; ``doing`` what is being done about it."""
        self._able = not missing
        self._missing.setText(
            doing
            if doing is not None
            else "Training needs PyTorch, which is not installed (some hundred megabytes, once)."
        )
        self._missing.setVisible(bool(missing))
        self.install.setVisible(bool(missing) and doing is None)
        for widget in (self._bar, self._cancel):
            widget.setVisible(bool(missing) and doing is not None)
        self._allow()

    def refuse(self, sentence: str) -> None:
        """Say why it does not begin; an empty sentence takes it away."""
        self._refused.setText(f"▲ {sentence}" if sentence else "")
        announce(self._refused, sentence, urgent=True)
        self._allow()

    def _allow(self) -> None:
        self.start.setEnabled(self._able and self.found is not None)
        for widget in (self.shape, self.latent, self.epochs, self.rate):
            widget.setEnabled(self.found is not None)
        self.sharpen.setEnabled(self.found is not None and self.kind == "vae")


def _sizes(proposal: Proposal, found: Found) -> list[tuple[int, int]]:
    """Heights and widths of the proposal's shape, none far beyond what the pictures have."""
    short, long = sorted((proposal.height, proposal.width))
    most = max(short, min(found.height, found.width))
    sizes = {(proposal.height, proposal.width)}
    for side in _SIDES:
        other = side if short == long else 8 * round(side * long / short / 8)
        if SMALLEST <= side <= most and other <= LARGEST:
            sizes.add((side, other) if proposal.height <= proposal.width else (other, side))
    return sorted(sizes)


def _number(least: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setKeyboardTracking(False)
    box.setMinimumWidth(90)
    return box


def _press(text: str, tip: str, pressed: object) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(pressed)
    return button


def _line(first: QWidget, *others: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(first, 1)
    for one in others:
        row.addWidget(one)
    return row
