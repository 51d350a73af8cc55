"""One ONNX file in a session of the runtime, which moves to the CPU when its device fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt
import onnxruntime as ort

from explorer.core.engine import devices
from explorer.core.engine.port import Port, numpy_type
from explorer.core.engine.session import create, reason
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.model_file import check_file

Array = npt.NDArray[Any]
T = TypeVar("T")


class Network:
    """An open ONNX file. Every method may be called from any thread.

    Attributes:
        path: the file.
        inputs, outputs: its ports, in the file's order.
        metadata: the file's own texts by their keys.
        device: what really runs, a name of ``devices.NAMES``.
        fell_back: why it is the CPU, in a sentence, where something else was asked for or has failed.
    """

    def __init__(
        self,
        path: Path,
        device: str = "auto",
        *,
        rebuilt: Callable[[], bytes | None] | None = None,
        recorded: bool = False,
    ) -> None:
        """Open ``path`` on ``device``, or what ``rebuilt`` makes of it, unless that is None.

        ``recorded`` asks for a session whose runs can be recorded, where device and model allow it.
        Raises ``ExplorerError`` where the runtime does not take it even on the CPU.
        """
        check_file(path)
        self.path = path
        self.fell_back = ""
        self._rebuilt = rebuilt
        self._settings = devices.RECORDED if recorded else {}
        self._options = _run_options()
        self._moving = threading.Lock()
        self.device = devices.choose(device)
        if lacking := devices.missing(self.device):
            self._give_up(f"{self.device} cannot be used: {lacking}")
        elif self.device == devices.CPU and device.lower() not in ("auto", "cpu"):
            self._give_up(f"{device} is no device known here")
        self._session = self._open()
        self.inputs: tuple[Port, ...] = tuple(map(_port, self._session.get_inputs()))
        self.outputs: tuple[Port, ...] = tuple(map(_port, self._session.get_outputs()))
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, outputs: Sequence[str], feeds: Mapping[str, Array]) -> list[Array]:
        """The named outputs for ``feeds``, as they are.

        Raises ``ExplorerError`` where the model fails on the CPU too, and ``Cancelled`` where it is stopped.
        """
        return self.attempt(_run, outputs, feeds)

    def attempt(self, work: Callable[..., T], *arguments: Any) -> T:
        """Call ``work`` with the session, the options of a run and ``arguments``; if it fails, on the CPU."""
        session, options = self._session, self._options
        try:
            return work(session, options, *arguments)
        except ExplorerError:
            raise
        except Exception as error:  # the runtime's own exceptions share no public base class
            if options.terminate:
                raise Cancelled from error
            if self.device == devices.CPU and session is self._session:
                raise ExplorerError(f"{self.path} failed while running: {reason(error)}.") from error
            with self._moving:
                if session is self._session:
                    self._give_up(f"{self.device} failed ({reason(error)})")
                    self._session = self._open()
        return self.attempt(work, *arguments)

    def stop(self) -> None:
        """End the runs that are under way, after the operator that each is at; they raise ``Cancelled``."""
        running = self._options
        self._options = _run_options()
        running.terminate = True

    def _open(self) -> ort.InferenceSession:
        model = self._rebuilt() if self._rebuilt else None
        if self.device == devices.CPU:
            return create(self.path, devices.CPU, model)
        if settings := self._settings.get(self.device):
            with suppress(ExplorerError):  # a part of it cannot be recorded
                return create(self.path, self.device, model, settings)
        try:
            return create(self.path, self.device, model)
        except ExplorerError as error:
            session = create(self.path, devices.CPU, model)  # a broken file says so here
            self._give_up(f"{self.device} cannot be used ({reason(error.__cause__ or error)})")
            return session

    def _give_up(self, why: str) -> None:
        self.fell_back = f"{why}; the CPU runs {self.path.name} instead."
        self.device = devices.CPU


def _run(
    session: ort.InferenceSession,
    options: ort.RunOptions,
    outputs: Sequence[str],
    feeds: Mapping[str, Array],
) -> list[Array]:
    return session.run(outputs, feeds, options)  # type: ignore[no-any-return]


def _run_options() -> ort.RunOptions:
    options = ort.RunOptions()
    # Nothing is recorded for replay. Where this is not said, asking for it costs 30 µs: it raises inside.
    options.add_run_config_entry("gpu_graph_id", "-1")
    return options


def _port(node: Any) -> Port:
    shape = tuple(size if isinstance(size, int) and size > 0 else None for size in node.shape or ())
    return Port(node.name, numpy_type(node.type), shape)
