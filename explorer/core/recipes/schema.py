"""The JSON schema of a recipe, derived from what is declared; ``recipe.schema.json`` is it, written out."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union

import numpy as np

from explorer.core.declared import number_of, parts_of
from explorer.core.recipes import json_form
from explorer.core.recipes.document import KINDS, VERSION, GalleryRecipe
from explorer.core.recipes.file import FORMAT

_PLAIN = {int: "integer", float: "number", str: "string", bool: "boolean"}


def schema() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    whole = _record(GalleryRecipe)
    head = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "program": {"type": "string"},
        "schema": {"type": "string"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Recipe of a gallery by latent-explorer",
        **whole,
        "properties": {**head, **whole["properties"]},
        "required": ["format", "version", *whole["required"]],
        "$defs": {
            "floats": {
                "type": "object",
                "properties": {
                    "type": {"const": json_form.FLOATS},
                    "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                    "base64": {"type": "string"},
                },
                "required": ["type", "shape", "base64"],
            },
            **{name.replace(" ", "-"): _record(kind, name) for name, kind in KINDS.items()},
        },
    }


def _record(kind: Any, name: str = "") -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    needed = [one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
    tag = {"kind": {"const": name}} if name else {}
    return {
        "type": "object",
        "properties": {**tag, **{one.name: _of(hints[one.name]) for one in fields(kind)}},
        "required": [*tag, *needed],
        "additionalProperties": False,
    }


def _of(kind: Any) -> dict[str, Any]:
    origin, inner = parts_of(kind)
    if kind is Any:
        return {}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(one) for one in inner]}
    if kind is types.NoneType:
        return {"type": "null"}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is np.ndarray:
        if issubclass(number_of(inner), np.integer):
            return {"type": "array", "items": {"type": "integer", "minimum": 0}}
        return {"$ref": "#/$defs/floats"}
    if origin is tuple and inner[-1] is Ellipsis:
        return {"type": "array", "items": _of(inner[0])}
    if origin is tuple:
        return {"type": "array", "prefixItems": [_of(one) for one in inner], "minItems": len(inner)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(inner[1])}
    if is_dataclass(kind):
        named = next((name for name, one in KINDS.items() if one is kind), None)
        return _record(kind) if named is None else {"$ref": f"#/$defs/{named.replace(' ', '-')}"}
    return {"type": _PLAIN[kind]}
