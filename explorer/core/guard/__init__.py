"""Inspects models where a broken one can do no harm: in a process of its own, and never twice the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from explorer.core.bundles import is_bundled
from explorer.core.errors import ExplorerError
from explorer.core.guard.shipped import shipped
from explorer.core.plan import PairPlan
from explorer.core.progress import Progress

__all__ = ["inspected", "prepare"]


def inspected(
    paths: Path | Sequence[Path], overrides: Mapping[str, str] | None = None, progress: Progress | None = None
) -> PairPlan:
    """What ``paths`` hold and how to run it: remembered, or found out now by ``detection.inspect``.

    What came with the program is known, or inspected in this process; all else is inspected in a child, so
    that a file that takes a process down, never ends or wants all the memory costs one sentence.

    Raises ``ExplorerError`` where the model is refused, or took the child down; ``Cancelled`` soon after a
    cancel.
    """
    given = (paths,) if isinstance(paths, Path) else tuple(paths)
    overrides = dict(overrides or {})
    bundled = bool(given) and all(map(is_bundled, given))
    if bundled and not overrides and (known := shipped(given)) is not None:
        return known
    from explorer.core.guard.remembered import recall, remember

    if (known := recall(given, overrides)) is not None:
        return known
    before = _surroundings(given)
    if bundled:
        from explorer.core.detection.inspection import inspect

        plan = inspect(given, overrides)
    else:
        from explorer.core.guard.child import CHILD

        plan = CHILD.inspect(given, overrides, progress or Progress())
    if before == _surroundings(given):
        remember(given, overrides, plan)
    return plan


def prepare() -> None:
    """Start the child now, so that the next unknown model need not wait for its imports; returns at once."""
    from explorer.core.guard.child import CHILD

    CHILD.start()


def _surroundings(paths: Sequence[Path]) -> str:
    from explorer.core.guard.remembered import surroundings

    try:
        return surroundings(paths)
    except (ExplorerError, OSError):
        return ""  # the inspection says what is wrong
