"""What is done with pictures in the tray: put in order, rated, tagged, handed to other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QPoint
from PySide6.QtGui import QGuiApplication

from explorer.core.errors import ExplorerError
from explorer.core.session import Kept
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.tray.gestures import TrayGestures

if TYPE_CHECKING:
    from explorer.ui.tray.picture_drag import Hands

_STARS = 5
_LONGEST_TAG, _MOST_TAGS = 40, 20


class KeptGestures(QObject):
    """Changes of the tray that are undone as one step each."""

    def __init__(self, window: MainWindow, edits: Edits, tray: TrayGestures) -> None:
        super().__init__(window)
        self._window, self._edits, self._tray_gestures = window, edits, tray
        self._hands: Hands | None = None
        tray_view = window.tray
        tray_view.hand_over = self._handed_over
        tray_view.moved.connect(self.move)
        tray_view.rated.connect(self.rate)
        tray_view.copied.connect(self.copy)
        tray_view.tag_asked.connect(self.ask_tags)
        tray_view.menu_asked.connect(self.show_menu)

    def move(self, rows: list[int], to: int) -> None:
        """Put pictures, in their order, before the one that is number ``to`` now."""
        tray = self._edits.session.tray
        taken = set(rows)
        before = [one for row, one in enumerate(tray) if row < to and row not in taken]
        after = [one for row, one in enumerate(tray) if row >= to and row not in taken]
        moved = (*before, *(tray[row] for row in rows), *after)
        if any(one is not other for one, other in zip(moved, tray, strict=True)):
            self._edit("Move in the tray", moved)

    def rate(self, rows: list[int], stars: int) -> None:
        """Give pictures so many stars; none for 0."""
        self._change(rows, "Rate", lambda one: replace(one, rating=stars) if one.rating != stars else one)

    def tag(self, rows: list[int], tags: tuple[str, ...]) -> None:
        """Give pictures these tags in place of those they have."""
        self._change(rows, "Tag", lambda one: replace(one, tags=tags) if one.tags != tags else one)

    def copy(self, rows: list[int]) -> None:
        """Copy pictures for other programs, and for ourselves with their latents."""
        mime = self._handed_over(rows)
        if mime is not None:
            QGuiApplication.clipboard().setMimeData(mime)
            self._edits.said.emit("Copied" if len(rows) == 1 else f"Copied {len(rows):,} pictures")

    def ask_tags(self, rows: list[int]) -> None:
        """Ask for the words that pictures are tagged with."""
        from PySide6.QtWidgets import QInputDialog

        tray = self._edits.session.tray
        common = [tag for tag in tray[rows[0]].tags if all(tag in tray[row].tags for row in rows)]
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Tags")
        what = "this picture" if len(rows) == 1 else f"these {len(rows):,} pictures"
        dialog.setLabelText(f"Words for {what}, with commas between")
        dialog.setTextValue(", ".join(common))
        dialog.textValueSelected.connect(lambda text: self.tag(rows, tags_of(text)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # --- the menu's rows: for what is chosen in the tray -------------------------------------------

    def copy_kept(self) -> None:
        """Copy the chosen pictures of the tray."""
        self._with_chosen(self.copy)

    def tag_kept(self) -> None:
        """Tag the chosen pictures of the tray."""
        self._with_chosen(self.ask_tags)

    def rate_kept(self) -> None:
        """Choose how many stars the chosen pictures get."""
        self._with_chosen(lambda rows: self._show_stars(rows, self._window.tray.mapToGlobal(QPoint(150, 0))))

    def remove_kept_pictures(self) -> None:
        """Take the chosen pictures out of the tray."""
        self._with_chosen(self._tray_gestures.remove_kept)

    def show_menu(self, rows: list[int], place: QPoint) -> None:
        """All that can be done with pictures of the tray."""
        from PySide6.QtWidgets import QMenu

        menu = QMenu(self._window)
        menu.addAction("Go to its latent", lambda: self._tray_gestures.go_to_kept(rows[0]))
        menu.addSeparator()
        self._add_stars(menu.addMenu("Rate"), rows)
        menu.addAction("Tags…", lambda: self.ask_tags(rows))
        menu.addAction("Move left\tCtrl+Shift+Left", lambda: self.move(rows, max(0, rows[0] - 1)))
        end = len(self._edits.session.tray)
        menu.addAction("Move right\tCtrl+Shift+Right", lambda: self.move(rows, min(end, rows[-1] + 2)))
        menu.addSeparator()
        menu.addAction("Copy\tCtrl+C", lambda: self.copy(rows))
        menu.addAction("Remove\tDel", lambda: self._tray_gestures.remove_kept(rows))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _show_stars(self, rows: list[int], place: QPoint) -> None:
        from PySide6.QtWidgets import QMenu

        menu = QMenu(self._window)
        self._add_stars(menu, rows)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _add_stars(self, menu: QObject, rows: list[int]) -> None:
        from PySide6.QtWidgets import QMenu

        assert isinstance(menu, QMenu)
        for stars in range(_STARS, -1, -1):
            text = f"{'★' * stars}{'☆' * (_STARS - stars)}\t{stars}" if stars else "No stars\t0"
            menu.addAction(text, partial(self.rate, rows, stars))

    def _with_chosen(self, do: Callable[[list[int]], None]) -> None:
        rows = self._window.tray.rows()
        if rows:
            do(rows)
        else:
            self._edits.said.emit("No picture of the tray is chosen; click one first")

    def _handed_over(self, rows: list[int]) -> QMimeData | None:
        from explorer.ui.tray.picture_drag import MOST, Hands

        self._hands = self._hands or Hands()
        tray = self._edits.session.tray
        try:
            mime = self._hands.mime([tray[row] for row in rows])
        except ExplorerError as error:
            self._edits.refused.emit(str(error))
            return None
        if len(rows) > MOST:
            self._edits.refused.emit(
                f"Only the first {MOST} of {len(rows):,} pictures are handed over; an export writes all."
            )
        return mime

    def _change(self, rows: list[int], text: str, changed: Callable[[Kept], Kept]) -> None:
        tray, some = self._edits.session.tray, set(rows)
        after = tuple(changed(one) if row in some else one for row, one in enumerate(tray))
        if any(one is not other for one, other in zip(after, tray, strict=True)):
            self._edit(text, after)

    def _edit(self, text: str, tray: tuple[Kept, ...]) -> None:
        self._edits.new_gesture()
        self._edits.edit(text, tray=tray)


def tags_of(text: str) -> tuple[str, ...]:
    """The tags that somebody typed with commas between them, each of them once."""
    words = [" ".join(word.split())[:_LONGEST_TAG] for word in text.split(",")]
    return tuple(dict.fromkeys(word for word in words if word))[:_MOST_TAGS]
