"""Train an autoencoder, a variational one, or a GAN with an encoder.

    python -m models.train --kind vae --data /usr/share/datasets/fashion-mnist --out runs/fashion-vae

writes ``checkpoint.pt`` in the folder after every epoch; ``--resume`` goes on from it as if never stopped.
With ``--events`` it speaks and listens as ``models.events`` describes.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from .autoencoder_run import AutoencoderRun
from .checkpoint import ParityError, load_checkpoint
from .config import ModelConfig, TrainConfig
from .data import DataError, ImageData, load_images
from .events import Commands, Events
from .gan_run import GanRun
from .run import Diverged, Run
from .watch import Keeper, Teller, Terminal

RATES = {"hinge": 5e-4, "dcgan": 2e-4}  # learning rates of the games unless one is given
SETTINGS = (
    "epochs", "batch_size", "learning_rate", "average", "flip", "precision", "seed", "patience", "variance",
    "noise", "warmup", "free_bits", "sharpen", "game", "r1", "encoder_epochs",
)  # fmt: skip

CHANGED = (
    "epochs",
    "learning_rate",
    "variance",
    "sharpen",
    "encoder_epochs",
)  # what a resumed run may do otherwise


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    defaults = TrainConfig(ModelConfig("vae", 28, 28, 1, 16))
    parser = argparse.ArgumentParser(
        prog="python -m models.train",
        description="Train a convolutional autoencoder, variational autoencoder or GAN.",
        epilog="example: python -m models.train --kind vae --data /usr/share/datasets/fashion-mnist "
        "--out runs/fashion-vae",
    )
    add = parser.add_argument
    add("--kind", choices=["vae", "ae", "gan"], default="vae")
    add("--data", type=Path, required=True, help="an IDX file, an NPZ file or a folder of images")
    add("--out", type=Path, required=True, help="folder for checkpoint.pt")
    add("--size", help="side, or HEIGHTxWIDTH, that pictures are fitted to (a folder: 64 unless given)")
    add("--channels", type=int, choices=[1, 3], help="grey or colour; the data's own unless given")
    add("--latent-size", type=int, default=defaults.model.latent_size, help="%(default)s unless given")
    add(
        "--features",
        type=int,
        default=defaults.model.features,
        help="channels of the finest map (%(default)s)",
    )
    add("--hidden", type=int, default=defaults.model.hidden, help="width before the code (%(default)s)")
    add("--epochs", type=int, help=f"passes over the data, in all ({defaults.epochs})")
    add("--until", type=int, help="stop after this epoch of them, to go on later with --resume")
    add("--batch-size", type=int, help=f"{defaults.batch_size}")
    add("--learning-rate", type=float, help=f"{defaults.learning_rate}; of a GAN {RATES['hinge']}")
    add("--average", type=float, help=f"decay of the running average of weights ({defaults.average})")
    add("--patience", type=int, help="end after so many epochs without better validation (0: never)")
    add("--flip", action="store_true", default=None, help="mirror half of the pictures")
    add("--precision", choices=["auto", "float32", "bfloat16"], help="auto: bfloat16 where it is quicker")
    add("--device", choices=["auto", "cpu", "cuda"], default="auto")
    add("--seed", type=int, help=f"{defaults.seed}")
    add("--variance", type=float, help=f"σ² of the likelihood ({defaults.variance})")
    add("--noise", choices=["fixed", "learned"], help="learned: the best σ² at each step")
    add("--warmup", type=float, help=f"epochs until the full KL weight ({defaults.warmup})")
    add("--free-bits", type=float, help="nats of each dimension that cost nothing (0)")
    add("--sharpen", type=float, help="a VAE's: weight in nats of a critic of its draws (0: none)")
    add("--game", choices=["hinge", "dcgan"], help="a GAN's: hinge with R1, or the unsteady original")
    add("--r1", type=float, help=f"a GAN's gradient penalty γ ({defaults.r1})")
    add("--encoder-epochs", type=int, help="a GAN's last epochs, which train an encoder for it (0)")
    add("--bundle", type=Path, help="folder for the ONNX files, curves, sheet and card, once trained")
    add("--name", help="the model's name there; that of the folder unless given")
    add("--data-name", help="what to call the data; by the file unless given")
    add("--events", action="store_true", help="JSON lines on stdout, commands on stdin")
    add(
        "--resume",
        action="store_true",
        help="go on from the checkpoint in --out, with its settings but for epochs, encoder-epochs, "
        "learning-rate, variance and sharpen",
    )
    return parser.parse_args(arguments)


def sides(size: str | None) -> tuple[int, int] | None:
    """Height and width of ``--size``: "64" or "48x64". Raises ``DataError``."""
    if size is None:
        return None
    parts = size.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) for part in parts):
        raise DataError(f"--size is {size}; a side as 64, or HEIGHTxWIDTH as 48x64 would work.")
    return int(parts[0]), int(parts[-1])


def read(options: argparse.Namespace, size: tuple[int, int] | None, channels: int | None) -> ImageData:
    """The pictures, under the name that the command line gives them. Raises ``DataError``."""
    data = load_images(options.data, size, channels)
    return replace(data, name=options.data_name) if options.data_name else data


def halves_help(device: str) -> bool:
    """Whether the device multiplies bfloat16 itself."""
    return device == "cuda" or bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())


def prepare(options: argparse.Namespace) -> Run:
    """The run that the command line describes, new or resumed. Raises ``DataError`` or ``ValueError``."""
    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if options.resume:
        checkpoint = options.out / "checkpoint.pt"
        model = TrainConfig.from_dict(load_checkpoint(checkpoint)["config"]).model
        data = read(options, (model.height, model.width), model.channels)
        made = GanRun if model.kind == "gan" else AutoencoderRun
        changes = {name: getattr(options, name) for name in CHANGED if getattr(options, name) is not None}
        return made.load(checkpoint, data, device, **changes)
    data = read(options, sides(options.size), options.channels)
    height, width, channels = data.images.shape[1:]
    model = ModelConfig(
        options.kind, height, width, channels, options.latent_size, options.features, options.hidden
    )
    settings: dict[str, Any] = {
        name: getattr(options, name) for name in SETTINGS if getattr(options, name) is not None
    }
    if settings.get("precision") == "auto":
        settings["precision"] = "bfloat16" if halves_help(device) else "float32"
    if options.kind == "gan":
        settings.setdefault("learning_rate", RATES[settings.get("game", "hinge")])
    config = TrainConfig(model, **settings)
    return (GanRun if options.kind == "gan" else AutoencoderRun)(config, data, device)


def main(arguments: list[str] | None = None) -> int:
    """Train as the command line says; 0, or 1 after one sentence on stderr or as the last event."""
    options = parse(arguments)
    events = Events(sys.stdout) if options.events else None
    watch = Teller(options.out, events, Commands()) if events else Terminal(options.out)
    started = time.monotonic()
    event, sentence = train(options, watch)
    if events:
        kept = watch.path if watch.path.exists() else None
        minutes = (time.monotonic() - started) / 60
        events.send(event, sentence=sentence, checkpoint=kept, minutes=minutes)
    else:
        print(sentence, file=sys.stderr)
    return int(event == "failed")


def train(options: argparse.Namespace, watch: Keeper) -> tuple[str, str]:
    """Do it all; how it ended, as an event's name and a sentence."""
    try:
        run = prepare(options)
        watch.start(run)
        ended = run.run(watch, options.until)
        watch.finish(run)
        if options.bundle and not watch.deserted:
            from .bundle import bundle

            watch.say("Exporting the model and drawing its sheet.")
            bundle(run, watch.path, options.bundle, options.name or options.bundle.resolve().name)
    except Diverged as error:
        kept = f" {watch.path} keeps the last good state." if watch.path.exists() else ""
        return "failed", f"{error}{kept}"
    except (DataError, ParityError, ValueError) as error:
        return "failed", str(error)
    except OSError as error:
        return "failed", f"{options.out} could not be written ({error}); choose another place."
    if not ended:
        return "stopped", f"Stopped in epoch {run.epoch + 1}; {watch.path} keeps all that is done."
    return "done", f"{run.epoch} epochs trained; {watch.path} keeps the model."


if __name__ == "__main__":
    sys.exit(main())
