"""Gestures on bookmarks: adding, naming, ordering, going to one; and how they are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QMimeData, QObject

from explorer.core.session import Bookmark, Cursor, Session, name_of
from explorer.ui.controller import Controller
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore
from explorer.ui.tray.gestures import TrayGestures

if TYPE_CHECKING:
    from explorer.ui.session.bookmark_page import BookmarkPage

PAGE = "Bookmarks"
_UNNAMED = "Bookmark"


class BookmarkGestures(QObject):
    """What is done with bookmarks.

    Attributes:
        page: their page in the tool strip, once that has been shown.
    """

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        controller: Controller,
        presenter: Presenter,
        tray: TrayGestures,
    ) -> None:
        super().__init__(window)
        self._window, self._edits, self._controller = window, edits, controller
        self._presenter, self._tray = presenter, tray
        self.page: BookmarkPage | None = None
        store.changed.connect(self._follow)
        presenter.travel.moved.connect(self._mark)
        window.map.grabbed.connect(self._grab)

    def add_bookmark(self) -> None:
        """Bookmark what is looked at, under a name that can be changed."""
        kept = self._tray.here()
        session = self._edits.session
        if kept is None or session.cursor is None:
            self._edits.said.emit("There is nothing to bookmark yet")
            return
        from explorer.core.bookmarks import new_name

        name = new_name(self._name_for(session.cursor), session.bookmarks)
        made = Bookmark(kept, name, place=session.cursor.place)
        self._edits.new_gesture()
        self._edits.edit("Bookmark", bookmarks=(*session.bookmarks, made))
        self._edits.said.emit(f"Bookmarked as “{name}” · Ctrl+Shift+B shows all")

    def toggle_bookmarks(self) -> None:
        """Show the page of bookmarks, or close it."""
        self._window.tool_strip.toggle_page(PAGE, self._make_page)

    def rename_bookmark(self) -> None:
        """Type another name for the bookmark that is marked."""
        self._window.tool_strip.show_page(PAGE, self._make_page).edit_name()

    def go_to(self, number: int) -> None:
        """Look at exactly the latent of a bookmark, where it lies on this map."""
        one, session = self._edits.session.bookmarks[number], self._edits.session
        note = one.kept.provenance
        if session.pair is None or note.fingerprint != session.pair.fingerprint:
            self._edits.refused.emit(
                f"“{one.name}” was drawn by the model “{note.model}”, which is not the open one; "
                "open that model to go to it."
            )
            return
        cursor = Cursor(note.latent, one.place, "kept", note.seed, name=one.name)
        self._edits.new_gesture()
        self._edits.edit("Go to bookmark", cursor=cursor, extras=note.extras)

    def rename(self, number: int, name: str) -> None:
        """Give a bookmark another name, as a part of the present gesture."""
        self._replace("Rename bookmark", number, name=name)

    def set_note(self, number: int, note: str) -> None:
        """Give a bookmark another note, as a part of the present gesture."""
        self._replace("Note", number, note=note)

    def move(self, at: int, to: int) -> None:
        """Put a bookmark in another place of the list."""
        from explorer.core.bookmarks import reordered

        self._edits.new_gesture()
        self._edits.edit("Move bookmark", bookmarks=reordered(self._edits.session.bookmarks, at, to))

    def remove(self, numbers: list[int]) -> None:
        """Take bookmarks out."""
        before = self._edits.session.bookmarks
        rest = tuple(one for i, one in enumerate(before) if i not in numbers)
        if len(rest) < len(before):
            self._edits.new_gesture()
            self._edits.edit("Delete bookmark", bookmarks=rest)

    def _replace(self, text: str, number: int, **fields: Any) -> None:
        bookmarks = list(self._edits.session.bookmarks)
        bookmarks[number] = replace(bookmarks[number], **fields)
        self._edits.edit(text, bookmarks=tuple(bookmarks))

    def _name_for(self, cursor: Cursor) -> str:
        """What to call a picture: the label around it and its own name, as far as it has them."""
        session, label = self._edits.session, ""
        if session.map is not None and cursor.place is not None and cursor.source in ("map", "point"):
            label = self._presenter.label_of(int(session.map.inverse.nearest(cursor.place, 1)[0]))
        name = " ".join(filter(None, (label, name_of(cursor)))) or _UNNAMED
        return name[:1].upper() + name[1:]

    def _grab(self, kind: str, index: int) -> None:
        marks = self._window.map.bookmarks
        if kind == "bookmark" and marks is not None:
            self.go_to(marks.numbers[index])

    def _mime_of(self, number: int) -> QMimeData | None:
        """What a bookmark becomes when it is dragged away: its picture with its latent."""
        from explorer.core.provenance import png_bytes
        from explorer.ui.parts.clipboard import picture_mime
        from explorer.ui.parts.pictures import to_qimage

        kept = self._edits.session.bookmarks[number].kept
        return picture_mime(png_bytes(kept.picture, kept.provenance), to_qimage(kept.picture))

    def _make_page(self) -> BookmarkPage:
        from explorer.ui.session.bookmark_page import BookmarkPage

        self.page = page = BookmarkPage(self._mime_of)
        page.asked.connect(self.add_bookmark)
        page.chosen.connect(self.go_to)
        page.removed.connect(self.remove)
        page.moved.connect(self.move)
        page.begun.connect(self._edits.new_gesture)
        page.renamed.connect(self.rename)
        page.noted.connect(self.set_note)
        page.set_bookmarks(self._edits.session.bookmarks)
        return page

    def _follow(self, old: Session, new: Session) -> None:
        if new.bookmarks is not old.bookmarks and self.page is not None:
            self.page.set_bookmarks(new.bookmarks)
        if new.bookmarks is not old.bookmarks or (new.bookmarks and new.map is not old.map):
            self._mark()

    def _mark(self) -> None:
        """Flags where the bookmarks of this model lie, on their way along with the points."""
        session = self._edits.session
        if not session.bookmarks and self._window.map.bookmarks is None:
            return
        own = session.pair.fingerprint if session.pair is not None else ""
        found = [
            (self._presenter.travel.shown_place(one.place), one.name, number)
            for number, one in enumerate(session.bookmarks)
            if one.place is not None and one.kept.provenance.fingerprint == own and session.map is not None
        ]
        if not found:
            self._window.map.set_bookmarks(None)
            return
        from explorer.ui.session.bookmark_marks import BookmarkMarks

        places, names, numbers = zip(*found, strict=True)
        self._window.map.set_bookmarks(BookmarkMarks(np.asarray(places, np.float64), names, numbers))
