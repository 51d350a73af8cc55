"""What can be said of a model's file before anything reads it: that it is there, and may be an ONNX file."""

from __future__ import annotations

import stat
from pathlib import Path

from explorer.core.errors import ExplorerError

MAX_BYTES = 2**31 - 1
"""The largest ONNX file there can be, external data aside."""

# Beyond the first bytes nothing else tells a download gone wrong from a damaged model.
_OTHER_FILES = {
    b"version https://git-lfs": "a Git LFS pointer, not the model itself; fetch it with “git lfs pull”",
    b"PK\x03\x04": "an archive, perhaps a PyTorch checkpoint; export the model to ONNX",
    b"\x89HDF": "an HDF5 file, perhaps from Keras; export the model to ONNX",
    b"<!DOCTYPE": "a web page; download the file itself",
    b"<html": "a web page; download the file itself",
    b"\x89PNG": "a picture; choose the model instead",
}


def check_file(path: Path) -> None:
    """Raise ``ExplorerError`` for what is missing, no regular file, too large, or plainly something else."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ExplorerError(f"{path} is a folder; give one folder alone, or one or two .onnx files.")
        if not stat.S_ISREG(status.st_mode):
            raise ExplorerError(f"{path} is no regular file; choose an .onnx file.")
        if status.st_size == 0:
            raise ExplorerError(f"{path} is empty; export the model again.")
        if status.st_size > MAX_BYTES:
            raise ExplorerError(
                f"{path} is larger than the 2 GiB that an ONNX file can have; "
                "export the model again with its weights as external data."
            )
        with path.open("rb") as file:
            start = file.read(32)
        for magic, what in _OTHER_FILES.items():
            if start.startswith(magic):
                raise ExplorerError(f"{path} is {what}.")
    except FileNotFoundError as error:
        raise ExplorerError(
            f"{path} does not exist; choose an .onnx file or a folder that holds a pair."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> ExplorerError:
    """The sentence for a file that the system does not give."""
    reason = (error.strerror or str(error)).lower()
    return ExplorerError(f"{path} could not be read ({reason}); choose another file.")
