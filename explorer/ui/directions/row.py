"""One direction in the right panel: what it is worth, the slider that adds it, and steps along it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.core.latent_ops.directions import Direction
from explorer.core.latent_ops.steering import how_made, reach, worth
from explorer.core.session import Pictures
from explorer.ui.directions.slider import DirectionSlider
from explorer.ui.here.neighbour_row import PressedPicture
from explorer.ui.parts.furniture import ElidedLabel, quiet, small_button

STEPS = (-1.0, -2 / 3, -1 / 3, 0.0, 1 / 3, 2 / 3, 1.0)
"""Where the steps of a strip lie, in parts of the slider's reach."""

_KEYS = (Qt.Key.Key_F2, Qt.Key.Key_Delete)
_NAME_STYLE = """
QPushButton { background: transparent; border: 1px solid transparent; text-align: left; padding: 2px 0;
              font-weight: 600; }
QPushButton:focus { border-color: palette(highlight); }
"""
_AUC = (
    "How often a picture of the end lies farther along than one of the start, of pictures held out when the "
    "direction was found (the area under the ROC curve, with its 95% interval); 0.5 is chance."
)
_MEANINGLESS = "does not separate"


class DirectionRow(QWidget):
    """Shows one direction.

    Signals:
        taken: its slider is taken into the hand: what follows is one step of undo.
        moved: another strength, in standard deviations.
        unfolded: its steps are to be shown, or no longer.
        renamed: another name.
        removed: it is no longer wanted.
        menu_asked: where a menu about it opens.
    """

    taken = Signal()
    moved = Signal(float)
    unfolded = Signal(bool)
    renamed = Signal(str)
    removed = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.direction: Direction | None = None
        self.name = _NameButton()
        self.name.toggled.connect(self._unfold)
        self._editor: QLineEdit | None = None
        self._worth, self._figure, self._made = QLabel(), ElidedLabel("quiet"), quiet()
        self._made.setWordWrap(True)
        self._made.hide()
        self.slider: DirectionSlider | None = None
        self.steps: list[PressedPicture] = []
        more = small_button("⋯", "More about this direction")
        more.setToolTip("Rename, invert, make orthogonal to others, delete")
        more.clicked.connect(lambda: self.menu_asked.emit(more.mapToGlobal(QPoint(0, more.height()))))
        self.more = more
        self._title = QHBoxLayout()
        self._title.setSpacing(6)
        self._title.addWidget(self.name, 1)
        self._title.addWidget(self._worth)
        self._title.addWidget(more)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 4)
        self._layout.setSpacing(2)
        self._layout.addLayout(self._title)
        self._layout.addWidget(self._figure)
        self._layout.addWidget(self._made)

    def set_direction(self, direction: Direction) -> None:
        """Show this one."""
        if direction is self.direction:
            return
        self.direction = direction
        self._close_editor()
        short, figure = worth(direction)
        self.name.set_name(direction.name)
        self._worth.setText(short)
        self._worth.setObjectName("bad" if short == _MEANINGLESS else "quiet")
        self._worth.style().polish(self._worth)
        self._worth.setToolTip(_AUC)
        self._figure.setText(figure)
        self._figure.setToolTip(_AUC)
        made = how_made(direction)
        self._made.setText(made)
        self.name.setToolTip(f"{direction.name}\n{made}\n{figure}\nClick for steps along it, F2 renames it")
        self.more.setAccessibleName(f"More about {direction.name}")
        had_focus = self.slider is not None and self.slider.hasFocus()
        if self.slider is not None:
            self.slider.deleteLater()
        self.slider = DirectionSlider(direction.name, reach(direction), direction.gap)
        self.slider.setToolTip(
            "Add this direction to the picture, in standard deviations (σ) of the data along it; "
            f"the means of its ends lie {direction.gap:.2f} σ apart, which the ticks mark.\n"
            "Double-click or 0: nothing of it"
        )
        self.slider.taken.connect(self.taken)
        self.slider.valueChanged.connect(self._slid)
        self._layout.insertWidget(2, self.slider)
        if had_focus:
            self.slider.setFocus()

    def set_amount(self, strength: float) -> None:
        """Show how much of it is in the picture."""
        if self.slider is not None and not self.slider.isSliderDown():
            self.slider.set_amount(strength)

    def set_steps(self, pictures: Sequence[Pictures]) -> None:
        """Show the pictures at ``STEPS``, or none while they are not there yet."""
        if not self.steps:
            self._make_steps()
        for i, (view, step) in enumerate(zip(self.steps, STEPS, strict=True)):
            view.set_picture(pictures[i] if i < len(pictures) else None)
            strength = step * reach(self.direction) if self.direction is not None else 0.0
            text = f"{strength:+.1f} σ".replace("-", "−") if step else "Without this direction"
            view.setToolTip(text)
            view.setAccessibleName(f"Step along the direction: {text}")

    def rename(self) -> None:
        """Let another name be typed."""
        if self.direction is None or self._editor is not None:
            return
        editor = _NameEditor(self.direction.name)
        editor.setAccessibleName("Name of the direction")
        editor.given_up.connect(self._close_editor)
        editor.editingFinished.connect(self._edited)
        self._title.insertWidget(0, editor, 1)
        self.name.hide()
        self._editor = editor
        editor.show()
        editor.selectAll()
        editor.setFocus()

    @property
    def is_open(self) -> bool:
        """Whether its steps are shown."""
        return self.name.isChecked()

    def _slid(self) -> None:
        if self.slider is not None:
            self.moved.emit(self.slider.amount())

    def _unfold(self, shown: bool) -> None:
        self._made.setVisible(shown)
        self.name.update()
        for view in self.steps:
            view.setVisible(shown)
        self.unfolded.emit(shown)

    def _make_steps(self) -> None:
        strip = QHBoxLayout()
        strip.setSpacing(4)
        strip.setContentsMargins(0, 2, 0, 4)
        for step in STEPS:
            view = PressedPicture()
            view.activated.connect(lambda step=step: self._take(step))
            self.steps.append(view)
            strip.addWidget(view)
        self._layout.addLayout(strip)

    def _take(self, step: float) -> None:
        if self.direction is not None:
            self.taken.emit()
            self.moved.emit(step * reach(self.direction))

    def _edited(self) -> None:
        editor = self._editor
        if editor is not None:
            text = editor.text().strip()
            self._close_editor()
            if text and self.direction is not None and text != self.direction.name:
                self.renamed.emit(text)

    def _close_editor(self) -> None:
        editor, self._editor = self._editor, None
        if editor is not None:
            had_focus = editor.hasFocus()
            editor.hide()
            editor.deleteLater()
            self.name.show()
            if had_focus:
                self.name.setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS:  # type: ignore[attr-defined]
            event.accept()  # with the focus in here these keys are about the direction
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.rename()
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())


class _NameButton(QPushButton):
    """A name that folds something out; an arrow says so."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlat(True)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setStyleSheet(_NAME_STYLE)
        self._name = ""

    def set_name(self, name: str) -> None:
        self._name = name
        self._shorten()

    def nextCheckState(self) -> None:
        super().nextCheckState()
        self._shorten()

    def resizeEvent(self, event: object) -> None:
        self._shorten()

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height())

    def _shorten(self) -> None:
        arrow = "▾" if self.isChecked() else "▸"
        room = self.width() - self.fontMetrics().horizontalAdvance(f"{arrow}  ") - 10
        name = self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, max(room, 10))
        self.setText(f"{arrow} {name}".replace("&", "&&"))
        self.setAccessibleName(f"{self._name}, {'unfolded' if self.isChecked() else 'folded'}")


class _NameEditor(QLineEdit):
    """A name while it is typed; Esc leaves it as it was."""

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)
