"""Measure a trained model and draw its sheet.

    python -m models.evaluate runs/fashion-vae/checkpoint.pt --train DATA --test DATA --out runs/fashion-vae

writes ``figures.json`` and ``sheet.png`` (real pictures over their reconstructions, samples, interpolations)
in the folder, and keeps the classifier that samples were judged with beside them. The figures' definitions
are those of ``explorer.core.metrics``; each stands with a 95% bootstrap interval. Of each field of the data
that is named, ``models.attributes`` says how decided samples are and how well a direction separates it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from explorer.core import metrics

from .attributes import confidence, separability
from .autoencoder import Autoencoder
from .checkpoint import load_model
from .classifier import Classifier, accuracy, features, load_classifier, save_classifier, train_classifier
from .data import DataError, load_field, load_images, load_labels
from .losses import kl_per_dimension
from .pictures import COLUMNS, code_draws, decode, encode, prior_draws, stack
from .run import to_batch, to_pictures

SAMPLES = 10_000
NEIGHBOURLY = 2000  # samples and real pictures of which manifolds are made
FITTED = 10_000  # codes that a normal distribution is fitted to

Floats = NDArray[np.float32]


def reconstruction(model: Autoencoder, images: Tensor) -> dict[str, Any]:
    """Squared error, active units and KL divergence on uint8 pictures (N, C, H, W)."""
    pictures = to_batch(images)
    codes = encode(model, pictures)
    errors = metrics.squared_errors(pictures.numpy(), decode(model, codes).numpy())
    found: dict[str, Any] = {
        "mse": asdict(metrics.interval(lambda drawn: float(drawn.mean()), errors, draws=1000)),
        "active_units": int(metrics.active_units(codes.numpy()).sum()),
        "latent_size": codes.shape[1],
        "count": len(images),
    }
    if model.config.kind == "vae":
        with torch.no_grad():
            logvar = torch.cat([model.encoder(rows)[1] for rows in torch.split(pictures, 500)])
        kl = kl_per_dimension(codes, logvar)
        found |= {"kl": kl.sum().item(), "kl_per_dimension": [round(value, 3) for value in kl.tolist()]}
    return found


@dataclass(frozen=True, eq=False)
class Judge:
    """A classifier, and what it says of real pictures.

    ``training`` and ``real`` are the features (N, 64) of training and of held-out pictures; ``test`` are the
    latter themselves, uint8 (N, C, H, W).
    """

    classifier: Classifier
    training: Floats
    real: Floats
    test: Tensor

    @staticmethod
    def of(classifier: Classifier, training: Tensor, test: Tensor) -> Judge:
        """From uint8 pictures (N, C, H, W)."""
        training_features, real = (features(classifier, one).numpy() for one in (training, test))
        return Judge(classifier, training_features, real, test)

    @torch.no_grad()
    def judge(self, pictures: Tensor) -> dict[str, Any]:
        """All that is said of samples (N, C, H, W) in [0, 1]."""
        found, real = features(self.classifier, pictures).numpy(), self.real
        scores = [self.classifier.by_field(rows)[0].argmax(1) for rows in torch.split(pictures, 1000)]
        classes, kinds = torch.cat(scores).numpy(), self.classifier.fields[0]
        some, others = found[:NEIGHBOURLY], real[:NEIGHBOURLY]
        grey, real_grey = (
            metrics.log_sharpness(rows.numpy()) for rows in (pictures, to_batch(self.test[: len(pictures)]))
        )
        return {
            "count": len(pictures),
            "validity": shared(metrics.are_valid(found, self.training, real)),
            "class_entropy": measured(lambda drawn: metrics.class_entropy(drawn, kinds), classes),
            "frechet": measured(metrics.frechet_distance, found, real),
            "recall": shared(metrics.are_recalled(some, others)),
            "precision": shared(metrics.are_precise(some, others)),
            "coverage": shared(metrics.are_covered(some, others)),
            "sharpness": measured(
                lambda ours, theirs: float(np.exp(ours.mean() - theirs.mean())), grey, real_grey
            ),
        }

    def judge_real(self) -> dict[str, Any]:
        """The same of one half of the real pictures before the other: what no model can better."""
        half = len(self.test) // 2
        other = replace(self, real=self.real[half:], test=self.test[half:])
        return other.judge(to_batch(self.test[:half]))


def measured(statistic: Callable[..., float], *sets: NDArray[Any]) -> dict[str, Any]:
    """A figure with its interval, as plain values."""
    return asdict(metrics.interval(statistic, *sets, draws=100))


def shared(hits: NDArray[np.bool_]) -> dict[str, Any]:
    """A share with its interval, as plain values."""
    return asdict(metrics.share(hits))


def sheet(model: Autoencoder, images: Tensor, seed: int) -> Image.Image:
    """Real pictures over reconstructions, samples, and straight lines between encoded pictures.

    Samples are of the prior; of a plain autoencoder, one normal distribution fitted to its codes.
    """
    chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    real = to_batch(images[chosen[: 2 * COLUMNS]])
    again = decode(model, encode(model, real))
    ends = encode(model, to_batch(images[chosen[2 * COLUMNS : 2 * COLUMNS + 8]]))
    along = torch.linspace(0, 1, COLUMNS)[:, None]
    lines = [decode(model, torch.lerp(a, b, along)) for a, b in zip(ends[:4], ends[4:], strict=True)]
    blocks = [real[:COLUMNS], again[:COLUMNS], real[COLUMNS:], again[COLUMNS:]]
    draws = prior_draws(model, 6 * COLUMNS, seed)
    if model.config.kind == "ae":
        draws = code_draws(encode(model, to_batch(images[:FITTED])), 6 * COLUMNS, seed)
    return stack([torch.cat(blocks), decode(model, draws), torch.cat(lines)])


def save_sheet(model: Autoencoder, images: Tensor, path: Path, seed: int = 42) -> None:
    """The sheet as a PNG of 256 colours or 32 greys: nobody sees it, and it is a third of the size."""
    drawn = sheet(model, images, seed)
    shades = 32 if model.config.channels == 1 else 256
    drawn.quantize(shades, dither=Image.Dither.NONE).save(path, optimize=True)


def measure(model: Autoencoder, judge: Judge, training: Tensor, test: Tensor, seed: int) -> dict[str, Any]:
    """All figures: of reconstructions, of samples of N(0, I), and of the codes' own normal distribution."""
    codes = encode(model, to_batch(training[:FITTED]))
    again = decode(model, encode(model, to_batch(test)))
    count = min(SAMPLES, 2 * len(test))
    return {
        "reconstruction": reconstruction(model, test),
        "reconstructions": judge.judge(again),
        "prior": judge.judge(decode(model, prior_draws(model, count, seed))),
        "codes": judge.judge(decode(model, code_draws(codes, count, seed))),
        "real": judge.judge_real(),
    }


def by_field(
    model: Autoencoder, classifier: Classifier, path: Path, fields: list[str | None], seed: int
) -> dict[str, Any]:
    """Of each field of the held-out pictures at ``path``: confidence in samples of N(0, I), separability."""
    test = to_pictures(load_images(path, (model.config.height, model.config.width), model.config.channels))
    told = {field or "label": load_field(path, field) for field in fields}
    drawn = decode(model, prior_draws(model, min(SAMPLES, 2 * len(test)), seed))
    codes = encode(model, to_batch(test)).numpy()
    return {
        "confidence": confidence(classifier, drawn, test, {name: one for name, (_, one) in told.items()}),
        "separability": {name: separability(codes, one, names) for name, (names, one) in told.items()},
    }


def classifier_for(path: Path, training: Tensor, data: Path, fields: list[str | None]) -> Classifier:
    """The classifier of ``fields`` that is kept at ``path``, or one that is trained now and kept there.

    Raises ``DataError`` where the kept one tells other fields.
    """
    if not path.exists():
        labels = np.stack([load_labels(data, field) for field in fields], axis=1)
        save_classifier(train_classifier(training, torch.from_numpy(labels)), path)
    classifier = load_classifier(path)
    wanted = tuple(len(load_field(data, field)[0]) for field in fields)
    if classifier.fields != wanted:
        raise DataError(
            f"{path} tells {classifier.fields} classes, not {wanted}; remove it to train another."
        )
    return classifier


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
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
    parser.add_argument(
        "--field",
        action="append",
        help="an NPZ array that the classifier learns (`label` unless given); several may be named, of which "
        "the first is what class entropy counts",
    )
    parser.add_argument("--classifier", type=Path, help="kept classifier (classifier.pt in --out)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure as the command line says; 0, or 1 after one sentence on stderr."""
    options = parse(arguments)
    try:
        model, checkpoint = load_model(options.checkpoint)
        shape = (model.config.height, model.config.width)
        training, test = (
            to_pictures(load_images(path, shape, model.config.channels))
            for path in (options.train, options.test)
        )
        options.out.mkdir(parents=True, exist_ok=True)
        fields = options.field or [None]
        kept = options.classifier or options.out / "classifier.pt"
        classifier = classifier_for(kept, training, options.train, fields)
        right = accuracy(classifier, test, torch.from_numpy(load_labels(options.test, fields[0])))
        found = measure(model, Judge.of(classifier, training, test), training, test, options.seed)
        found |= by_field(model, classifier, options.test, fields, options.seed)
        found["classifier"] = {"name": "models.classifier", "accuracy": right}
        found |= {"epochs": checkpoint["epoch"], "config": checkpoint["config"], "data": checkpoint["data"]}
        (options.out / "figures.json").write_text(json.dumps(found, indent=1) + "\n")
        save_sheet(model, test, options.out / "sheet.png", options.seed)
    except (DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for part in ("reconstructions", "prior", "codes", "real"):
        values = {key: round(one["value"], 4) for key, one in found[part].items() if key != "count"}
        print(f"{part:16}" + "  ".join(f"{key} {value}" for key, value in values.items()))
    for name, one in found["separability"].items():
        sure = found["confidence"][name]
        print(
            f"{name:16}confident {sure['prior']['value']:.3f} (real pictures {sure['real']['value']:.3f})  "
            + (f"linear AUC mean {one['mean']:.3f}, least {one['least']:.3f}" if one else "")
        )
    print("reconstruction mse", round(found["reconstruction"]["mse"]["value"], 5))
    return 0


if __name__ == "__main__":
    sys.exit(main())
