"""What goes into an ONNX file and what comes out."""

from __future__ import annotations

import math
from dataclasses import dataclass

_TYPES = {"float": "float32", "double": "float64", "string": "str"}


@dataclass(frozen=True)
class Port:
    """An input or output: its name, NumPy's name of its type, and its shape with None for a free axis.

    What is no tensor keeps the runtime's own name of its type.
    """

    name: str
    type: str
    shape: tuple[int | None, ...]

    @property
    def sample_size(self) -> int | None:
        """Elements in one sample (all axes but the first), or None if one of them is free."""
        sizes = self.shape[1:]
        return math.prod(size for size in sizes if size) if sizes and all(sizes) else None

    def __str__(self) -> str:
        axes = "×".join("N" if size is None else str(size) for size in self.shape) or "a scalar"
        return f"“{self.name}” ({axes})"


def numpy_type(runtime_type: str) -> str:
    """NumPy's name of what the runtime calls e.g. ``tensor(float16)``."""
    if not (runtime_type.startswith("tensor(") and runtime_type.endswith(")")):
        return runtime_type
    element = runtime_type[len("tensor(") : -1]
    return _TYPES.get(element, element)
