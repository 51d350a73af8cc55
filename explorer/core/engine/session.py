"""A session of the runtime: its options, and the sentence for a file that it does not take."""

from __future__ import annotations

import os
from pathlib import Path

import onnxruntime as ort

from explorer.core.engine import devices
from explorer.core.errors import ExplorerError

THREADS = max(1, (os.cpu_count() or 2) - 1)
"""The threads of one session: the window needs a core too."""


def create(
    path: Path, device: str, model: bytes | None = None, settings: dict[str, str] | None = None
) -> ort.InferenceSession:
    """A session of ``path``, or of ``model`` in its stead, on a device of ``devices.NAMES``.

    ``settings`` are added to those of the device. The session never changes to another device by itself.
    Raises ``ExplorerError`` with the runtime's reason, also where the device does not come.
    """
    options = ort.SessionOptions()
    # A spinning thread pool costs more than a core for a few per cent; the window needs that core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 4
    if model is not None:
        folder = str(path.resolve().parent)
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
    # A CUDA build without its libraries reports that on stderr, whatever the session's own level.
    ort.set_default_logger_severity(4)
    try:
        providers = devices.provide(device, options)
        if settings and providers:
            providers[0] = (providers[0][0], {**providers[0][1], **settings})
        source = str(path) if model is None else model
        session = ort.InferenceSession(source, options, providers=providers, enable_fallback=0)
    except Exception as error:  # the runtime's own exceptions share no public base class
        raise ExplorerError(
            f"{path} is no ONNX model that this runtime can load ({reason(error)}); "
            "export the encoder or decoder to ONNX again."
        ) from error
    finally:
        ort.set_default_logger_severity(2)
    session._model_bytes = None  # kept for a change of devices, which never happens to ours
    if not devices.runs_on(session, device):
        raise ExplorerError(f"{path} does not run on {device}: its libraries could not be loaded.")
    return session


def reason(error: BaseException) -> str:
    """The runtime's reason without its error code and its copy of the path."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text.split(" : ")[-1].strip().rstrip(".")[:160]
