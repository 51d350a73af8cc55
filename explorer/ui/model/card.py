"""The model card: all that was found out about a model, its proof, and what can be said otherwise."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from explorer.core.model_pair import ModelPair
from explorer.core.plan import Fact
from explorer.core.round_trip import SHOWN, RoundTrip
from explorer.ui.model.loaded_panel import KINDS, self_test_word
from explorer.ui.parts.furniture import Choice, ElidedLabel, clear, column, heading, quiet, scrolling
from explorer.ui.parts.pictures import PictureView

_PICTURE = 78
_PROOF = "accept"  # what a failing self-test can be overruled by before there is a card
_OF_USER = ("override", "sidecar")


class ModelCard(QDialog):
    """Shows a model's facts with their sources; those that can be stated otherwise are editable.

    Signals:
        stated: ``(key, value)`` that the user says about the model.
        reset_asked: forget all that the user said.
    """

    stated = Signal(str, str)
    reset_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Model card")
        self.setObjectName("panel")
        self.resize(640, 720)
        self._name, self._kind = QLabel(), quiet()
        self._name.setObjectName("apptitle")
        self._verdict, self._numbers = QLabel(), quiet()
        self._numbers.setWordWrap(True)
        self._message = QLabel()
        self._message.setObjectName("bad")
        self._message.setWordWrap(True)
        self._message.hide()
        self._pictures = [[_picture() for _ in range(SHOWN)] for _ in range(2)]
        self._captions = [quiet("Original"), quiet("Again")]
        self._files = [ElidedLabel("quiet") for _ in range(3)]
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(14)
        self._facts.setVerticalSpacing(6)
        self._facts.setColumnStretch(1, 1)
        self.editors: dict[str, QComboBox | QLineEdit] = {}
        self._busy = self._can_reset = False
        self.reset = QPushButton("Reset to what was found")
        self.reset.setToolTip("Forget all that was said about this model")
        self.reset.setAutoDefault(False)
        self.reset.clicked.connect(self.reset_asked)
        self._lay_out()

    def set_model(self, pair: ModelPair) -> None:
        """Show the facts of ``pair``, the keyboard's focus where it was; its pictures follow."""
        focused = next((key for key, editor in self.editors.items() if editor.hasFocus()), "")
        self._name.setText(pair.name)
        self._kind.setText(KINDS[pair.kind])
        failed = pair.self_test.passed is False
        self._verdict.setObjectName("bad" if failed else "good" if pair.self_test.passed else "quiet")
        self._verdict.style().polish(self._verdict)
        self._verdict.setText(f"Self-test: {self_test_word(pair.self_test)}")
        self._numbers.setText("")
        self._show_facts(pair.facts)
        files = [str(path) for path in pair.plan.files]
        for label, text in zip(
            self._files, [*files, *[""] * (2 - len(files)), f"SHA-256 {pair.fingerprint}"], strict=True
        ):
            label.setText(text)
            label.setVisible(bool(text))
        self._can_reset = any(fact.source in _OF_USER for fact in pair.facts)
        self.set_busy(False)
        self.say("")
        if focused in self.editors:
            self.editors[focused].setFocus()

    def set_round_trip(self, trip: RoundTrip) -> None:
        """Show some pictures and what the model makes of them."""
        again = trip.reconstructions
        for i in range(SHOWN):
            self._pictures[0][i].set_picture(trip.originals[i] if i < len(trip.originals) else None)
            self._pictures[1][i].set_picture(None if again is None or i >= len(again) else again[i])
            error = f"MSE {trip.errors[i]:.4f}" if i < len(trip.errors) else ""
            self._pictures[1][i].setToolTip(error)
            self._pictures[1][i].setAccessibleDescription(error)
        for widget in (self._captions[1], *self._pictures[1]):
            widget.setVisible(again is not None)
        for widget in (self._captions[0], *self._pictures[0]):
            widget.setVisible(len(trip.originals) > 0)
        self._captions[0].setText("Original" if trip.real else "Drawn")
        self._numbers.setText(_numbers(trip))

    def say(self, sentence: str) -> None:
        """Show why something was refused; an empty sentence takes it away."""
        self._message.setText(sentence)
        self._message.setVisible(bool(sentence))

    def set_busy(self, busy: bool) -> None:
        """No second change while the model is being opened with the first."""
        self._busy = busy
        for editor in self.editors.values():
            editor.setEnabled(not busy)
        self.reset.setEnabled(self._can_reset and not busy)

    def _lay_out(self) -> None:
        title = QHBoxLayout()
        title.addWidget(self._name)
        title.addWidget(self._kind)
        title.addStretch(1)
        proof = QFrame()
        proof.setObjectName("card")
        grid = QGridLayout()
        grid.setSpacing(6)
        for row, (caption, views) in enumerate(zip(self._captions, self._pictures, strict=True)):
            grid.addWidget(caption, row, 0)
            for i, view in enumerate(views):
                view.setAccessibleName(f"{caption.text()} {i + 1}")
                grid.addWidget(view, row, i + 1)
        grid.setColumnMinimumWidth(0, 62)
        grid.setColumnStretch(SHOWN + 1, 1)
        inside = QVBoxLayout(proof)
        inside.setContentsMargins(12, 10, 12, 10)
        for part in (self._verdict, self._numbers):
            inside.addWidget(part)
        inside.addLayout(grid)
        facts = QWidget()
        below = QVBoxLayout(facts)
        below.setContentsMargins(0, 0, 8, 0)
        below.addLayout(self._facts)
        below.addStretch(1)
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = column(self)
        layout.addLayout(title)
        layout.addWidget(proof)
        layout.addWidget(self._message)
        layout.addWidget(heading("What was found, and where"))
        layout.addWidget(scrolling(facts), 1)
        for label in self._files:
            layout.addWidget(label)
        layout.addLayout(buttons)

    def _show_facts(self, facts: tuple[Fact, ...]) -> None:
        for old in self.editors.values():
            old.blockSignals(True)  # losing the focus as it goes, a line would state its text once more
        clear(self._facts)
        self.editors = {}
        for row, fact in enumerate(facts):
            name, source = QLabel(fact.name), quiet(fact.source)
            source.setToolTip("Where this is known from")
            editor = self._editor(fact)
            self._facts.addWidget(name, row, 0)
            self._facts.addWidget(editor, row, 1)
            self._facts.addWidget(source, row, 2)
            if isinstance(editor, QLabel):
                editor.setWordWrap(True)
            else:
                self.editors[fact.key] = editor
                name.setBuddy(editor)
                editor.setAccessibleName(fact.name)
                editor.setAccessibleDescription(f"From: {fact.source}")

    def _editor(self, fact: Fact) -> QComboBox | QLineEdit | QLabel:
        """What shows a fact: a list of choices, a line for any text, or a label where it is as it is."""
        if not fact.key or fact.key == _PROOF:
            return QLabel(fact.value)
        if not fact.choices:
            line = QLineEdit(_text_of(fact))
            line.editingFinished.connect(lambda: self._state(fact, line.text().strip()))
            return line
        combo = Choice()
        combo.addItems(list(fact.choices))
        with QSignalBlocker(combo):
            if combo.findText(_text_of(fact)) < 0:
                combo.insertItem(0, _text_of(fact))
            combo.setCurrentText(_text_of(fact))
        combo.textActivated.connect(lambda text: self._state(fact, text))
        return combo

    def _state(self, fact: Fact, text: str) -> None:
        if text and text != _text_of(fact) and not self._busy:
            self.stated.emit(fact.key, text)


def _picture() -> PictureView:
    view = PictureView(square=True)
    view.setFixedSize(_PICTURE, _PICTURE)
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return view


def _text_of(fact: Fact) -> str:
    """The part of a value that can be stated: what stands in brackets behind it explains it."""
    return fact.value if fact.value in fact.choices else fact.value.split(" (")[0]


def _numbers(trip: RoundTrip) -> str:
    of = "real pictures of the open data" if trip.real else "pictures that the model drew itself"
    if not len(trip.originals):
        return "With an encoder alone there is nothing to draw, and so no proof."
    if trip.reconstructions is None:
        return "Half a pair: what it draws can be looked at, but no round trip can prove it."
    compared = f"{trip.error / max(trip.baseline, 1e-12):.0%} of that"
    if trip.error > trip.baseline:
        compared = "the pair does worse than that"
    return (
        f"Encoded and decoded again, {len(trip.errors)} {of} miss by MSE {trip.error:.4f}; answering always "
        f"with their mean misses by {trip.baseline:.4f} ({compared})."
    )
