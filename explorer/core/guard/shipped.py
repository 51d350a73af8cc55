"""What was found out about the bundled models before they were shipped, so that the first start asks nothing.

``python -m explorer.core.guard.shipped FOLDER …`` writes it anew; a test compares it with an inspection.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from explorer.core.detection import places
from explorer.core.plan import NetworkPlan, PairPlan

NAME = "plan.json"
_Half = TypeVar("_Half", bound=NetworkPlan)


def shipped(paths: Sequence[Path]) -> PairPlan | None:
    """The plan that lies beside bundled files, given as their folder or as both; None where there is none.

    A sidecar of the user's own takes precedence: then there is none either.
    """
    folder = paths[0] if len(paths) == 1 else paths[0].parent
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except OSError:
        return None
    plan = _moved(PairPlan.from_json(text), folder)
    if len(paths) > 1 and {path.absolute() for path in paths} != {path.absolute() for path in plan.files}:
        return None
    return None if places.own(plan.fingerprint).exists() else plan


def write(folder: Path) -> None:
    """Inspect the bundled model in ``folder`` and keep what is found beside it."""
    from explorer.core.detection.inspection import inspect
    from explorer.core.files import atomic_path

    plan = inspect(folder)
    text = json.loads(_moved(plan, Path()).to_json())
    with atomic_path(folder / NAME) as beside:
        beside.write_text(json.dumps(text, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _moved(plan: PairPlan, folder: Path) -> PairPlan:
    return replace(
        plan,
        encoder=_half(plan.encoder, folder),
        decoder=_half(plan.decoder, folder),
        files=tuple(folder / file.name for file in plan.files),
    )


def _half(half: _Half | None, folder: Path) -> _Half | None:
    return half and replace(half, path=folder / half.path.name)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        write(Path(argument))
