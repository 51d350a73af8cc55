"""Measure a trained model and draw its sheet.

    python -m models.evaluate runs/fashion-vae/checkpoint.pt --train DATA --test DATA --out runs/fashion-vae

writes ``figures.json`` and ``sheet.png`` (real pictures over their reconstructions, samples of the prior,
interpolations) in the folder, and keeps the classifier that validity was measured with beside them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from models.autoencoder import Autoencoder
from models.checkpoint import load_model
from models.classifier import accuracy, load_classifier, save_classifier, train_classifier, validity
from models.data import DataError, load_images, load_labels
from models.losses import active_units, kl_per_dimension
from models.train import to_batch, to_pictures

SAMPLES = 2000
COLUMNS = 16


@torch.no_grad()
def encode(model: Autoencoder, images: Tensor) -> tuple[Tensor, Tensor | None]:
    """Posterior means (N, D) and log-variances (N, D) or None of uint8 pictures (N, C, H, W)."""
    pairs = [model.encoder(to_batch(rows)) for rows in torch.split(images, 500)]
    logvars = [logvar for _, logvar in pairs if logvar is not None]
    return torch.cat([mu for mu, _ in pairs]), torch.cat(logvars) if logvars else None


@torch.no_grad()
def decode(model: Autoencoder, codes: Tensor) -> Tensor:
    """Pictures (N, C, H, W) in [0, 1] of latents (N, D)."""
    return torch.cat([model.decoder(rows) for rows in torch.split(codes, 500)])


def sample_prior(model: Autoencoder, count: int, seed: int) -> Tensor:
    """Pictures (count, C, H, W) decoded from draws of N(0, I)."""
    generator = torch.Generator().manual_seed(seed)
    return decode(model, torch.randn(count, model.config.latent_size, generator=generator))


def figures(model: Autoencoder, images: Tensor) -> dict[str, Any]:
    """Reconstruction error, active units and KL divergence on uint8 pictures (N, C, H, W)."""
    mu, logvar = encode(model, images)
    error = (decode(model, mu) - to_batch(images)).square().mean().item()
    found: dict[str, Any] = {"mse": error, "active_units": int(active_units(mu).sum()), "count": len(images)}
    if logvar is not None:
        kl = kl_per_dimension(mu, logvar)
        found |= {"kl": kl.sum().item(), "kl_per_dimension": [round(value, 3) for value in kl.tolist()]}
    return found


def sheet(model: Autoencoder, images: Tensor, seed: int) -> Image.Image:
    """Real pictures over reconstructions, prior samples, and straight lines between encoded pictures."""
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    real = to_batch(images[chosen[: 2 * COLUMNS]])
    again = decode(model, encode(model, images[chosen[: 2 * COLUMNS]])[0])
    ends = encode(model, images[chosen[2 * COLUMNS : 2 * COLUMNS + 8]])[0]
    along = torch.linspace(0, 1, COLUMNS)[:, None]
    lines = [decode(model, torch.lerp(a, b, along)) for a, b in zip(ends[:4], ends[4:], strict=True)]
    blocks = [real[:COLUMNS], again[:COLUMNS], real[COLUMNS:], again[COLUMNS:]]
    samples = sample_prior(model, 6 * COLUMNS, seed)
    return stack([torch.cat(blocks), samples, torch.cat(lines)])


def stack(blocks: list[Tensor], gap: int = 6) -> Image.Image:
    """Blocks of pictures (N, C, H, W), N a multiple of 16, drawn under each other twice as large."""
    parts = []
    for block in blocks:
        count, channels, height, width = block.shape
        grid = block.reshape(count // COLUMNS, COLUMNS, channels, height, width).permute(0, 3, 1, 4, 2)
        pixels = grid.reshape(-1, COLUMNS * width, channels).expand(-1, -1, 3)
        parts += [pixels, torch.full((gap, COLUMNS * width, 3), 0.5)]
    joined = (torch.cat(parts[:-1]) * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    picture = Image.fromarray(joined if blocks[0].shape[1] == 3 else joined[..., 0])
    return picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC)


def measure_validity(
    model: Autoencoder, options: argparse.Namespace, training: Tensor, test: Tensor
) -> dict[str, Any]:
    """Validity of prior samples and of reconstructions, and the classifier's accuracy with it."""
    labels = torch.from_numpy(load_labels(options.test, options.field))
    kept = options.classifier or options.out / "classifier.pt"
    if kept.exists():
        classifier = load_classifier(kept)
    else:
        classifier = train_classifier(training, torch.from_numpy(load_labels(options.train, options.field)))
        save_classifier(classifier, kept)
    samples = sample_prior(model, SAMPLES, options.seed)
    again = decode(model, encode(model, test[:SAMPLES])[0])
    return {
        "validity": validity(classifier, samples, training, test),
        "validity_of_reconstructions": validity(classifier, again, training, test),
        "classifier_accuracy": accuracy(classifier, test, labels),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure as the command line says; 0, or 1 after one sentence on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluate",
        description="Measure a checkpoint on pictures it was not trained on, and draw a sheet.",
        epilog="example: python -m models.evaluate runs/fashion-vae/checkpoint.pt "
        "--train /usr/share/datasets/fashion-mnist "
        "--test /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz --out runs/fashion-vae",
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--train", type=Path, required=True, help="the training pictures, with labels")
    parser.add_argument("--test", type=Path, required=True, help="held-out pictures, with labels")
    parser.add_argument("--field", help="the NPZ array that the classifier learns (`label` unless given)")
    parser.add_argument("--classifier", type=Path, help="kept classifier (classifier.pt in --out)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args(arguments)
    try:
        model, checkpoint = load_model(options.checkpoint)
        training, test = (
            to_pictures(load_images(path, model.config.height, model.config.channels))
            for path in (options.train, options.test)
        )
        options.out.mkdir(parents=True, exist_ok=True)
        found = figures(model, test) | measure_validity(model, options, training, test)
        found |= {"epochs": checkpoint["epoch"], "config": checkpoint["config"], "data": checkpoint["data"]}
        (options.out / "figures.json").write_text(json.dumps(found, indent=2) + "\n")
        drawn = sheet(model, test, options.seed)
        # A palette keeps the card's picture small; at 256 colours nobody sees it.
        drawn.quantize(256, dither=Image.Dither.NONE).save(options.out / "sheet.png", optimize=True)
    except (DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({key: value for key, value in found.items() if key not in ("config", "data")}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
