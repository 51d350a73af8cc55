"""A call to whoever listens, for what happens at every movement of a hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Hook:
    """As a signal between objects of one thread, without the way through Qt.

    That way costs a small decoder's picture some hundredths of its time.
    """

    def __init__(self) -> None:
        self._listeners: tuple[Callable[..., object], ...] = ()

    def connect(self, listener: Callable[..., object]) -> None:
        """Call ``listener`` from now on, after those who are there."""
        self._listeners = (*self._listeners, listener)

    def connect_once(self, listener: Callable[..., object]) -> None:
        """Call ``listener`` the next time only."""

        def once(*values: Any) -> None:
            self.disconnect(once)
            listener(*values)

        self.connect(once)

    def disconnect(self, listener: Callable[..., object]) -> None:
        """Call it no more."""
        self._listeners = tuple(one for one in self._listeners if one != listener)

    def emit(self, *values: Any) -> None:
        """Call all who listen."""
        for listener in self._listeners:
            listener(*values)
