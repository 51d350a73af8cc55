"""Which of an encoder's outputs is the posterior mean, and which, in what unit, its spread."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from explorer.core.detection import walk
from explorer.core.detection.outputs import Outputs
from explorer.core.plan import Source, Spread

if TYPE_CHECKING:
    from onnx import GraphProto

Floats = npt.NDArray[np.float32]

_SPREAD_NAMES = re.compile(r"log_?(var|std|sigma|cov|scale)|var(iance)?$|std|sigma|scale", re.IGNORECASE)
_MEAN_NAMES = re.compile(r"mean|^mu|_mu$|loc$|embedding", re.IGNORECASE)
_PASSING = ("Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Split", "Clip")


@dataclass(frozen=True)
class Posterior:
    """The finding: the output that is the mean, and the one that tells the spread, in which unit."""

    mean: str
    spread_output: str = ""
    spread: Spread = "none"
    halves: bool = False
    mean_source: Source = "graph"
    spread_source: Source = "graph"


def pick_mean(errors: Mapping[str, float]) -> tuple[str, Source]:
    """The output whose decoding comes nearest to the pictures; names break near ties."""
    best = min(errors, key=errors.__getitem__)
    near = [name for name in errors if errors[name] <= errors[best] * 1.02 + 1e-9]
    if len(errors) == 1:
        return best, "graph"
    if len(near) == 1:
        return best, "trial run"
    return by_name(near), "trial run" if any(map(_MEAN_NAMES.search, near)) else "default"


def by_name(names: list[str]) -> str:
    """The output that is called a mean, else the first that is not called a spread."""
    called = [name for name in names if _MEAN_NAMES.search(name) and not _SPREAD_NAMES.search(name)]
    plain = [name for name in names if not _SPREAD_NAMES.search(name)]
    return (called or plain or names)[0]


def find_spread(graph: GraphProto | None, outputs: Outputs, mean: str) -> tuple[str, Spread, Source]:
    """The output beside ``mean`` that tells the posterior's spread, its unit, and the source of that."""
    others = [
        name
        for name, values in outputs.steady.items()
        if name != mean and not np.allclose(values, outputs.steady[mean], atol=1e-5)
    ]
    if not others:
        return "", "none", "graph"
    name = next((other for other in others if _SPREAD_NAMES.search(other)), others[0])
    unit, source = unit_of(outputs.steady[name], name, _last_operator(graph, name), _variance(outputs, mean))
    return name, unit, source


def unit_of(values: Floats, name: str, operator: str, variance: Floats | None) -> tuple[Spread, Source]:
    """The unit of a spread: by its sign, by the scatter of samples, by its last operator, by its name."""
    if values.min() < 0:
        return "logvar", "trial run"
    if variance is not None:
        readings: dict[Spread, Floats] = {
            "variance": values, "std": values**2, "logvar": np.exp(np.minimum(values, 50)),
        }  # fmt: skip

        def misses(unit: Spread) -> float:
            return float(np.abs(np.log(readings[unit] + 1e-12) - np.log(variance + 1e-12)).mean())

        return min(readings, key=misses), "trial run"
    if operator in ("std", "variance"):
        return operator, "graph"  # type: ignore[return-value]
    if re.search(r"log", name, re.IGNORECASE):
        return "logvar", "default"
    # A log-variance that is positive everywhere would be a posterior wider than any prior.
    return ("variance" if re.search(r"var|cov", name, re.IGNORECASE) else "std"), "default"


def _variance(outputs: Outputs, mean: str) -> Floats | None:
    """The empirical variance of samples around the mean, for each dimension; None where none are drawn."""
    drawn = next(iter(outputs.random.values()), None)
    if drawn is None:
        return None
    centred = np.stack(drawn) - outputs.steady[mean]
    return np.asarray((centred**2).mean(axis=0), np.float32)


def _last_operator(graph: GraphProto | None, name: str) -> str:
    """``std`` or ``variance`` where the last operators tell, else empty."""
    if graph is None:
        return ""
    made_by = {output: node for node in graph.node for output in node.output if output}
    tensors = walk.constants(graph)
    for _ in range(20):
        node = made_by.get(name)
        if node is None:
            return ""
        if node.op_type in ("Sqrt", "Softplus"):
            return "std"
        if node.op_type == "Exp":
            before = made_by.get(node.input[0])
            halved = before is not None and before.op_type in ("Mul", "Div")
            return "std" if halved and any(name in tensors for name in before.input) else "variance"  # type: ignore[union-attr]
        if node.op_type not in (*_PASSING, "Add"):
            return ""
        name = next((part for part in node.input if part not in tensors), "")
    return ""
