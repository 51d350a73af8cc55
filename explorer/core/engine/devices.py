"""What can run a model besides the CPU, and whether it really does.

The runtime's own list describes its build and not the machine, so a device counts only when a convolution has
run on it with every other way out closed.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import sys
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort

from explorer.core.engine import wire

CPU = "CPU"
_CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
_PROVIDERS: dict[str, tuple[str, dict[str, str]]] = {
    "CUDA": ("CUDAExecutionProvider", _CUDA_OPTIONS),
    "CUDA TF32": ("CUDAExecutionProvider", {**_CUDA_OPTIONS, "use_tf32": "1"}),
    "TensorRT": ("TensorrtExecutionProvider", {}),
    "CoreML": ("CoreMLExecutionProvider", {}),
    "DirectML": ("DmlExecutionProvider", {}),
    "WebGPU": ("WebGpuExecutionProvider", {}),
    CPU: ("CPUExecutionProvider", {}),
}
NAMES = tuple(_PROVIDERS)
"""Every device that can be asked for."""
RECORDED = {name: {"enable_cuda_graph": "1"} for name in ("CUDA", "CUDA TF32")}
"""Further settings of devices that can record a run and replay it."""
_UNASKED = ("CUDA", "DirectML", "WebGPU")  # TensorRT compiles for minutes, Core ML rounds to half precision
_WEBGPU = "onnxruntime_ep_webgpu"
_RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-silicon")


@dataclass(frozen=True)
class Device:
    """A device by its name, and why it cannot be used: empty where it can."""

    name: str
    why_not: str = ""


def choose(wanted: str) -> str:
    """The device that ``wanted`` stands for: a name in any case, or ``"auto"``; an unknown one is the CPU.

    ``"auto"`` takes what seems to be there, without trying it.
    """
    if wanted == "auto":
        return next((name for name in _UNASKED if not missing(name)), CPU)
    return next((name for name in NAMES if name.lower() == wanted.lower()), CPU)


def missing(name: str) -> str:
    """What a device lacks, as far as that can be told without running anything; empty for nothing."""
    provider = _PROVIDERS[name][0]
    if name == "WebGPU" and importlib.util.find_spec(_WEBGPU):
        return ""
    if provider not in ort.get_available_providers():
        return "this build of ONNX Runtime does not have it"
    if provider in ("CUDAExecutionProvider", "TensorrtExecutionProvider") and not _nvidia_driver():
        return "no NVIDIA driver was found"
    return ""


def provide(name: str, options: ort.SessionOptions) -> list[tuple[str, dict[str, str]]] | None:
    """Prepare ``options`` for a device; the providers to create the session with.

    Raises the runtime's own errors where the device's libraries cannot be loaded.
    """
    provider, settings = _PROVIDERS[name]
    if name == "WebGPU" and provider not in ort.get_available_providers():
        options.add_provider_for_devices(_webgpu_devices(), {})
        return None
    if provider in ("CUDAExecutionProvider", "TensorrtExecutionProvider"):
        ort.preload_dlls()
    if name == "DirectML":
        options.enable_mem_pattern = False
    if name == "TensorRT":
        import platformdirs

        cache = str(platformdirs.user_cache_path("latent-explorer") / "tensorrt")
        settings = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": cache}
        return [(provider, settings), _PROVIDERS["CUDA"], _PROVIDERS[CPU]]
    return [(provider, settings), *([] if name == CPU else [_PROVIDERS[CPU]])]


def runs_on(session: ort.InferenceSession, name: str) -> bool:
    """Whether a session really has the device."""
    return bool(_PROVIDERS[name][0] == session.get_providers()[0])


@functools.cache
def available() -> tuple[Device, ...]:
    """Every device, each tried once in the life of the process; this may take seconds."""
    found: dict[str, str] = {}
    for name in NAMES:
        provider = _PROVIDERS[name][0]
        if provider not in found:
            found[provider] = missing(name) or _try(name)
    return tuple(Device(name, found[_PROVIDERS[name][0]]) for name in NAMES)


def conflict() -> str:
    """What to do where two distributions of the runtime overwrite each other's files; empty where not."""
    from importlib.metadata import PackageNotFoundError, distribution

    installed = []
    for name in _RUNTIMES:
        try:
            distribution(name)
        except PackageNotFoundError:
            continue
        installed.append(name)
    if len(installed) < 2:
        return ""
    return (
        f"{' and '.join(installed)} are installed together, so that one hides the other's devices; run "
        f"“pip uninstall {' '.join(installed)}”, then “pip install {installed[-1]}”."
    )


def _try(name: str) -> str:
    """Run a convolution on a device alone; what went wrong, empty for nothing."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    if name != CPU:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    ort.set_default_logger_severity(4)
    try:
        providers = provide(name, options)
        session = ort.InferenceSession(_convolution(), options, providers=providers, enable_fallback=0)
        if not runs_on(session, name):
            return "its libraries could not be loaded"
        ones = np.ones((1, 1, 8, 8), np.float32)
        answer = session.run(None, {"x": ones})[0]
    except Exception as error:  # noqa: BLE001 - a driver may fail in any way; the reason is shown
        return str(error).splitlines()[0][:160] if str(error) else type(error).__name__
    finally:
        ort.set_default_logger_severity(2)
    return "" if np.allclose(answer, 9.0) else "it computes wrongly"


def _convolution() -> bytes:
    """A model of one 3×3 convolution with ones, ``x (1, 1, 8, 8)``."""
    graph = wire.message(
        (wire.NODE, wire.node("Conv", ["x", "w"], "y")),
        (wire.NAME, "probe"),
        (wire.INITIALIZER, wire.tensor("w", np.ones((1, 1, 3, 3), np.float32))),
        (wire.INPUT, wire.value("x", "float32", (1, 1, 8, 8))),
        (wire.OUTPUT, wire.value("y", "float32", (1, 1, 6, 6))),
    )
    return wire.message(
        (wire.IR_VERSION, 8), (wire.GRAPH, graph), (wire.OPSETS, wire.message((1, ""), (2, 13)))
    )


def _nvidia_driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def _webgpu_devices() -> list[object]:
    plugin = importlib.import_module(_WEBGPU)
    name = plugin.get_ep_name()
    if not any(device.ep_name == name for device in ort.get_ep_devices()):
        ort.register_execution_provider_library("webgpu", plugin.get_library_path())
    return [device for device in ort.get_ep_devices() if device.ep_name == name][:1]
