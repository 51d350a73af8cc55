"""The place under the map for tools that need its width: one page at a time, closed until one is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

Page = TypeVar("Page", bound=QWidget)

USUAL_HEIGHT = 236
_LEAST_HEIGHT, _LEAST_ABOVE = 120, 200


class ToolStrip(QObject):
    """Shows pages by name in ``splitter``, under what is ``above``; makes nothing before the first is shown.

    A page may have an attribute ``controls``, a widget that then stands in the header beside the name. Pages
    are kept: one that is not in sight gets Qt's hide and show events and should rest in between.

    Attributes:
        current: the name of the page in sight; empty where the strip is closed.
        wanted_height: how high it is, or will be when it opens next.

    Signals:
        shown: the name of the page that has come into sight.
        closed: the strip has gone.
    """

    shown = Signal(str)
    closed = Signal()

    def __init__(self, splitter: QSplitter, above: QWidget) -> None:
        super().__init__(splitter)
        self._splitter, self._above = splitter, above
        self._strip: _Strip | None = None
        self._pages: dict[str, QWidget] = {}
        self._settings: QSettings | None = None
        self._has_room = True
        self.current = ""
        self.wanted_height = USUAL_HEIGHT

    def remember(self, settings: QSettings) -> None:
        """Be as high as last time, and keep in ``settings`` how high a person makes it."""
        self._settings = settings
        kept = str(settings.value("tool_strip", ""))
        self.wanted_height = int(kept) if kept.isdecimal() else USUAL_HEIGHT

    def page(self, name: str) -> QWidget | None:
        """The page of that name, if it has been made."""
        return self._pages.get(name)

    def show_page(self, name: str, make: Callable[[], Page]) -> Page:
        """Bring a page into sight; ``make`` makes it the first time. Returns the page."""
        strip = self._strip or self._open()
        if name not in self._pages:
            self._pages[name] = make()
            strip.add(name, self._pages[name])
        page = self._pages[name]
        is_new = name != self.current
        self.current = name
        strip.show_page(name, page)
        if strip.isHidden():
            strip.setVisible(self._has_room)
            self._apply_height()
        if is_new:
            self.shown.emit(name)
        return page  # type: ignore[return-value]

    def toggle_page(self, name: str, make: Callable[[], QWidget]) -> None:
        """Bring a page into sight, or close the strip where it is that page's."""
        if self.current == name:
            self.close()
        else:
            self.show_page(name, make)

    def close(self) -> None:
        """Take the strip away; its pages stay as they are."""
        if self._strip is None or not self.current:
            return
        had_focus = self._strip.isAncestorOf(self._strip.window().focusWidget() or self._strip)
        self.current = ""
        self._strip.hide()
        if had_focus:
            self._above.setFocus()
        self.closed.emit()

    def set_room(self, has_room: bool) -> None:
        """Fold the strip away where the window is too low for it, and let it come back."""
        self._has_room = has_room
        if self._strip is not None and self.current and self._strip.isHidden() == has_room:
            self._strip.setVisible(has_room)
            self._apply_height()

    def _open(self) -> _Strip:
        self._strip = strip = _Strip()
        strip.hide()
        strip.close_asked.connect(self.close)
        self._splitter.addWidget(strip)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._above.setMinimumHeight(_LEAST_ABOVE)
        self._splitter.splitterMoved.connect(self._moved)
        return strip

    def _apply_height(self) -> None:
        whole = self._splitter.height()
        high = max(_LEAST_HEIGHT, min(self.wanted_height, whole - _LEAST_ABOVE))
        self._splitter.setSizes([whole - high, high])

    def _moved(self) -> None:
        self.wanted_height = self._splitter.sizes()[1]
        if self._settings is not None:
            self._settings.setValue("tool_strip", self.wanted_height)


class _Strip(QWidget):
    """A slim header over the pages; Esc within asks to close.

    Signals:
        close_asked: by Esc or the button.
    """

    close_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("toolstrip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self._title = QLabel()
        self._title.setObjectName("cardtitle")
        self._close = QToolButton()
        self._close.setText("✕")
        self._close.setStyleSheet("padding: 2px 7px;")
        self._close.clicked.connect(self.close_asked)
        self._controls, self._pages = QStackedWidget(), QStackedWidget()
        self._controls.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        header = QHBoxLayout()
        header.setSpacing(12)
        header.addWidget(self._title)
        header.addWidget(self._controls, 1)
        header.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 5, 8, 8)
        layout.setSpacing(5)
        layout.addLayout(header)
        layout.addWidget(self._pages, 1)

    def add(self, name: str, page: QWidget) -> None:
        """Take in a page and what stands for it in the header."""
        page.setAccessibleName(page.accessibleName() or name)
        controls = getattr(page, "controls", None) or QWidget()
        self._pages.addWidget(page)
        self._controls.addWidget(controls)

    def show_page(self, name: str, page: QWidget) -> None:
        """Bring a page that has been added to the front."""
        self._pages.setCurrentWidget(page)
        self._controls.setCurrentIndex(self._pages.currentIndex())
        self._title.setText(name)
        self.setAccessibleName(name)
        self._close.setAccessibleName(f"Close {name}")
        self._close.setToolTip(f"Close {name} (Esc, while the focus is in it)")

    def event(self, event: QEvent) -> bool:
        """Esc is the strip's own while the focus is inside, not the window's."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_escape(event):
            self.close_asked.emit()
        else:
            super().keyPressEvent(event)


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
