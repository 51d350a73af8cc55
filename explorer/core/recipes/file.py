"""A recipe's file: JSON with its format and version, and the hash by which pictures know it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from explorer import __version__
from explorer.core.arrays import read_error
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.recipes.document import KINDS, VERSION, GalleryRecipe
from explorer.core.recipes.json_form import UnknownField, read, written

FORMAT = "latent-explorer recipe"
NAME = "recipe.json"
SCHEMA = Path(__file__).with_name("recipe.schema.json")

_MOST_BYTES = 1 << 30
_NUMBERS = re.compile(r"\[\n\s+\d+(?:,\n\s+\d+)*\n\s+\]")  # on one line, to be read
_HEAD = ("format", "version", "program", "schema")
_OF_PICTURES = ("what", "extras", "map")


def save_recipe(recipe: GalleryRecipe, path: Path) -> None:
    """Write ``recipe``. Raises ``ExplorerError`` where that is not possible."""
    with atomic_path(path) as beside:
        beside.write_text(text_of(recipe), encoding="utf-8")


def text_of(recipe: GalleryRecipe) -> str:
    """What is written into a recipe's file."""
    head = {"format": FORMAT, "version": VERSION, "program": f"latent-explorer {__version__}"}
    text = json.dumps({**head, **written(recipe, KINDS)}, indent=1, ensure_ascii=False)
    return _NUMBERS.sub(lambda found: re.sub(r"\s+", " ", found[0]), text) + "\n"


def load_recipe(path: Path) -> GalleryRecipe:
    """Read a recipe's file.

    Raises ``ExplorerError`` for one that cannot be read, is of a newer version, or is no recipe.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ExplorerError(f"{path} is too large for a recipe; choose another file.")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise read_error(path, error) from error
    except (ValueError, RecursionError) as error:
        raise ExplorerError(f"{path} is no recipe: it holds no JSON; choose another file.") from error
    return _recipe(content, path)


def hash_of(recipe: GalleryRecipe) -> str:
    """What pictures know their recipe by: SHA-256, hexadecimal, over all that decides which they are.

    Where files lay, and how the pictures are arranged, captioned and written, does not count.
    """
    content = written(recipe, KINDS)
    facts: dict[str, Any] = {name: content[name] for name in _OF_PICTURES}
    facts["models"] = [one.fingerprint for one in recipe.models]
    facts["data"] = [recipe.data.fingerprint, recipe.data.latents] if recipe.data else None
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _recipe(content: Any, path: Path) -> GalleryRecipe:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ExplorerError(f"{path} is no recipe of a gallery; choose one that Export gallery has written.")
    version = content.get("version")
    if type(version) is not int or version < 1:
        raise ExplorerError(f"{path} does not say which version of recipes it is; add “version”: {VERSION}.")
    if version > VERSION:
        program = str(content.get("program", "a later latent-explorer"))[:60]
        raise ExplorerError(
            f"{path} is a recipe of version {version}, by {program}; this program knows version {VERSION}, "
            "so update it."
        )
    body = {name: one for name, one in content.items() if name not in _HEAD}
    try:
        recipe = read(body, GalleryRecipe, KINDS)
    except UnknownField as error:
        raise ExplorerError(
            f"{path} has a field “{error}”, which this version does not know; take it out or update the "
            "program."
        ) from error
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ExplorerError(f"{path} cannot be followed: {error}.") from error
    assert isinstance(recipe, GalleryRecipe)
    if not recipe.models:
        raise ExplorerError(f"{path} names no model; add one to “models”.")
    return recipe
