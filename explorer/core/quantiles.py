"""Quantiles of columns. NumPy's own first call imports its masked arrays: the first picture would wait."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_OUTSIDE = 0.002


def quantile(values: npt.NDArray[Any], share: float) -> float:
    """The one of ``values (N,)``, N at least 1, that the ``share`` of them do not exceed."""
    rank = round(share * (len(values) - 1))
    return float(np.partition(values, rank)[rank])


def bulk(rows: npt.NDArray[Any], outside: float = _OUTSIDE) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Low and high ``(D,)`` between which all but the share ``outside`` at either end of ``rows (N, D)`` lie.

    Both are values of the column, of finite rows and N at least 1.
    """
    last = len(rows) - 1
    low = round(outside * last)
    ranked = np.partition(rows, (low, last - low), axis=0)
    return ranked[low], ranked[last - low]
