"""The exceptions that cross the core's boundary on purpose."""

from __future__ import annotations


class ExplorerError(Exception):
    """Something the user can act on.

    The message is one sentence for the window or the terminal: which file, what was found there,
    and what would work.
    """


class Unsettled(ExplorerError):
    """A refusal that the user can lift by stating one thing about the model: the setting ``key``."""

    def __init__(self, sentence: str, key: str) -> None:
        super().__init__(sentence)
        self.key = key


class Gone(ExplorerError):
    """Something that a session or a workspace refers to is not there, or is another; the user can help.

    Attributes:
        wanted: what is asked for: ``model``, ``data``; or ``other model``, ``other data`` where what was
            found is not what it was, and can be taken all the same; ``new data`` where it is to be encoded.
        place: where it was, as far as that is known.
    """

    def __init__(self, sentence: str, wanted: str, place: str = "") -> None:
        super().__init__(sentence)
        self.wanted, self.place = wanted, place


class Cancelled(Exception):
    """Raised inside a job after its user cancelled it. It is never shown."""
