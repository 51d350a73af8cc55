"""Export a kept classifier as the network that `latent-explorer report` judges pictures by.

    python -m models.export_classifier runs/classifier.pt --data TEST --out classifier.onnx --train TRAIN

trains it first where that file is not there yet.
``image`` (N × C × H × W, [0, 1]) → ``features`` (N × 64), ``scores`` (N × K). Weights are stored as float16
and computed with as float32. Its accuracy on DATA is told in the file.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from .classifier import FIRST, Classifier, accuracy, load_classifier, save_classifier, train_classifier
from .data import DataError, load_images, load_labels
from .export import PREFIX, write_graph
from .run import to_pictures


class ClassifierGraph(nn.Module):
    """The classifier with its features as an output of their own."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.features, self.scores = model.features, model.scores

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (N, C, H, W) → features (N, 64), scores (N, K)."""
        features: Tensor = self.features(image)
        return features, self.scores(features)


def _train(options: argparse.Namespace) -> None:
    """Train and keep the classifier, on pictures of the size of those it is judged by."""
    labels = torch.from_numpy(load_labels(options.train, options.field))
    _, channels, height, width = to_pictures(load_images(options.data)).shape
    pictures = to_pictures(load_images(options.train, (height, width), channels))
    model = train_classifier(pictures, labels, options.epochs, first=options.first)
    save_classifier(model, options.classifier)


def main(arguments: list[str] | None = None) -> int:
    """Export as the command line says; 0, or 1 after one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m models.export_classifier")
    parser.add_argument("classifier", type=Path, help="what models.evaluate kept")
    parser.add_argument(
        "--data", type=Path, required=True, help="pictures it was not trained on, with labels"
    )
    parser.add_argument("--train", type=Path, help="what to train it on, if it is not there")
    parser.add_argument("--first", type=int, default=FIRST, help="channels of its first convolution")
    parser.add_argument("--epochs", type=int, default=6, help="passes over the pictures, if trained")
    parser.add_argument("--field", help="the NPZ array that it tells (`label` unless given)")
    parser.add_argument("--name", default="classifier")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        if options.train is not None and not options.classifier.exists():
            _train(options)
        model = load_classifier(options.classifier).half().float()
        height, width, channels = model.shape[:3]
        pictures = to_pictures(load_images(options.data, (height, width), channels))
        right = accuracy(model, pictures, torch.from_numpy(load_labels(options.data, options.field)))
        note = (
            f"Penultimate features of a small convolutional classifier, which is right about {right:.1%} of "
            f"{len(pictures):,} pictures it was not trained on."
        )
        facts = {"role": "classifier", "name": options.name, "note": note, "accuracy": f"{right:.4f}"}
        beside = options.out.with_name(f".{options.out.name}.unfinished")
        example = torch.zeros(2, channels, height, width)
        try:
            write_graph(
                ClassifierGraph(model),
                example,
                "image",
                ["features", "scores"],
                beside,
                {PREFIX + key: value for key, value in facts.items()},
                half=True,
            )
            os.replace(beside, options.out)
        finally:
            beside.unlink(missing_ok=True)
    except (DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.out}: accuracy {right:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
