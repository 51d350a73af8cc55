"""Declared values as JSON that a person can read and write, and back: every claim of the JSON is checked.

A value that is as by default may be left out. One of several dataclasses is told by its ``kind``. Arrays of
whole numbers are lists, those of float32 are kept bit by bit: ``{"type": "float32-le", "shape", "base64"}``.
"""

from __future__ import annotations

import base64
import binascii
import functools
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union

import numpy as np

from explorer.core.declared import number_of, parts_of

FLOATS = "float32-le"

_hints = functools.cache(typing.get_type_hints)


class UnknownField(ValueError):
    """There is a field of a name that is not declared."""


def written(value: Any, kinds: Mapping[str, type]) -> Any:
    """``value`` for JSON; ``kinds`` are the names of those dataclasses that are told by one."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "i":
            return value.tolist()
        data = np.ascontiguousarray(value, "<f4")
        if not np.isfinite(data).all():
            raise ValueError("numbers that are not finite cannot be kept")
        coded = base64.b64encode(data.tobytes()).decode("ascii")
        return {"type": FLOATS, "shape": list(data.shape), "base64": coded}
    if is_dataclass(value) and not isinstance(value, type):
        name = next((name for name, kind in kinds.items() if kind is type(value)), None)
        content = {one.name: written(getattr(value, one.name), kinds) for one in fields(value)}
        return content if name is None else {"kind": name, **content}
    if isinstance(value, Mapping):
        return {str(key): written(one, kinds) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [written(one, kinds) for one in value]
    return value


def read(content: Any, kind: Any, kinds: Mapping[str, type], where: str = "") -> Any:
    """What ``written`` wrote of a value declared as ``kind``.

    Raises ``UnknownField``, else ``ValueError`` with what is wrong and ``where``.
    """
    origin, inner = parts_of(kind)
    if kind is Any:
        return content
    if origin in (Union, types.UnionType):
        return _one_of(content, inner, kinds, where)
    if origin is Literal:
        return _checked(content, content in inner, where, f"one of {', '.join(map(str, inner))}")
    if origin is np.ndarray:
        is_whole = issubclass(number_of(inner), np.integer)
        return _whole_numbers(content, where) if is_whole else _floats(content, where)
    if origin is tuple:
        several = _checked(content, isinstance(content, list), where, "a list")
        parts = [inner[0]] * len(several) if inner[-1] is Ellipsis else inner
        _checked(content, len(parts) == len(several), where, f"a list of {len(parts)}")
        pairs = zip(several, parts, strict=True)
        return tuple(read(one, part, kinds, f"{where}[{i}]") for i, (one, part) in enumerate(pairs))
    if origin is not None and issubclass(origin, Mapping):
        _checked(content, isinstance(content, dict), where, "names with values")
        return {name: read(one, inner[1], kinds, _at(where, name)) for name, one in content.items()}
    if is_dataclass(kind):
        return _record(content, kind, kinds, where)
    if kind is float:
        fits = type(content) in (int, float) and math.isfinite(content)
        return float(_checked(content, fits, where, "a number"))
    words = {int: "a whole number", str: "a text", bool: "true or false"}[kind]
    return _checked(content, type(content) is kind, where, words)


def _record(content: Any, kind: Any, kinds: Mapping[str, type], where: str) -> Any:
    _checked(content, isinstance(content, dict), where, "a set of named values")
    tag = {"kind"} if kind in kinds.values() else set()
    declared = {one.name: one for one in fields(kind)}
    unknown = next((name for name in content if name not in declared and name not in tag), None)
    if unknown is not None:
        raise UnknownField(_at(where, unknown))
    missing = next(
        (
            name
            for name, one in declared.items()
            if name not in content and one.default is MISSING and one.default_factory is MISSING
        ),
        None,
    )
    if missing is not None:
        raise ValueError(f"“{_at(where, missing)}” is missing")
    hints = _hints(kind)
    found = {
        name: read(one, hints[name], kinds, _at(where, name))
        for name, one in content.items()
        if name in declared
    }
    return kind(**found)


def _one_of(content: Any, inner: tuple[Any, ...], kinds: Mapping[str, type], where: str) -> Any:
    members = [one for one in inner if one is not types.NoneType]
    if content is None and types.NoneType in inner:
        return None
    if len(members) == 1:
        return read(content, members[0], kinds, where)
    name = content.get("kind") if isinstance(content, dict) else None
    _checked(name, isinstance(name, str) and name in kinds, _at(where, "kind"), f"one of {', '.join(kinds)}")
    return read(content, kinds[str(name)], kinds, where)


def _floats(content: Any, where: str) -> np.ndarray[Any, Any]:
    words = f"numbers as {{type: {FLOATS}, shape, base64}}"
    _checked(content, isinstance(content, dict) and content.get("type") == FLOATS, where, words)
    try:
        shape = [int(side) for side in content["shape"]]
        numbers = np.frombuffer(base64.b64decode(content["base64"], validate=True), "<f4")
        found = numbers.reshape(shape).astype(np.float32)
        fits = min(shape) >= 0 and bool(np.isfinite(found).all())
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise ValueError(f"“{where}” holds no numbers that can be read") from None
    return np.asarray(_checked(found, fits, where, "finite numbers"))


def _whole_numbers(content: Any, where: str) -> np.ndarray[Any, Any]:
    fits = isinstance(content, list) and all(type(one) is int and 0 <= one < 1 << 62 for one in content)
    return np.array(_checked(content, fits, where, "a list of whole numbers from 0"), np.int64)


def _checked(content: Any, fits: bool, where: str, would_do: str) -> Any:
    if not fits:
        said = repr(content)
        said = said if len(said) < 40 else f"{said[:37]}…"
        raise ValueError(f"“{where}” is {said}, where {would_do} would work")
    return content


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
