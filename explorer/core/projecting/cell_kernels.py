"""The compiled inner loop of the neighbour search; the interpreter is free while it runs."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(nogil=True, fastmath=True, cache=True)
def scan(
    queries: NDArray[np.float32],
    probes: NDArray[np.int32],
    references: NDArray[np.float32],
    starts: NDArray[np.int64],
    longest: int,
    rows: NDArray[np.int32],
    squares: NDArray[np.float32],
) -> Any:
    """The nearest references of each query among those in its cells, nearest first.

    ``references (M, D)`` are sorted by cell, cell c being ``starts[c]`` to ``starts[c + 1]``; of a cell with
    more than ``longest`` points that many are looked at, other ones for each query. Fills ``rows (n, k)``,
    which count in ``references``, and ``squares (n, k)``, the squared distances; -1 and infinity where the
    cells hold fewer than k.
    """
    count = rows.shape[1]
    size = queries.shape[1]
    for query in range(len(queries)):
        for place in range(count):
            rows[query, place] = -1
            squares[query, place] = np.inf
        for cell in probes[query]:
            first, length = starts[cell], starts[cell + 1] - starts[cell]
            turn = 0 if length <= longest else (query * 7919) % length
            for step in range(min(length, longest)):
                reference = first + (turn + step) % length
                square = np.float32(0.0)
                for axis in range(size):
                    apart = queries[query, axis] - references[reference, axis]
                    square += apart * apart
                if square < squares[query, count - 1]:
                    place = count - 1
                    while place > 0 and squares[query, place - 1] > square:
                        squares[query, place] = squares[query, place - 1]
                        rows[query, place] = rows[query, place - 1]
                        place -= 1
                    squares[query, place] = square
                    rows[query, place] = reference
