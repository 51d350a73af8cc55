"""A model's constants: whether what the file declares is there."""

from __future__ import annotations

import math
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from explorer.core.detection import walk
from explorer.core.errors import ExplorerError

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

MAX_ELEMENTS = 2**31
"""More elements than a tensor of a sensible model has."""


def check_weights(model: ModelProto, path: Path) -> None:
    """Refuse constants whose data is missing, of another size than declared, or outside the model's folder.

    ``path`` is the file that ``model`` was loaded from, without its external data. Raises ``ExplorerError``.
    """
    import onnx

    for tensor in walk.all_tensors(model):
        name = f"“{tensor.name[:80]}”" if tensor.name else "a constant"
        if any(size < 0 for size in tensor.dims) or math.prod(tensor.dims) > MAX_ELEMENTS:
            shape = "×".join(map(str, tensor.dims[:6]))
            raise ExplorerError(
                f"{path} declares weights of an absurd size ({name}, {shape}); "
                "copy it again or export the model again."
            )
        if tensor.data_type not in onnx.TensorProto.DataType.values() or not tensor.data_type:
            raise ExplorerError(
                f"{path} holds weights of an unknown type ({name}, {tensor.data_type}); "
                "export the model again with float32 weights."
            )
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            _check_external(tensor, name, path)
        elif tensor.data_type != onnx.TensorProto.STRING and not _is_complete(tensor):
            raise ExplorerError(
                f"{path} is damaged (the data of {name} is not of the size that it declares); "
                "copy it again or export the model again."
            )


def external_file(tensor: TensorProto, path: Path) -> Path:
    """The file that holds an external tensor's data: inside the folder of ``path``, the model's file.

    A link is followed where it leads to a place beside the model's own file, as in the caches that keep
    every file under its hash. Raises ``ExplorerError`` for a place outside, or where nothing is there.
    """
    location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    outside = ExplorerError(
        f"{path} keeps its weights outside its own folder (“{str(location)[:120]}”), which is not followed; "
        "put them beside the model and export it again, or save it as a single file."
    )
    if not isinstance(location, str) or not location or "\0" in location:
        raise outside
    both = PurePosixPath(location), PureWindowsPath(location)
    if any(p.is_absolute() or p.drive or p.root or ".." in p.parts for p in both):
        raise outside
    file = path.parent / location
    try:
        real, folder = file.resolve(), path.parent.resolve()
        if not real.is_relative_to(folder) and real.parent != path.resolve().parent:
            raise outside
        status = real.stat()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise ExplorerError(
            f"{path} keeps its weights in {location}, which is not there; put that file beside the model."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise outside
    return real


def _check_external(tensor: TensorProto, name: str, path: Path) -> None:
    size = external_file(tensor, path).stat().st_size
    entries = {entry.key: entry.value for entry in tensor.external_data}
    needed = declared_bytes(tensor)
    try:
        offset = int(entries.get("offset", 0))
        length = int(entries.get("length", needed))
    except ValueError:
        offset = length = -1
    if offset < 0 or length != needed or offset + length > size:
        raise ExplorerError(
            f"{path} and its weights in {entries['location']} do not fit together ({name} should take "
            f"{needed} bytes there); copy both again from one export."
        )


def declared_bytes(tensor: TensorProto) -> int:
    """The bytes that the declared shape and type take; types of 2 and 4 bits are packed."""
    count: int = math.prod(tensor.dims)
    return -(-count * _bits(tensor.data_type) // 8)


def _bits(data_type: int) -> int:
    from onnx import TensorProto, helper

    name = TensorProto.DataType.Name(data_type)
    if name.endswith(("INT4", "FLOAT4E2M1")):
        return 4
    if name.endswith("INT2"):
        return 2
    return 8 * int(helper.tensor_dtype_to_np_dtype(data_type).itemsize)


def _is_complete(tensor: TensorProto) -> bool:
    """Whether the data inside the file is as much as the declared shape and type take."""
    if tensor.raw_data:
        return len(tensor.raw_data) == declared_bytes(tensor)
    kinds, count, bits = type(tensor), math.prod(tensor.dims), _bits(tensor.data_type)
    if tensor.data_type in (kinds.COMPLEX64, kinds.COMPLEX128):
        count *= 2
    held: int = sum(
        map(
            len,
            (tensor.float_data, tensor.double_data, tensor.int32_data, tensor.int64_data, tensor.uint64_data),
        )
    )
    return held in (count, -(-count * bits // 8)) if bits < 8 else held == count
