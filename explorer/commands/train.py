"""``latent-explorer train``: from pictures to a trained, exported, encoded and mapped model."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.commands.parsing import command_parser
from explorer.console import console_progress
from explorer.core.errors import ExplorerError

if TYPE_CHECKING:
    from explorer.core.dataset import Dataset
    from explorer.core.progress import Progress
    from explorer.core.training import Training
    from explorer.core.training_data import Proposal


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "train",
        "Train a model of pictures: a folder of images, IDX, NPZ or NPY. Looks at them, proposes settings, "
        "trains, and leaves a folder that opens at once. Ctrl+C stops and keeps; --resume goes on.",
        "latent-explorer train photos/ --kind vae --out my-vae/",
    )
    add = made.add_argument
    add("data", metavar="DATA", type=Path)
    add(
        "--kind",
        choices=("vae", "ae", "gan"),
        default="vae",
        help="vae: to explore and to sample; ae: the truest reconstructions; gan: the sharpest samples (vae)",
    )
    add("--out", metavar="DIR", type=Path, required=True)
    add("--size", metavar="HxW", help="height and width in pixels (28 to 64, by the pictures' own)")
    add("--latent-size", type=int, help="latent dimensions (8 to 32, by the pictures)")
    add("--epochs", type=int, help="passes over the pictures (by their number)")
    add("--features", type=int, help="width of the network (16 or 24)")
    add("--sharpen", action="store_true", help="a vae's: a critic sharpens its draws; 2.6 times the time")
    add("--seed", type=int, default=42, help="the same seed trains the same model (42)")
    add("--look", action="store_true", help="only say what is found and proposed")
    add("--resume", action="store_true", help="go on with the training kept in DIR")
    return made  # fmt: skip


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from explorer.core.dataset import open_dataset
    from explorer.core.training import Training, arguments, check_torch, prepare
    from explorer.core.training_data import SHARPEN, look, propose, seconds_of, told

    dataset, progress = open_dataset(parsed.data), console_progress()
    if parsed.resume:
        given = arguments(parsed.out, dataset.name)
        given += [f"--epochs={parsed.epochs}"] if parsed.epochs else []
        given += [f"--sharpen={SHARPEN:g}"] if parsed.sharpen else []
        check_torch()
    else:
        found = look(dataset, progress)
        proposal = _stated(propose(found, parsed.kind), parsed)
        for line in told(found, proposal, seconds_of(proposal, found.count)):
            print(line, file=sys.stderr)
        if parsed.look:
            return 0
        check_torch()
        prepare(dataset, proposal, parsed.out, progress)
        given = arguments(parsed.out, dataset.name, proposal, parsed.seed)
    _train(Training(given, parsed.out))
    _open(parsed.out, dataset, progress)
    print(f"latent-explorer {parsed.out} opens it.", file=sys.stderr)
    return 0


def _stated(proposal: Proposal, parsed: argparse.Namespace) -> Proposal:
    """The proposal with what the command line says otherwise."""
    from explorer.core.training import adjusted

    wanted = {
        name: value
        for name in ("latent_size", "epochs", "features")
        if (value := getattr(parsed, name)) is not None
    }
    if parsed.size is not None:
        parts = parsed.size.lower().split("x")
        if len(parts) > 2 or not all(part.isdecimal() for part in parts):
            raise ExplorerError(f"--size {parsed.size} is no size; 64 or 48x64 would work.")
        wanted |= {"height": int(parts[0]), "width": int(parts[-1])}
    stated = adjusted(proposal, **wanted)
    return stated.sharpened() if parsed.sharpen else stated


def _train(training: Training) -> None:
    """Tell how it goes; Ctrl+C stops it, and what is done is kept."""
    progress, last = console_progress(), dict[str, Any]()
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        print("Stopping; what is done is kept.", file=sys.stderr)
        training.stop()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        for last in training.events():
            _tell(last, progress)
    finally:
        signal.signal(signal.SIGINT, before)
    if last["event"] == "failed":
        raise ExplorerError(last["sentence"])
    print(last["sentence"], file=sys.stderr)


def _tell(event: dict[str, Any], progress: Progress) -> None:
    if event["event"] == "step":
        progress(event["done"], event["total"], "Training", "steps")
    elif event["event"] == "epoch":
        values = event["figures"].items()
        numbers = "  ".join(f"{name} {value:.4g}" for name, value in values if value is not None)
        clear = "\r\x1b[K" if sys.stderr.isatty() else ""
        print(f"{clear}epoch {event['epoch']}: {numbers}", file=sys.stderr)
    elif event["event"] == "said":
        print(event["sentence"], file=sys.stderr)


def _open(out: Path, dataset: Dataset, progress: Progress) -> None:
    """Encode the pictures with the new model and map them; of a generator alone, samples."""
    from dataclasses import asdict

    from explorer.core.map_shelf import maps_folder
    from explorer.core.projection import MapSettings, fit_map
    from explorer.core.training import encode_trained

    work = encode_trained(out, dataset, progress)
    made = fit_map(work.latents, MapSettings(), progress, keep_in=maps_folder(work.folder))
    work.save_positions(made.places, asdict(made.settings))
