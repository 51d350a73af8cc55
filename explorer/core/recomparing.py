"""What a session keeps of a comparison → its models, found again; and back."""

from __future__ import annotations

from pathlib import Path

from explorer.core import work_maps
from explorer.core.compared import Compared, SideOf
from explorer.core.comparison import Comparison, Side
from explorer.core.errors import Gone
from explorer.core.opening import encoded, own_map
from explorer.core.progress import Progress
from explorer.core.references import model_of, work_of
from explorer.core.reopening import model_at, workspace_at
from explorer.core.workspace import Workspace


class SideGone(Gone):
    """A model of a comparison is not there, or is another: that of side ``number``."""

    def __init__(self, gone: Gone, number: int) -> None:
        super().__init__(str(gone), gone.wanted, gone.place)
        self.number = number


def kept_of(comparison: Comparison, step: int = -1) -> Compared:
    """What is kept of a comparison that has just been opened."""
    here = Path()
    return Compared(
        tuple(
            SideOf(
                side.name,
                model_of(side.pair, here),
                work_of(side.work, here) if side.work is not None else None,
            )
            for side in comparison.sides
        ),
        step=step,
    )


def compared_again(
    kept: Compared,
    progress: Progress,
    device: str = "auto",
    *,
    first: Side | None = None,
    takes_other: bool = False,
) -> Comparison:
    """Open a comparison that was kept; ``first`` is what is open, taken where it is the first of its models.

    Data that are there without a workspace are encoded again. Raises ``SideGone`` for a model that is not
    there or is another, unless it is taken all the same, and ``ExplorerError`` for one that does not open.
    """
    sides = []
    for number, one in enumerate(kept.sides):
        if number == 0 and first is not None and first.pair.fingerprint == one.model.fingerprint:
            sides.append(first)
            continue
        progress(number, len(kept.sides), "Opening the models")
        try:
            pair = model_at(
                one.model, "the comparison", f"{one.name} of the comparison", None, device, progress,
                takes_other=takes_other,
            )  # fmt: skip
        except Gone as gone:
            raise SideGone(gone, number) from gone
        work: Workspace | None = None
        if one.work is not None:
            work = workspace_at(one.work, pair, None)
            there = one.work.data.found(None)
            if work is None and pair.can_encode and there:
                work = encoded(pair, there[0], progress)
        shown = own_map(work) if work is not None and work_maps.record_of(work) else None
        sides.append(Side(pair, work, shown, one.name))
    return Comparison.of(sides)
