"""From one set of pictures to another: a direction, what it is worth, and how to apply it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.blas import one_thread
from explorer.core.latent_ops.draws import generator
from explorer.core.latent_ops.linear import Space, between_means
from explorer.core.latent_ops.separation import FEWEST, Score, auc, split

Floats = NDArray[np.float32]
Rows = NDArray[np.integer[Any]]
Method = Literal["means", "linear"]

METHODS: dict[Method, tuple[str, str]] = {
    "means": ("Difference of means", "From the middle of one set to the middle of the other."),
    "linear": (
        "Linear classifier",
        "Where a linear classifier tells the sets apart best; it leaves out what they have in common.",
    ),
}
"""What each way to find a direction is called, and a line about it."""

MOST_ROWS = 8192
"""Rows of each set that are looked at; of more, so many are drawn."""

_NOTHING = 1e-6
_ARROW = " → "
_NOT = "not "


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction in a latent space.

    Attributes:
        name: from what to what.
        vector: ``(D,) float32``, of length 1.
        sigma: the standard deviation of the codes along it: one unit of strength.
        gap: from the one set's mean to the other's along it, in units of sigma.
        separation: the AUC with which a direction found the same way separates rows held out of it; 0.5 says
            that it means nothing. None where there were too few rows to hold any out.
        rows: how many rows of each set it comes from.
        method: how it was found; empty for one of two pictures.
        start, end: the rows it was found from, at most 8,192 each; or None, and the latents
            ``ends (2, D)`` of two pictures.
        against: the names of those whose share was taken out of it.
        remains: how much of its length that left, in (0, 1].
    """

    name: str
    vector: Floats
    sigma: float
    gap: float
    separation: Score | None
    rows: tuple[int, int]
    method: str = ""
    start: NDArray[np.int64] | None = None
    end: NDArray[np.int64] | None = None
    ends: Floats | None = None
    against: tuple[str, ...] = ()
    remains: float = 1.0

    def applied(self, latents: Floats, strength: NDArray[np.floating[Any]] | float) -> Floats:
        """``latents + strength·sigma·vector``; strengths ``(n,)`` move one latent ``(D,)`` to ``(n, D)``."""
        steps = np.asarray(strength, np.float32)[..., None] * np.float32(self.sigma) * self.vector
        return np.asarray(latents + steps, np.float32)

    def inverted(self) -> Direction:
        """The way back, of the same worth."""
        start, arrow, end = self.name.partition(_ARROW)
        name = f"{end}{arrow}{start}" if arrow else _without(self.name)
        return replace(
            self,
            name=name,
            vector=-self.vector,
            rows=self.rows[::-1],
            start=self.end,
            end=self.start,
            ends=None if self.ends is None else self.ends[::-1].copy(),
        )

    def found_again(
        self, latents: Floats, *, method: Method | None = None, against: Sequence[Direction] = ()
    ) -> Direction:
        """The same from the same pictures, by another ``method`` or held against others.

        ``latents (N, D)`` are those it came from. Raises ``ExplorerError`` as finding it does, and where the
        data are gone.
        """
        if self.ends is not None:
            return direction_of_pair(latents, *self.ends, name=self.name, against=against)
        assert self.start is not None
        assert self.end is not None
        if max(self.start.max(), self.end.max()) >= len(latents):
            raise ExplorerError(f"The data that “{self.name}” came from are not open; open them again.")
        wanted: Method = method or ("linear" if self.method == "linear" else "means")
        return direction_between(latents, self.start, self.end, wanted, name=self.name, against=against)


@one_thread()
def direction_between(
    latents: Floats,
    start: Rows,
    end: Rows,
    method: Method = "means",
    *,
    name: str = "A → B",
    against: Sequence[Direction] = (),
    seed: int = 0,
) -> Direction:
    """From the rows ``start`` of ``latents (N, D)`` to the rows ``end``; a row in both counts in neither.

    *means*: μ_B - μ_A, the attribute vector of Larsen et al. (2016). *linear*: Σ⁻¹(μ_B - μ_A) with the
    shrunk covariance within the sets: Fisher's discriminant (Ledoit and Wolf 2004 for the shrinkage). What it
    has in common with the directions ``against`` is taken out of it. The AUC is that of the same computation
    on 7 of 10 rows, on the other 3; the direction itself comes from all.

    Raises ``ExplorerError`` for an empty set, two sets with the same mean, or a direction that lies wholly
    within those it is held against.
    """
    start, end = _apart(latents, start, end, seed)
    first, second = (np.asarray(latents[rows], np.float64) for rows in (start, end))
    vector, remains = _found(first, second, method, against)
    random = generator(seed, 2)
    (fit_a, held_a), (fit_b, held_b) = split(len(first), random), split(len(second), random)
    separation = None
    if len(held_a) and len(held_b):
        tried, _ = _found(first[fit_a], second[fit_b], method, against)
        separation = auc(first[held_a] @ tried, second[held_b] @ tried)
    gap = float((second.mean(axis=0) - first.mean(axis=0)) @ vector)
    sigma = _sigma(latents, vector)
    return Direction(
        name=name,
        vector=vector.astype(np.float32),
        sigma=sigma,
        gap=gap / sigma,
        separation=separation,
        rows=(len(first), len(second)),
        method=method,
        start=start,
        end=end,
        against=tuple(one.name for one in against),
        remains=remains,
    )


def direction_of_label(
    latents: Floats,
    codes: NDArray[np.int32],
    code: int,
    method: Method = "means",
    *,
    name: str = "",
    against: Sequence[Direction] = (),
    seed: int = 0,
) -> Direction:
    """From the rows with any other label to those whose ``codes (N,)`` are ``code``; see above.

    Rows without a label (-1) count in neither.
    """
    own, others = np.flatnonzero(codes == code), np.flatnonzero((codes != code) & (codes >= 0))
    if len(own) == 0 or len(others) == 0:
        found = "no picture has it" if len(own) == 0 else "no picture has another one"
        raise ExplorerError(f"A label cannot be held against the rest where {found}; choose another.")
    return direction_between(
        latents, others, own, method, name=name or f"label {code}", against=against, seed=seed
    )


def direction_of_pair(
    latents: Floats, start: Floats, end: Floats, *, name: str = "A → B", against: Sequence[Direction] = ()
) -> Direction:
    """From one picture's latent ``(D,)`` to another's; its unit is the spread of ``latents (N, D)`` along it.

    Raises ``ExplorerError`` where the two are the same.
    """
    apart = np.asarray(end, np.float64) - np.asarray(start, np.float64)
    if not float(np.linalg.norm(apart)) > _NOTHING * max(1.0, float(np.linalg.norm(start))):
        raise ExplorerError("A direction needs two different pictures; these have the same latent.")
    vector, remains = _unit(apart, against)
    sigma = _sigma(latents, vector)
    return Direction(
        name=name,
        vector=vector.astype(np.float32),
        sigma=sigma,
        gap=float(apart @ vector) / sigma,
        separation=None,
        rows=(1, 1),
        ends=np.stack([start, end]).astype(np.float32),
        against=tuple(one.name for one in against),
        remains=remains,
    )


def analogy(a: Floats, b: Floats, c: Floats) -> Floats:
    """``a - b + c``, each ``(D,)``: what a has and b has not, given to c (Mikolov et al. 2013)."""
    return np.asarray(np.asarray(a, np.float64) - b + c, np.float32)


def _apart(latents: Floats, start: Rows, end: Rows, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of each set with a finite latent, at most ``MOST_ROWS``, without those that are in both."""
    if len(start) == 0 or len(end) == 0:
        empty = "start" if len(start) == 0 else "end"
        raise ExplorerError(f"A direction needs pictures at both ends; none are selected for its {empty}.")
    sets = []
    for own, other, stream in ((start, end, 3), (end, start, 4)):
        rows = np.setdiff1d(own, other)
        if len(rows) > MOST_ROWS:
            rows = np.sort(generator(seed, stream).permutation(rows)[:MOST_ROWS])
        sets.append(rows[np.isfinite(latents[rows]).all(axis=1)])
    if min(map(len, sets)) == 0:
        raise ExplorerError(
            "A direction needs two different sets of pictures; one of these lies wholly within the other."
        )
    return sets[0], sets[1]


def _found(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    method: Method,
    against: Sequence[Direction],
) -> tuple[NDArray[np.float64], float]:
    """The vector of length 1, and how much of its length ``against`` left."""
    apart = second.mean(axis=0) - first.mean(axis=0)
    scale = max(float(np.abs(first).max()), float(np.abs(second).max()), 1e-30)
    if not float(np.linalg.norm(apart)) > _NOTHING * scale:
        raise ExplorerError("The two sets have the same mean, so no direction leads from one to the other.")
    if method == "linear":
        if min(len(first), len(second)) < 2:
            raise ExplorerError(
                "A linear classifier needs at least two pictures of each kind; "
                "select more, or take the difference of means."
            )
        space = Space.of(np.concatenate([first, second]))
        apart = space.back(between_means(space.into(first), space.into(second)))
    return _unit(apart, against)


def _unit(vector: NDArray[np.float64], against: Sequence[Direction]) -> tuple[NDArray[np.float64], float]:
    """The vector with length 1 at right angles to ``against``, and the share of its length that was left."""
    whole = float(np.linalg.norm(vector))
    if against:
        others, stretch, _ = np.linalg.svd(
            np.stack([one.vector for one in against]).T.astype(np.float64), False
        )
        others = others[:, stretch > _NOTHING * stretch[0]]
        vector = vector - others @ (others.T @ vector)
    rest = float(np.linalg.norm(vector))
    if not rest > 1e-3 * whole:
        raise ExplorerError(
            "Nothing is left of this direction beside those it is held against; leave one of them out."
        )
    return vector / rest, rest / whole


def _without(name: str) -> str:
    return name.removeprefix(_NOT) if name.startswith(_NOT) else f"{_NOT}{name}"


def _sigma(latents: Floats, vector: NDArray[np.float64]) -> float:
    """The standard deviation of the codes along a vector; 1 where they do not differ."""
    along = np.asarray(latents[:: max(1, len(latents) // 20_000)]) @ vector
    spread = float(along[np.isfinite(along)].std()) if len(along) else 0.0
    return spread if spread > 0.0 else 1.0


__all__ = [
    "FEWEST",
    "METHODS",
    "Direction",
    "analogy",
    "direction_between",
    "direction_of_label",
    "direction_of_pair",
]
