"""An encoder and a decoder, opened, proved to belong together, and run. The one importer of onnxruntime."""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from explorer.core import detection
from explorer.core.detection import Fact, Graph, Port
from explorer.core.errors import ExplorerError
from explorer.core.pixels import ImageSpec, from_tensor, mean_squared_error, to_tensor

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]

BATCH = 128
_TRIALS = 24
_TRIALS_OF_KNOWN = 4


@dataclass(frozen=True)
class SelfTest:
    """The round trip of decoded pictures, against always answering with their mean.

    ``error`` and ``baseline`` are mean squared errors on [0, 1] pixels; ``passed`` is None where the
    decoder's pictures hardly differ, so that nothing can be said.
    """

    error: float
    baseline: float
    passed: bool | None


class ModelPair:
    """An open encoder/decoder pair.

    Attributes:
        name: what to call it: the files' own name, or their folder's.
        kind: ``"VAE"`` if the encoder gives a log-variance, else ``"AE"``.
        latent_size: elements of the flattened latent, D.
        image: the pictures it takes and draws.
        device: the device that really runs, ``"CPU"`` or ``"CUDA"``.
        fingerprint: SHA-256 over both files, hexadecimal.
        facts: what was found out, each with its source.
        self_test: whether the two belong together.
    """

    def __init__(
        self,
        encoder: _Network,
        decoder: _Network,
        specs: tuple[ImageSpec, ImageSpec],
        posterior: detection.Posterior,
        fingerprint: str = "",
    ) -> None:
        self._encoder, self._decoder = encoder, decoder
        self._encoder_spec, self.image = specs
        self._posterior = posterior
        self._outputs = [posterior.mean] + ([posterior.logvar] if posterior.logvar else [])
        self._decoder_output = [decoder.graph.outputs[0].name]
        self._decoder_input = decoder.graph.inputs[0].name
        self._latent_shape = tuple(size or 0 for size in decoder.graph.inputs[0].shape[1:])
        self.encoder_path, self.decoder_path = encoder.graph.path, decoder.graph.path
        self.latent_size = decoder.graph.inputs[0].sample_size or 0
        self.kind = "VAE" if posterior.logvar else "AE"
        self.device = decoder.device
        self.name = decoder.graph.meta("name") or self.decoder_path.resolve().parent.name
        self.fingerprint = fingerprint
        self.facts: tuple[Fact, ...] = ()
        self.self_test = SelfTest(0.0, 0.0, None)

    @classmethod
    def open(cls, paths: Path | Sequence[Path], device: str = "auto") -> ModelPair:
        """Open a folder, two files in any order, or one file with its partner beside it.

        ``device`` is ``"auto"`` or ``"cpu"``. Raises ``ExplorerError`` for anything that is not an
        encoder and a decoder that belong together.
        """
        networks = [_Network(path, device) for path in _model_files(paths)]
        roles = [detection.role_of(network.graph) for network in networks]
        if roles[0] == roles[1]:
            files = f"{networks[0].graph.path} and {networks[1].graph.path}"
            raise ExplorerError(f"{files} are both {roles[0]}s; one encoder and one decoder would work.")
        encoder, decoder = networks if roles[0] == "encoder" else networks[::-1]
        return _settle(encoder, decoder, known=detection.same_pair(encoder.graph, decoder.graph))

    def encode(self, pictures: Pictures) -> tuple[Floats, Floats | None]:
        """Encode ``uint8 (N, H, W, C)`` to the posterior mean and log-variance, ``(N, D) float32``.

        The log-variance is None for a plain autoencoder. Raises ``ExplorerError`` if the model fails.
        """
        parts = [
            self._encoder.run(self._outputs, to_tensor(pictures[start : start + BATCH], self._encoder_spec))
            for start in range(0, len(pictures), BATCH)
        ]
        columns = [
            np.concatenate([part[i].reshape(len(part[i]), -1) for part in parts])
            for i in range(len(self._outputs))
        ]
        if not np.isfinite(columns[0]).all():
            raise ExplorerError(
                f"{self.encoder_path} gave a latent that is not a number; export it in float32."
            )
        return columns[0], columns[1] if len(columns) > 1 else None

    def decode(self, latents: Floats) -> Pictures:
        """Decode ``(N, D) float32`` to pictures, ``uint8 (N, H, W, C)``.

        Raises ``ExplorerError`` if the model fails or draws something that is not a number.
        """
        if len(latents) <= BATCH:
            return from_tensor(self.decode_raw(latents), self.image, overwrite=True)
        starts = range(0, len(latents), BATCH)
        return np.concatenate([self.decode(latents[start : start + BATCH]) for start in starts])

    def decode_raw(self, latents: Floats) -> Floats:
        """The decoder's own output for ``(N, D)`` latents, in its own layout and range."""
        shaped = latents.reshape(len(latents), *self._latent_shape)
        return self._decoder.run(self._decoder_output, shaped)[0]


class _Network:
    """One ONNX file in a runtime session."""

    def __init__(self, path: Path, device: str) -> None:
        self._session = _session(path, device)
        self.device = "CUDA" if self._session.get_providers()[0] == "CUDAExecutionProvider" else "CPU"
        self.graph = Graph(
            path=path,
            inputs=tuple(map(_port, self._session.get_inputs())),
            outputs=tuple(map(_port, self._session.get_outputs())),
            metadata=dict(self._session.get_modelmeta().custom_metadata_map),
        )
        self._input = self.graph.inputs[0].name if self.graph.inputs else ""
        self._fixed_batch = (
            self.graph.inputs[0].shape[0] if self.graph.inputs and self.graph.inputs[0].shape else None
        )

    def run(self, outputs: list[str], batch: Floats) -> list[Floats]:
        """Run ``(N, …)``; a model of fixed batch size is fed in padded pieces and the answers are cut."""
        try:
            if self._fixed_batch is None or self._fixed_batch == len(batch):
                return self._session.run(outputs, {self._input: batch})  # type: ignore[no-any-return]
            size = self._fixed_batch
            pieces = []
            for start in range(0, len(batch), size):
                piece = batch[start : start + size]
                padded = np.concatenate([piece, np.repeat(piece[-1:], size - len(piece), axis=0)])
                answers = self._session.run(outputs, {self._input: padded})
                pieces.append([answer[: len(piece)] for answer in answers])
            return [np.concatenate(column) for column in zip(*pieces, strict=True)]
        except Exception as error:  # the runtime's own exceptions share no public base class
            raise ExplorerError(f"{self.graph.path} failed while running: {_first_line(error)}.") from error


def _settle(encoder: _Network, decoder: _Network, *, known: bool) -> ModelPair:
    """Find out layout, ranges and outputs, and prove that the two belong together.

    A pair ``known`` to come from one export is tried on fewer pictures, and opened even if it is trained so
    badly that the proof fails.
    """
    latent, drawn = decoder.graph.inputs[0], decoder.graph.outputs[0]
    size = latent.sample_size or 0
    paths = encoder.graph.path, decoder.graph.path
    trials = _TRIALS_OF_KNOWN if known else _TRIALS
    draw = Random(0).gauss  # numpy.random takes longer to import than all the rest of this to run
    latents = np.array([draw(0.0, 1.0) for _ in range(trials * size)], np.float32)
    seen = decoder.run([drawn.name], latents.reshape(trials, *(s or 0 for s in latent.shape[1:])))[0]
    range_out = detection.declared_range(decoder.graph)
    out_source = "file metadata" if range_out else "trial run"
    spec_out = ImageSpec(*detection.image_shape(drawn, paths[1]), *(range_out or detection.range_of(seen)))
    shape_in = detection.image_shape(encoder.graph.inputs[0], paths[0])
    declared_in = detection.declared_range(encoder.graph)
    spec_in = ImageSpec(*shape_in, *(declared_in or (spec_out.low, spec_out.high)))
    detection.same_picture(spec_in, spec_out, paths)
    pictures = from_tensor(seen, spec_out)

    def error_of(output: str, spec: ImageSpec) -> float:
        pair = ModelPair(encoder, decoder, (spec, spec_out), detection.Posterior(output, None, ""))
        return mean_squared_error(pictures, pair.decode(pair.encode(pictures)[0]))

    def changes(output: str) -> bool:
        tensor = to_tensor(pictures[:2], spec_in)
        return not np.array_equal(encoder.run([output], tensor)[0], encoder.run([output], tensor)[0])

    posterior = detection.posterior_outputs(
        encoder.graph, size, lambda name: error_of(name, spec_in), changes
    )
    if declared_in is None:
        candidates = [replace(spec_in, low=low, high=high) for low, high in detection.RANGES]
        errors = [error_of(posterior.mean, spec) for spec in candidates]
        low, high = detection.best_range(errors, (spec_out.low, spec_out.high))
        spec_in = replace(spec_in, low=low, high=high)
    pair = ModelPair(encoder, decoder, (spec_in, spec_out), posterior, _fingerprint(*paths))
    pair.self_test = _round_trip(pair, pictures)
    if pair.self_test.passed is False and not known:
        raise ExplorerError(
            f"{paths[0]} and {paths[1]} do not belong together: encoding and decoding again misses by more "
            f"than always drawing the mean picture (MSE {pair.self_test.error:.3f} against "
            f"{pair.self_test.baseline:.3f}); "
            "open an encoder and a decoder from the same training."
        )
    in_source = "file metadata" if declared_in else "trial run"
    pair.facts = (
        Fact("Kind", f"{pair.kind} ({' , '.join(pair._outputs)})".replace(" ,", ","), posterior.source),
        Fact("Latent", "×".join(str(s) for s in latent.shape[1:]), "graph"),
        Fact(
            "Picture",
            f"{spec_out.height} × {spec_out.width} {'grey' if spec_out.channels == 1 else 'RGB'}",
            "graph",
        ),
        Fact("Layout", f"{spec_in.layout} in, {spec_out.layout} out", "graph"),
        Fact("Pixels in", f"[{spec_in.low:g}, {spec_in.high:g}]", in_source),
        Fact("Pixels out", f"[{spec_out.low:g}, {spec_out.high:g}]", out_source),
        Fact("Device", pair.device, "trial run"),
        Fact("Self-test", _self_test_text(pair.self_test), "trial run"),
    )
    return pair


def _round_trip(pair: ModelPair, pictures: Pictures) -> SelfTest:
    """Encode and decode pictures that the pair has itself reconstructed once.

    The first reconstruction brings arbitrary pictures onto what the pair can draw, so that the second
    is a fair question also for an autoencoder whose decoded random latents are garbage.
    """
    once = pair.decode(pair.encode(pictures)[0])
    twice = pair.decode(pair.encode(once)[0])
    error = mean_squared_error(once, twice)
    baseline = float(np.var(once / 255.0, axis=0).mean())
    return SelfTest(error, baseline, None if baseline < 1e-5 else error < baseline)


def _self_test_text(test: SelfTest) -> str:
    if test.passed is None:
        return "cannot tell: decoded pictures hardly differ"
    verdict = "passed" if test.passed else "failed"
    return f"{verdict} (MSE {test.error:.4f}, mean picture {test.baseline:.4f})"


def _model_files(paths: Path | Sequence[Path]) -> tuple[Path, Path]:
    """The two ONNX files that ``paths`` stands for."""
    given = [paths] if isinstance(paths, Path) else list(paths)
    if len(given) == 1 and given[0].is_dir():
        found = sorted(given[0].glob("*.onnx"))
        if len(found) == 2:
            return found[0], found[1]
        raise ExplorerError(
            f"{given[0]} holds {len(found) or 'no'} ONNX file{'' if len(found) == 1 else 's'}; "
            "a folder with one encoder and one decoder would work."
        )
    for path in given:
        _check_file(path)
    if len(given) == 2:
        return given[0], given[1]
    if len(given) == 1:
        partner = _partner(given[0])
        if partner:
            return given[0], partner
        raise ExplorerError(
            f"{given[0]} has no partner beside it; open an encoder and a decoder together, "
            "or a folder that holds just the two."
        )
    raise ExplorerError(f"{len(given)} files were given; one encoder and one decoder would work.")


def _partner(path: Path) -> Path | None:
    """The other half beside ``path``: by name (encoder ↔ decoder), else the only other ONNX file."""
    name = path.name
    for one, other in (("encoder", "decoder"), ("decoder", "encoder")):
        if one in name.lower():
            start = name.lower().index(one)
            candidate = path.with_name(name[:start] + other + name[start + len(one) :])
            if candidate.exists():
                return candidate
    others = [file for file in path.parent.glob("*.onnx") if file != path]
    return others[0] if len(others) == 1 else None


def _check_file(path: Path) -> None:
    if not path.exists():
        raise ExplorerError(f"{path} does not exist; choose an .onnx file or a folder that holds a pair.")
    if path.is_dir():
        raise ExplorerError(f"{path} is a folder among other paths; give one folder, or two .onnx files.")
    if path.stat().st_size == 0:
        raise ExplorerError(f"{path} is empty; export the model again.")


def _session(path: Path, device: str) -> ort.InferenceSession:
    _check_file(path)
    options = ort.SessionOptions()
    # A spinning thread pool costs more than a core for a few per cent; the window needs that core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = max(1, (os.cpu_count() or 2) - 1)
    options.log_severity_level = 4
    providers = ["CPUExecutionProvider"]
    if device == "auto" and "CUDAExecutionProvider" in ort.get_available_providers() and _cuda_driver():
        providers.insert(0, "CUDAExecutionProvider")
    # A CUDA build without its libraries reports that on stderr, whatever the session's own level.
    ort.set_default_logger_severity(4)
    try:
        if len(providers) > 1:
            ort.preload_dlls()
        return ort.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # the runtime's own exceptions share no public base class
        raise ExplorerError(
            f"{path} is no ONNX model that this runtime can load ({_first_line(error)}); "
            "export the encoder or decoder to ONNX again."
        ) from error
    finally:
        ort.set_default_logger_severity(2)


def _cuda_driver() -> bool:
    """Whether NVIDIA's driver is there; the runtime's own list describes its build, not the machine."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def _port(node: Any) -> Port:
    shape = tuple(size if isinstance(size, int) and size > 0 else None for size in node.shape or ())
    return Port(node.name, node.type, shape)


def _first_line(error: Exception) -> str:
    """The runtime's reason without its error code and its copy of the path."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text.split(" : ")[-1].strip().rstrip(".")[:160]


def _fingerprint(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
