"""Values of declared types as JSON with arrays beside it, and back; every claim of the JSON is checked.

What a frozen dataclass declares is all that need be said: numbers, texts, tuples, sets, mappings, unions with
None or of dataclasses, literals, enumerations, NumPy arrays and other dataclasses. In JSON an array is
``{"npy": number}``; one that is met twice is kept once and is one array again afterwards. No number is NaN.
"""

from __future__ import annotations

import enum
import math
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Protocol, Union, get_type_hints

import numpy as np
import numpy.typing as npt

from explorer.core.declared import number_of, parts_of

Array = npt.NDArray[Any]
Arrays = Callable[[int], Array]

LATE: dict[str, Any] = {}
"""Types by name that dataclasses declare fields with and import only for type checkers."""

_INFINITIES = {"inf": math.inf, "-inf": -math.inf}  # JSON knows none


class UnknownName(ValueError):
    """A dataclass is said to have a field that it has not: a later version may have written it."""


class ArrayList:
    """The arrays of a value that is being coded, each of them once."""

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._numbers: dict[int, int] = {}

    def number_of(self, array: Array) -> int:
        """The number under which ``array`` is kept."""
        if id(array) not in self._numbers:
            self._numbers[id(array)] = len(self.arrays)
            self.arrays.append(array)
        return self._numbers[id(array)]


class Coder(Protocol):
    """How values of one type become JSON and come back.

    ``read`` raises ``ValueError``, or an error of that kind, for JSON that is of another type; an
    ``UnknownName`` for a field that a dataclass has not. Fields that are missing are as by default.
    """

    def write(self, value: Any, arrays: ArrayList, /) -> Any:
        """JSON for ``value``."""
        ...

    def read(self, content: Any, array: Arrays, /) -> Any:
        """The value again."""
        ...


def coded(value: Any, kind: Any, arrays: ArrayList) -> Any:
    """``value``, declared as ``kind``, for JSON.

    Raises ``TypeError`` for a type that cannot be kept, ``ValueError`` for what is not of its type or NaN.
    """
    return coder_of(kind).write(value, arrays)


def decoded(content: Any, kind: Any, array: Arrays) -> Any:
    """What ``coded`` made JSON of; ``array`` gives the arrays by their numbers. Raises as ``Coder`` says."""
    return coder_of(kind).read(content, array)


@cache
def kinds_of(kind: type) -> dict[str, Any]:
    """The types that the fields of a dataclass are declared with, without those that are its own affair."""
    declared = get_type_hints(kind, localns=LATE)
    return {one.name: declared[one.name] for one in fields(kind) if one.name[0] != "_"}


@cache
def coder_of(kind: Any) -> Coder:
    """The coder of a type. Raises ``TypeError`` for one that cannot be kept."""
    origin, parts = parts_of(kind)
    if origin in (Union, types.UnionType):
        return _OneOf(tuple(one for one in parts if one is not type(None)), type(None) in parts)
    if origin is np.ndarray:
        return _Numbers(number_of(parts))
    if origin is tuple:
        return _Tuple(parts[:-1] if parts[-1] is Ellipsis else parts, many=parts[-1] is Ellipsis)
    if origin is frozenset:
        return _Set(parts[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _Mapping(*parts)
    if kind is float:
        return _Float()
    if is_dataclass(kind):
        return _Record(kind)
    if kind in (int, str, bool, Any) or origin is Literal or _is_enum(kind):
        return _Plain(kind)
    raise TypeError(f"{kind} cannot be kept")


def raw(content: Any, array: Arrays) -> Any:
    """JSON of a type that is not known, with its arrays in their places."""
    if isinstance(content, dict):
        if set(content) == {"npy"}:
            return array(_checked(content["npy"], type(content["npy"]) is int))
        return {name: raw(one, array) for name, one in content.items()}
    return [raw(one, array) for one in content] if isinstance(content, list) else content


def coded_raw(content: Any, arrays: ArrayList) -> Any:
    """The JSON that ``raw`` was given, with arrays of another numbering."""
    if isinstance(content, np.ndarray):
        return {"npy": arrays.number_of(content)}
    if isinstance(content, dict):
        return {name: coded_raw(one, arrays) for name, one in content.items()}
    return [coded_raw(one, arrays) for one in content] if isinstance(content, list) else content


@dataclass(frozen=True)
class _Plain:
    """What JSON has itself, and names that stand for themselves."""

    kind: Any

    def write(self, value: Any, _: ArrayList) -> Any:
        if _is_enum(self.kind):
            return value.name
        return int(value) if self.kind is int else value

    def read(self, content: Any, _: Arrays) -> Any:
        if _is_enum(self.kind):
            return self.kind[content]
        origin, choices = parts_of(self.kind)
        if origin is Literal:
            return _checked(content, content in choices)
        return _checked(content, self.kind is Any or type(content) is self.kind)


@dataclass(frozen=True)
class _Float:
    def write(self, value: Any, _: ArrayList) -> Any:
        number = float(value)
        return number if math.isfinite(number) else str(_checked(number, not math.isnan(number)))

    def read(self, content: Any, _: Arrays) -> Any:
        if type(content) is str and content in _INFINITIES:
            return _INFINITIES[content]
        number = float(_checked(content, type(content) in (int, float)))
        return _checked(number, math.isfinite(number))


@dataclass(frozen=True)
class _Numbers:
    dtype: Any

    def write(self, value: Any, arrays: ArrayList) -> Any:
        return {"npy": arrays.number_of(self._fit(value))}

    def read(self, content: Any, array: Arrays) -> Any:
        number = _items(content)["npy"]
        return self._fit(array(_checked(number, type(number) is int)))

    def _fit(self, array: Array) -> Array:
        if self.dtype is not Any:
            _checked(array.dtype, np.issubdtype(array.dtype, self.dtype))
        if array.dtype.kind == "f":
            _checked("an array", bool(np.isfinite(array).all()))
        return array


@dataclass(frozen=True)
class _Tuple:
    kinds: tuple[Any, ...]
    many: bool

    def write(self, value: Any, arrays: ArrayList) -> Any:
        return [coded(one, kind, arrays) for one, kind in self._pairs(value)]

    def read(self, content: Any, array: Arrays) -> Any:
        return tuple(decoded(one, kind, array) for one, kind in self._pairs(_listed(content)))

    def _pairs(self, values: Any) -> Iterable[tuple[Any, Any]]:
        kinds = self.kinds * len(values) if self.many else self.kinds
        return zip(values, kinds, strict=True)


@dataclass(frozen=True)
class _Set:
    kind: Any

    def write(self, value: Any, arrays: ArrayList) -> Any:
        return [coded(one, self.kind, arrays) for one in sorted(value)]

    def read(self, content: Any, array: Arrays) -> Any:
        return frozenset(decoded(one, self.kind, array) for one in _listed(content))


@dataclass(frozen=True)
class _Mapping:
    """As a list of pairs: keys need not be texts, and none is mistaken for the mark of an array."""

    key: Any
    kind: Any

    def write(self, value: Any, arrays: ArrayList) -> Any:
        return [[coded(key, self.key, arrays), coded(one, self.kind, arrays)] for key, one in value.items()]

    def read(self, content: Any, array: Arrays) -> Any:
        pairs = _listed(content)
        return {decoded(key, self.key, array): decoded(one, self.kind, array) for key, one in pairs}


@dataclass(frozen=True)
class _OneOf:
    """A union; of several dataclasses, which one it is is told by its name."""

    kinds: tuple[Any, ...]
    or_none: bool

    def write(self, value: Any, arrays: ArrayList) -> Any:
        if value is None and self.or_none:
            return None
        kind = next((one for one in self.kinds if len(self.kinds) == 1 or _is_of(value, one)), None)
        if kind is None:
            raise TypeError(f"{value!r} is none of {self.kinds}")
        content = coded(value, kind, arrays)
        return {"is": kind.__name__, **content} if self._are_told_apart else content

    def read(self, content: Any, array: Arrays) -> Any:
        if content is None and self.or_none:
            return None
        if self._are_told_apart:
            name = _items(content)["is"]
            kind = next((one for one in self.kinds if one.__name__ == name), None)
            if kind is None:
                raise UnknownName(name)
            return decoded({key: one for key, one in content.items() if key != "is"}, kind, array)
        for kind in self.kinds[:-1]:
            try:
                return decoded(content, kind, array)
            except (ValueError, TypeError, KeyError):
                continue
        return decoded(content, self.kinds[-1], array)

    @property
    def _are_told_apart(self) -> bool:
        return len(self.kinds) > 1 and all(map(is_dataclass, self.kinds))


@dataclass(frozen=True)
class _Record:
    """A dataclass; fields whose names begin with an underscore are its own affair."""

    kind: Any

    def write(self, value: Any, arrays: ArrayList) -> Any:
        return {name: coded(getattr(value, name), one, arrays) for name, one in kinds_of(self.kind).items()}

    def read(self, content: Any, array: Arrays) -> Any:
        known, given = kinds_of(self.kind), _items(content)
        for name in given:
            if name not in known:
                raise UnknownName(name)
        for one in fields(self.kind):
            has_default = one.default is not MISSING or one.default_factory is not MISSING
            _checked(one.name, one.name in given or has_default)
        return self.kind(**{name: decoded(one, known[name], array) for name, one in given.items()})


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, enum.Enum)


def _is_of(value: Any, kind: Any) -> bool:
    origin, inner = parts_of(kind)
    if origin is Literal:
        return value in inner
    bare = origin or kind
    return isinstance(value, bare) and (bare is bool or not isinstance(value, bool))


def _listed(content: Any) -> list[Any]:
    return _checked(content, isinstance(content, list))  # type: ignore[no-any-return]


def _items(content: Any) -> dict[str, Any]:
    return _checked(content, isinstance(content, dict))  # type: ignore[no-any-return]


def _checked(content: Any, holds: bool) -> Any:
    if not holds:
        raise ValueError(f"{str(content)[:40]!r} is of another kind")
    return content
