"""What an annotation is made of, whichever Python and NumPy wrote it."""

from __future__ import annotations

from typing import Any, get_args, get_origin

import numpy as np


def parts_of(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """Origin and arguments of a type, as ``typing`` has them, with the aliases of PEP 695 written out.

    Since NumPy 2.5 ``NDArray`` is one: ``NDArray[np.int64]`` has the origin ``NDArray``, not ``np.ndarray``.
    """
    origin, inner = get_origin(kind), get_args(kind)
    alias = kind if origin is None else origin
    if hasattr(alias, "__value__"):  # a typing.TypeAliasType, which Python 3.11 has not
        return parts_of(alias.__value__[inner] if inner else alias.__value__)
    return origin, inner


def number_of(inner: tuple[Any, ...]) -> Any:
    """The type of an array's numbers, from the arguments of ``np.ndarray``; ``Any`` where it is left open."""
    found = get_args(inner[1])
    return found[0] if found and isinstance(found[0], type) and issubclass(found[0], np.generic) else Any
