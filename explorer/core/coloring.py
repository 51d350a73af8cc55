"""By which column the points of a map are coloured, and how its values become colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.dataset_base import Field, Measure
from explorer.core.palette import STEPS, Theme, categorical, ramp
from explorer.core.quantiles import quantile
from explorer.core.workspace import Workspace

Codes = npt.NDArray[np.int32]
Column = Field | Measure

ERROR, DENSITY, LATENT, PROBE = "model:error", "model:density", "latent:", "probe:"
SUPPORT, VARIANCE, DISTORTION = "map:support", "map:variance", "map:distortion"
OF_MAP = (SUPPORT, VARIANCE, DISTORTION)
"""Those that another map makes void."""

_BINS = 64

_OUTLIERS = 0.01
_ROOM = 0.25


def is_computed(key: str) -> bool:
    """Whether ``key`` names something that is worked out, and no column of the data."""
    is_dimension = key.startswith(LATENT) and key[len(LATENT) :].isdigit()
    return is_dimension or key in (ERROR, DENSITY, *OF_MAP) or key.startswith(PROBE)


def column_of(work: Workspace | None, key: str, worked_out: Mapping[str, Column]) -> Column | None:
    """The column of ``key``: one of the data, or one of those ``worked_out`` by key; None for neither."""
    if work is None:
        return None
    columns: tuple[Column, ...] = (*work.fields, *work.measures)
    own = next((one for one in columns if one.name == key), None)
    return own or worked_out.get(key)


def default_key(work: Workspace | None) -> str:
    """What to colour by unless something was chosen: the first field that can be told by colours."""
    if work is None:
        return ""
    columns: list[Column] = [one for one in work.fields if not one.is_text]
    return next((one.name for one in (*columns, *work.measures)), "")


def is_known(work: Workspace | None, key: str) -> bool:
    """Whether ``key`` is a column of these data or can be worked out for them."""
    if is_computed(key):
        number = key.removeprefix(LATENT)
        return work is not None and (number == key or int(number) < work.latents.shape[1])
    return not key or column_of(work, key, {}) is not None


@dataclass(frozen=True, eq=False)
class Scale:
    """How numbers become colours.

    Attributes:
        low, high: values at the ends of the ramp; what lies beyond them has the end's colour.
        least, most: the smallest and largest value of all.
        quartiles: a quarter, half and three quarters of the values do not exceed these.
        diverging: whether the middle of the ramp stands for the measure's centre.
        counts: ``(b,)`` how many values lie in each of b even parts of the ramp; few parts for few values.
        codes: ``(N,) int32`` rows of the ramp, -1 for none.
        missing: how many have no value.
    """

    low: float
    high: float
    least: float
    most: float
    quartiles: tuple[float, float, float]
    diverging: bool
    counts: npt.NDArray[np.int64]
    codes: Codes
    missing: int


@lru_cache(maxsize=4)
def scale_of(measure: Measure) -> Scale:
    """The scale of a measure; the last few are kept, so that their codes stay the same arrays.

    The ends are those of the data, unless the outermost 1% would take more than a fifth of the ramp; or those
    that the measure knows.
    """
    values = measure.values
    finite = np.isfinite(values)
    given = values[finite]
    diverging = measure.centre is not None
    if not len(given):
        codes = np.full(len(values), -1, np.int32)
        none = np.zeros(_BINS, np.int64)
        return Scale(0.0, 1.0, 0.0, 1.0, (0.0, 0.0, 0.0), diverging, none, codes, len(values))
    least, most = float(given.min()), float(given.max())
    low, high = quantile(given, _OUTLIERS), quantile(given, 1 - _OUTLIERS)
    room = _ROOM * (high - low)
    low = least if low - least <= room or high == low else low
    high = most if most - high <= room or high == low else high
    if measure.ends is not None:
        low, high = measure.ends
    elif measure.centre is not None:
        reach = max(abs(low - measure.centre), abs(high - measure.centre))
        low, high = measure.centre - reach, measure.centre + reach
    if high > low:
        shares = np.clip((values - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    else:
        shares = np.where(finite, np.float32(0.5), values)
    codes = np.where(finite, np.minimum(np.nan_to_num(shares) * STEPS, STEPS - 1), -1).astype(np.int32)
    each = np.bincount(codes[finite], minlength=STEPS)
    levels = int(np.count_nonzero(each))
    bins = _BINS if levels > _BINS // 2 else max(8, 1 << (levels - 1).bit_length())
    counts = each.reshape(bins, -1).sum(axis=1)
    quartiles = quantile(given, 0.25), quantile(given, 0.5), quantile(given, 0.75)
    return Scale(low, high, least, most, quartiles, diverging, counts, codes, len(values) - len(given))


class Painted(NamedTuple):
    """What a column looks like: ``codes (N,)`` are rows of ``palette (K, 3)`` RGB, -1 for none."""

    codes: Codes
    palette: npt.NDArray[np.uint8]


def painted(column: Column | None, count: int, theme: Theme) -> Painted:
    """The colours of ``count`` points by a column; all alike for None."""
    if isinstance(column, Field):
        return Painted(column.codes, categorical(len(column.names), theme))
    if column is not None:
        scale = scale_of(column)
        return Painted(scale.codes, ramp(theme, scale.diverging))
    return Painted(_zeros(count), categorical(1, theme))


@lru_cache(maxsize=2)
def _zeros(count: int) -> Codes:
    return np.zeros(count, np.int32)


def is_prepared(column: Column | None) -> bool:
    """Whether ``painted`` takes next to no time."""
    return not isinstance(column, Measure) or len(column.values) <= 100_000


def shown_of(
    column: Column | None, hidden: frozenset[int], limits: tuple[float, float] | None
) -> npt.NDArray[np.bool_] | None:
    """Which rows the filter of a column leaves ``(N,)``; None for all.

    ``hidden`` are codes of a field, -1 being those without one; ``limits`` both belong to what is left, of
    which a row without a number is none.
    """
    if isinstance(column, Field) and hidden:
        kept = np.ones(len(column.names) + 1, np.bool_)  # the last one is where the code -1 leads
        kept[[code for code in hidden if -1 <= code < len(column.names)]] = False
        return kept[column.codes]
    if isinstance(column, Measure) and limits is not None:
        low, high = np.float32(limits[0]), np.float32(limits[1])
        return (column.values >= low) & (column.values <= high)
    return None
