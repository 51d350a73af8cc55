"""What an encoder's outputs give for the same pictures, again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.detection.half import Half
from explorer.core.errors import ExplorerError

Floats = npt.NDArray[np.float32]
_DRAWS = 8


@dataclass(frozen=True)
class Outputs:
    """Codes ``(N, D)`` by the outputs' names.

    Attributes:
        steady: of outputs that give the same each time; where there is none, one run of the random ones.
        random: several runs of those that are drawn from the posterior.
        halves: whether each output holds the mean and then the spread, of which this is the first half.
        has_steady: whether ``steady`` is what it says.
    """

    steady: Mapping[str, Floats]
    random: Mapping[str, tuple[Floats, ...]]
    halves: bool = False
    has_steady: bool = True


def see_outputs(encoder: Half, tensor: npt.NDArray[Any], size: int | None) -> Outputs:
    """Run ``encoder`` on ``tensor`` until it is known which outputs of ``size`` elements are steady.

    ``size`` None takes that of the first output. Raises ``ExplorerError`` where no output has the size, or
    twice as much.
    """
    names = encoder.outputs
    answers = dict(zip(names, encoder.trial.run(names, tensor), strict=True))
    size = size or answers[names[0]][0].size
    fitting = [name for name in names if answers[name][0].size == size]
    halves = not fitting
    if halves:
        twice = [n for n in names if answers[n][0].size == 2 * size and answers[n].shape[1] % 2 == 0]
        fitting = twice[:1]
    if not fitting:
        raise unfit(encoder, names, size)

    def again() -> dict[str, Floats]:
        runs = encoder.trial.run(fitting, tensor)
        return {name: codes_of(run, halves) for name, run in zip(fitting, runs, strict=True)}

    first, second = {name: codes_of(answers[name], halves) for name in fitting}, again()
    random = [
        name for name in fitting if not np.allclose(first[name], second[name], atol=1e-5, equal_nan=True)
    ]
    steady = [name for name in fitting if name not in random]
    if not steady:
        return Outputs(first, {}, halves, has_steady=False)
    draws: dict[str, tuple[Floats, ...]] = {}
    if random and len(steady) > 1:
        runs = [first, second, *(again() for _ in range(_DRAWS - 2))]
        draws = {name: tuple(run[name] for run in runs) for name in random}
    return Outputs({name: first[name] for name in steady}, draws, halves)


def codes_of(answer: Floats, halves: bool) -> Floats:
    """``(N, D)`` of an output: all of it, or the first half along the axis after the batch."""
    part = answer[:, : answer.shape[1] // 2] if halves else answer
    return part.reshape(len(part), -1)


def unfit(encoder: Half, names: Sequence[str], size: int) -> ExplorerError:
    """The sentence for an encoder whose outputs do not fit the decoder's latent."""
    given = ", ".join(str(encoder.port(name)) for name in names)
    return ExplorerError(
        f"{encoder.path} gives {given} but the decoder takes a latent of {size}; "
        "the two do not belong together: open an encoder and a decoder from the same training."
    )
