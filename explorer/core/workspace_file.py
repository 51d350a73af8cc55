"""How a workspace lies on disk: ``workspace.json``, and which array is in which file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import open_array, read_error, save_array
from explorer.core.dataset import Field, Measure
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path

FORMAT = 1
DESCRIPTION = "workspace.json"
ARRAYS = (
    "latents.npy", "logvars.npy", "rows.npy", "fields.npy", "field_names.json", "measures.npy", "names.npy",
    "thumbnails.npy", "map.npy",
)  # fmt: skip
_MANY_NAMES = 1000


@dataclass(frozen=True)
class ModelReference:
    """The model a workspace was made with; the files are None where they were not known."""

    name: str
    fingerprint: str
    encoder: Path | None
    decoder: Path | None


@dataclass(frozen=True)
class DataReference:
    """The data set a workspace was made from, as it was then; ``count`` includes what was unreadable."""

    name: str
    path: Path
    fingerprint: str
    count: int


def description(
    folder: Path,
    model: ModelReference,
    data: DataReference,
    *,
    latents_shape: tuple[int, int],
    logvars: bool,
    sample_shape: tuple[int, ...],
    thumbnail_shape: tuple[int, ...] | None,
    names: bool,
    fields: Sequence[Field],
    unreadable: Sequence[tuple[str, str]],
    reconstruction_mse: float | None,
    measures: Sequence[Measure] = (),
) -> dict[str, Any]:
    """The facts for ``workspace.json`` of a workspace that is to lie in ``folder``.

    Names of a field of many are left to ``save_columns``.
    """
    return {
        "format": FORMAT,
        "model": {
            "name": model.name,
            "fingerprint": model.fingerprint,
            "encoder": _portable(model.encoder, folder),
            "decoder": _portable(model.decoder, folder),
        },
        "data": {
            "name": data.name,
            "path": _portable(data.path, folder),
            "fingerprint": data.fingerprint,
            "count": data.count,
        },
        "count": latents_shape[0],
        "latent_size": latents_shape[1],
        "logvars": logvars,
        "picture": list(sample_shape),
        "thumbnail": list(thumbnail_shape) if thumbnail_shape else None,
        "names": names,
        "fields": [
            {"name": one.name, "names": None if len(one.names) > _MANY_NAMES else list(one.names)}
            for one in fields
        ],
        "measures": [{"name": one.name, "unit": one.unit, "note": one.note} for one in measures],
        "unreadable": [list(pair) for pair in unreadable],
        "reconstruction_mse": reconstruction_mse,
    }


def save_columns(folder: Path, fields: Sequence[Field], measures: Sequence[Measure]) -> None:
    """Write the columns of a workspace whose files are being made in ``folder``."""
    if fields:
        save_array(folder / "fields.npy", np.stack([one.codes for one in fields]))
    if measures:
        save_array(folder / "measures.npy", np.stack([one.values for one in measures]))
    many = {one.name: one.names for one in fields if len(one.names) > _MANY_NAMES}
    if many:
        (folder / "field_names.json").write_text(json.dumps(many) + "\n", "ascii")


def read_columns(
    folder: Path, facts: Mapping[str, Any], count: int
) -> tuple[tuple[Field, ...], tuple[Measure, ...]]:
    """The columns of a workspace of ``count`` rows.

    Raises ``ExplorerError`` where a file is missing or of another length; an older workspace has no measures.
    """
    listed, measured = facts["fields"], facts.get("measures", ())
    many = {}
    if any(one["names"] is None for one in listed):
        path = folder / "field_names.json"
        try:
            many = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise read_error(path, error) from error
    codes = read_array(folder, "fields.npy", np.int32, (len(listed), count)) if listed else ()
    values = read_array(folder, "measures.npy", np.float32, (len(measured), count)) if measured else ()
    fields = []
    for one, column in zip(listed, codes, strict=True):
        names = many[one["name"]] if one["names"] is None else one["names"]
        fields.append(Field(str(one["name"]), np.array(column), tuple(map(str, names))))
    measures = [
        Measure(str(one["name"]), np.array(column), str(one["unit"]), str(one["note"]))
        for one, column in zip(measured, values, strict=True)
    ]
    return tuple(fields), tuple(measures)


def write_description(path: Path, facts: Mapping[str, Any]) -> None:
    """Write ``workspace.json``. Raises ``ExplorerError`` where that fails."""
    with atomic_path(path) as beside:
        beside.write_text(json.dumps(facts, indent=1) + "\n", "ascii")


def read_description(folder: Path) -> dict[str, Any]:
    """The facts in ``workspace.json``.

    Raises ``ExplorerError`` where there is none, it is damaged, or a newer version wrote it.
    """
    path = folder / DESCRIPTION
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ExplorerError(
            f"{folder} is no workspace (it holds no {DESCRIPTION}); encode a data set first."
        ) from error
    except OSError as error:
        raise read_error(path, error) from error
    except ValueError as error:
        raise damaged(path) from error
    version = facts.get("format") if isinstance(facts, dict) else None
    if not isinstance(version, int) or version < 1:
        raise damaged(path)
    if version > FORMAT:
        raise ExplorerError(
            f"{path} was written by a newer version of Latent Explorer (format {version}, this one reads "
            f"{FORMAT}); update the program."
        )
    return dict(facts)


def damaged(path: Path) -> ExplorerError:
    """The sentence for a description that does not describe."""
    return ExplorerError(f"{path} is damaged or describes no workspace; encode the data set again.")


def read_array(folder: Path, name: str, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """One array of a workspace, mapped; raises ``ExplorerError`` unless it has this type and shape."""
    array = open_array(folder / name)
    if not np.issubdtype(array.dtype, dtype) or array.shape != shape:
        raise ExplorerError(
            f"{folder / name} does not belong to this workspace (it is {array.dtype} {array.shape}, "
            f"{np.dtype(dtype).name} {shape} was expected); encode the data set again."
        )
    return array


def _portable(path: Path | None, folder: Path) -> str | None:
    if path is None:
        return None
    resolved, root = path.resolve(), folder.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else str(resolved)
