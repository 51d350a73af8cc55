"""The short way of one latent through a session: memory that stays where it is, bound once.

A picture is handed out without a copy. Its memory is written again only when nobody holds the array any more,
so a picture on display stays what it is.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

Array = npt.NDArray[Any]
_SLOTS = 3  # one on display, one on its way there, one that is being written


class _Slot(NamedTuple):
    """Outputs bound to arrays of their own, and how many hold the first of them when nobody else does."""

    binding: ort.IOBinding
    arrays: list[Array]
    holders: int


class Lane:
    """Runs a session on the CPU for one latent after the other; for one thread at a time.

    Attributes:
        session: the session that it belongs to.
    """

    def __init__(
        self, session: ort.InferenceSession, feeds: Mapping[str, Array], outputs: Sequence[str]
    ) -> None:
        """Keep copies of ``feeds``, whose shapes and types stay, for runs that give ``outputs``."""
        self.session = session
        self._feeds = {name: np.array(array, order="C") for name, array in feeds.items()}
        self._outputs = list(outputs)
        self._kinds: list[tuple[tuple[int, ...], np.dtype[Any]]] = []
        self._slots: list[_Slot] = []

    def feed(self, name: str, array: Array) -> None:
        """Change what an input is fed; ``array`` is stretched over a fixed batch."""
        self._feeds[name][...] = array

    def run(self, options: ort.RunOptions) -> list[Array]:
        """The outputs. Only the first may be kept; the others are written again by the next run."""
        if not self._kinds:  # only a run tells the shapes of the outputs
            answers: list[Array] = self.session.run(self._outputs, self._feeds, options)
            self._kinds = [(array.shape, array.dtype) for array in answers]
            return answers
        slot = self._free_slot()
        self.session.run_with_iobinding(slot.binding, options)
        return slot.arrays

    def _free_slot(self) -> _Slot:
        for slot in self._slots:
            if sys.getrefcount(slot.arrays[0]) == slot.holders:
                return slot
        arrays = [np.empty(shape, kind) for shape, kind in self._kinds]
        binding = self.session.io_binding()
        for name, array in self._feeds.items():
            binding.bind_cpu_input(name, array)
        for name, array in zip(self._outputs, arrays, strict=True):
            binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        del array
        slot = _Slot(binding, arrays, sys.getrefcount(arrays[0]))
        self._slots = [*self._slots[1 - _SLOTS :], slot]
        return slot


class DeviceLane(Lane):
    """The same on a graphics card: inputs and outputs stay where they are in its memory.

    So the card can record the run once and replay it (a CUDA graph) where the session was made for that.
    Where recording fails, it runs as any other.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        feeds: Mapping[str, Array],
        outputs: Sequence[str],
        place: str = "cuda",
    ) -> None:
        """See ``Lane``; ``place`` is the runtime's name of the memory."""
        super().__init__(session, feeds, outputs)
        self._place = place
        self._recorded: ort.RunOptions | None = ort.RunOptions()
        self._recorded.add_run_config_entry("gpu_graph_id", "0")
        self._binding: ort.IOBinding | None = None
        self._inputs: dict[str, ort.OrtValue] = {}
        self._values: list[ort.OrtValue] = []

    def run(self, options: ort.RunOptions) -> list[Array]:
        """The outputs, copied from the card."""
        if not self._kinds:
            return super().run(options)
        if self._binding is None:
            self._binding = self._bind()
        for name, value in self._inputs.items():
            value.update_inplace(self._feeds[name])
        if self._recorded is not None:
            try:
                self.session.run_with_iobinding(self._binding, self._recorded)
            except Exception:  # noqa: BLE001 - what cannot be recorded may well run
                self._recorded = None
        if self._recorded is None:
            self.session.run_with_iobinding(self._binding, options)
        return [value.numpy() for value in self._values]

    def _bind(self) -> ort.IOBinding:
        binding = self.session.io_binding()
        for name, array in self._feeds.items():
            self._inputs[name] = ort.OrtValue.ortvalue_from_numpy(array, self._place, 0)
            binding.bind_ortvalue_input(name, self._inputs[name])
        for name, (shape, kind) in zip(self._outputs, self._kinds, strict=True):
            value = ort.OrtValue.ortvalue_from_shape_and_type(list(shape), kind.type, self._place, 0)
            binding.bind_ortvalue_output(name, value)
            self._values.append(value)
        return binding


def lane_on(
    device: str, session: ort.InferenceSession, feeds: Mapping[str, Array], outputs: Sequence[str]
) -> Lane:
    """The lane for a device by its name."""
    kind = DeviceLane if device.startswith("CUDA") else Lane
    return kind(session, feeds, outputs)
