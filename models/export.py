"""Export a checkpoint of ``models.train`` as the pair of ONNX files that latent-explorer opens.

    python export_onnx.py runs/fashion-vae/checkpoint.pt --out exported/fashion-vae

writes ``encoder.onnx`` (``image`` → ``mu``, ``logvar``; ``z`` without a posterior) and ``decoder.onnx``
(``z`` → ``image``), each with a batch axis of any length; of a GAN without an encoder, the generator alone.
They are run in ONNX Runtime on real pictures and compared with torch first; a pair that differs is not left
behind. The pictures come with the checkpoint. ``--half`` stores weights as float16, for half the size; they
are computed with as float32, and the network is rounded first, so that nothing else changes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import secrets
import shutil
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from .autoencoder import Autoencoder
from .checkpoint import ParityError, load_model
from .data import DataError
from .run import to_batch

TOLERANCE = 1e-4
BATCHES = (1, 2, 7, 64)
PREFIX = "latent_explorer."
OPSET = 18
WORTH_HALVING = 256  # values of a weight


class EncoderGraph(nn.Module):
    """The encoder with plain outputs: (mu, logvar), or the code alone."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.encoder = model.encoder

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Pictures (N, C, H, W) → codes (N, D)."""
        mu, logvar = self.encoder(image)
        return (mu,) if logvar is None else (mu, logvar)


class DecoderGraph(nn.Module):
    """The decoder with a named input."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.decoder = model.decoder

    def forward(self, z: Tensor) -> Tensor:
        """Latents (N, D) → pictures (N, C, H, W)."""
        image: Tensor = self.decoder(z)
        return image


def facts(model: Autoencoder, checkpoint: dict[str, Any], name: str, pair: str) -> dict[str, str]:
    """What both files say about themselves, without the prefix and the role."""
    config = model.config
    values = {
        "format": "1",
        "kind": config.kind,
        "name": name,
        "latent_size": str(config.latent_size),
        "image_height": str(config.height),
        "image_width": str(config.width),
        "image_channels": str(config.channels),
        "image_layout": "NCHW",
        "image_low": "0.0",
        "image_high": "1.0",
        "pair": pair,
        "data": str(checkpoint["data"]["name"]),
        "seed": str(checkpoint["config"]["seed"]),
    }
    return values | ({} if config.kind == "ae" else {"prior": "normal"})


def write_graph(
    graph: nn.Module,
    example: Tensor,
    inputs: str,
    outputs: Sequence[str],
    path: Path,
    metadata: dict[str, str],
    half: bool,
) -> None:
    """One ONNX file with a batch axis named ``batch`` on every input and output."""
    batch = torch.export.Dim("batch", min=1)
    chatter = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(chatter):
        warnings.simplefilter("ignore")  # the exporter's own deprecations say nothing about the model
        program = torch.onnx.export(
            graph.eval(),
            (example,),
            input_names=[inputs],
            output_names=list(outputs),
            dynamic_shapes=({0: batch},),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    for value in [*proto.graph.input, *proto.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    forget_origin(proto)
    if half:
        store_halves(proto)
    onnx.helper.set_model_props(proto, metadata)
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)


@torch.no_grad()
def round_to_half(model: Autoencoder) -> None:
    """Round the weights to what float16 holds; they stay float32. Raises ``ParityError`` beyond its range."""
    for weight in model.parameters():
        weight.copy_(weight.half().float())
        if not torch.isfinite(weight).all():
            raise ParityError("a weight is too large for float16; export without --half.")


def store_halves(proto: onnx.ModelProto) -> None:
    """Store each large float32 weight as float16, with a Cast back in front of the network."""
    graph = proto.graph
    casts = []
    for weight in graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= WORTH_HALVING:
            name = weight.name
            weight.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def session(path: Path) -> onnxruntime.InferenceSession:
    """A file in ONNX Runtime on the CPU, where parity is judged."""
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@torch.no_grad()
def parity(model: Autoencoder, folder: Path, images: Tensor) -> float:
    """The largest difference between torch and ONNX Runtime over both files and several batch sizes.

    ``images`` uint8 (N, C, H, W) are real pictures. Outputs are compared as they are, so the bound is
    on pixels in [0, 1] and on latents. A value that is not finite counts as an infinite difference.
    """
    encodes = (folder / "encoder.onnx").exists()
    encoder = session(folder / "encoder.onnx") if encodes else None
    decoder = session(folder / "decoder.onnx")
    worst = 0.0
    for batch in BATCHES:
        pictures = to_batch(images[:batch])
        mu, logvar = model.encoder(pictures)
        wanted = [mu] if logvar is None else [mu, logvar]
        found = encoder.run(None, {"image": pictures.numpy()}) if encoder else wanted
        decoded = decoder.run(None, {"z": mu.numpy()})
        pairs = zip([*wanted, model.decoder(mu)], [*map(np.asarray, found), *decoded], strict=True)
        for expected, array in pairs:
            if expected.shape != array.shape:
                return float("inf")
            difference = float(np.abs(expected.numpy() - array).max())
            worst = max(worst, difference) if np.isfinite(difference) else float("inf")
    return worst


def forget_origin(proto: onnx.ModelProto) -> None:
    """Remove what the exporter notes about the source of each node: paths of the machine it ran on."""
    graph = proto.graph
    for part in (*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer, graph):
        part.doc_string = ""
        del part.metadata_props[:]


def export(
    model: Autoencoder,
    folder: Path,
    metadata: dict[str, str],
    images: Tensor,
    *,
    encodes: bool = True,
    half: bool = False,
) -> float:
    """Write the pair into ``folder`` if it agrees with torch on ``images``; the largest difference found.

    Without ``encodes`` the decoder alone; with ``half`` the weights are rounded to float16, in ``model`` too.
    The files are written beside and renamed once both are good. Raises ``ParityError`` for a pair that
    differs by more than ``TOLERANCE``; what stood in the folder then stays as it was.
    """
    config = model.config
    created = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder, prefix=".unfinished-"))
    try:
        # An example of two, since a batch of one would be taken for a constant.
        image = torch.rand(2, config.channels, config.height, config.width)
        codes = ["mu", "logvar"] if config.kind == "vae" else ["z"]
        named = {PREFIX + key: value for key, value in metadata.items()}
        if half:
            round_to_half(model)
        encoder, decoder = named | {PREFIX + "role": "encoder"}, named | {PREFIX + "role": "decoder"}
        if encodes:
            write_graph(EncoderGraph(model), image, "image", codes, beside / "encoder.onnx", encoder, half)
        z = torch.randn(2, config.latent_size)
        write_graph(DecoderGraph(model), z, "z", ["image"], beside / "decoder.onnx", decoder, half)
        difference = parity(model, beside, images)
        if not difference <= TOLERANCE:
            raise ParityError(
                f"the exported pair differs from torch by {difference:.2g}, more than {TOLERANCE:g}; "
                "it was not written."
            )
        for file in sorted(beside.iterdir()):
            os.replace(file, folder / file.name)
    finally:
        shutil.rmtree(beside)
        if created and not any(folder.iterdir()):
            folder.rmdir()
    return difference


def export_checkpoint(path: Path, folder: Path, name: str, half: bool = False) -> float:
    """Export what ``models.train`` left in ``path``; the largest difference found.

    Raises ``DataError`` or ``ParityError``.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    model, checkpoint = load_model(path)
    config = checkpoint["config"]
    encodes = model.config.kind != "gan" or checkpoint["epoch"] > config["epochs"] - config["encoder_epochs"]
    values = facts(model, checkpoint, name, secrets.token_hex(8))
    return export(model, folder, values, checkpoint["examples"], encodes=encodes, half=half)


def main(arguments: list[str] | None = None) -> int:
    """Export as the command line says; 0, or 1 after one sentence on stderr."""
    parser = argparse.ArgumentParser(
        description="Export a checkpoint as encoder.onnx and decoder.onnx, checked against torch.",
        epilog="example: python export_onnx.py runs/fashion-vae/checkpoint.pt --out exported/fashion-vae",
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the two files")
    parser.add_argument("--name", help="the model's name; that of the output folder unless given")
    parser.add_argument("--half", action="store_true", help="store the weights as float16")
    options = parser.parse_args(arguments)
    try:
        name = options.name or options.out.resolve().name
        difference = export_checkpoint(options.checkpoint, options.out, name, options.half)
    except (DataError, ParityError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    files = " and ".join(file for file in ("encoder.onnx", "decoder.onnx") if (options.out / file).exists())
    print(f"{options.out}: {files}, within {difference:.1g} of torch", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
