"""The strip's page of bookmarks: their pictures and names, and the note of one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from explorer.core.session import Bookmark
from explorer.ui.parts.furniture import quiet
from explorer.ui.parts.picture_strip import PictureStrip, Shown
from explorer.ui.parts.pictures import to_qimage

_CELL = 104
_FORM, _LEAST_FORM, _FORM_SHARE = 264, 132, 0.38
_PAUSE_MS = 700
INVITATION = (
    "Bookmark what you look at with Ctrl+B: it gets a name, room for a note and a flag on the map, "
    "and its exact latent is kept."
)


class BookmarkPage(QWidget):
    """Setters in, signals out; bookmarks are told by their numbers.

    Attributes:
        strip: the pictures.
        name, note: of the one that is marked.
        controls: what stands in the strip's header.

    Signals:
        asked: to bookmark what is looked at.
        chosen: to go to one.
        removed: to take some out.
        moved: to put one in another place: from and to.
        begun: a name or note is being changed: what follows is one step of undo.
        renamed, noted: another name, another note.
    """

    asked = Signal()
    chosen = Signal(int)
    removed = Signal(list)
    moved = Signal(int, int)
    begun = Signal()
    renamed = Signal(int, str)
    noted = Signal(int, str)

    def __init__(self, mime_of: Callable[[int], QMimeData | None]) -> None:
        super().__init__()
        self._bookmarks: tuple[Bookmark, ...] = ()
        self.strip = PictureStrip("Bookmarks", _CELL, mime_of)
        self.strip.chosen.connect(self.chosen)
        self.strip.removed.connect(self.removed)
        self.strip.moved.connect(self.moved)
        self.strip.currentRowChanged.connect(self._show_one)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the bookmark")
        self.name.setPlaceholderText("Name")
        self.name.editingFinished.connect(self._rename)
        self.note = _Note()
        self.note.setAccessibleName("Note on the bookmark")
        self.note.setPlaceholderText("Note")
        self.note.setTabChangesFocus(True)
        self.note.setStyleSheet(
            "QPlainTextEdit { background: palette(base); border: 1px solid palette(mid);"
            " border-radius: 6px; }"
            "QPlainTextEdit:focus { border-color: palette(highlight); }"
        )
        self.note.entered.connect(self.begun)
        self.note.left.connect(self._take_note)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._take_note)
        self.note.textChanged.connect(self._pause.start)
        self._delete = QPushButton("Delete")
        self._delete.setToolTip("Take this bookmark out (Delete)")
        self._delete.clicked.connect(lambda: self.removed.emit([self.strip.currentRow()]))
        add = QPushButton("Bookmark this")
        add.setStyleSheet("padding: 3px 10px;")
        add.setToolTip("Keep what is looked at with a name (Ctrl+B)")
        add.clicked.connect(self.asked)
        self._count = quiet()
        self.controls = QWidget()
        head = QHBoxLayout(self.controls)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(add)
        head.addWidget(self._count, 1)
        self._form = QWidget()
        form = QVBoxLayout(self._form)
        form.setContentsMargins(0, 2, 0, 2)
        form.setSpacing(6)
        form.addWidget(self.name)
        form.addWidget(self.note, 1)
        form.addWidget(self._delete, 0, Qt.AlignmentFlag.AlignRight)
        empty = quiet(INVITATION)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setWordWrap(True)
        full = QWidget()
        row = QHBoxLayout(full)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.strip, 1)
        row.addWidget(self._form)
        self._layers = QStackedLayout(self)
        self._layers.addWidget(empty)
        self._layers.addWidget(full)
        self.set_bookmarks(())

    def set_bookmarks(self, bookmarks: tuple[Bookmark, ...]) -> None:
        """Show these; a new one at the end is marked."""
        at, is_more = self.strip.currentRow(), len(bookmarks) > len(self._bookmarks)
        marked = self._bookmarks[at] if 0 <= at < len(self._bookmarks) else None
        self._bookmarks = bookmarks
        self.strip.set_pictures([_shown(one) for one in bookmarks])
        self._count.setText(f"{len(bookmarks)} bookmark{'s' * (len(bookmarks) != 1)}" if bookmarks else "")
        if is_more:
            at = len(bookmarks) - 1
        elif marked is not None:
            alike = (i for i, one in enumerate(bookmarks) if one.kept is marked.kept)
            at = next(alike, min(at, len(bookmarks) - 1))
        self.strip.set_current(at if bookmarks else -1)
        self._show_one(self.strip.currentRow())
        self._layers.setCurrentIndex(1 if bookmarks else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the form leaves room for the pictures."""
        self._form.setFixedWidth(max(_LEAST_FORM, min(_FORM, round(_FORM_SHARE * self.width()))))
        super().resizeEvent(event)

    def edit_name(self) -> None:
        """Let the name of the one that is marked be typed."""
        self.name.setFocus()
        self.name.selectAll()

    def _show_one(self, number: int) -> None:
        self._pause.stop()
        one = self._bookmarks[number] if 0 <= number < len(self._bookmarks) else None
        self._form.setEnabled(one is not None)
        if self.name.text() != (one.name if one else ""):
            self.name.setText(one.name if one else "")
        if self.note.toPlainText() != (one.note if one else ""):
            self.note.blockSignals(True)
            self.note.setPlainText(one.note if one else "")
            self.note.blockSignals(False)

    def _rename(self) -> None:
        number, text = self.strip.currentRow(), self.name.text().strip()
        if 0 <= number < len(self._bookmarks) and text and text != self._bookmarks[number].name:
            self.begun.emit()
            self.renamed.emit(number, text)

    def _take_note(self) -> None:
        self._pause.stop()
        number, text = self.strip.currentRow(), self.note.toPlainText()
        if 0 <= number < len(self._bookmarks) and text != self._bookmarks[number].note:
            self.noted.emit(number, text)


class _Note(QPlainTextEdit):
    """Tells when the focus comes and goes."""

    entered = Signal()
    left = Signal()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.left.emit()
        super().focusOutEvent(event)


def _shown(one: Bookmark) -> Shown:
    tip = f"{one.name}\n{one.note}".strip() + f"\nof {one.kept.provenance.model}; click to go to it"
    return Shown(one, to_qimage(one.kept.picture), one.name, tip)
