"""A small classifier whose penultimate features measure how near a picture is to real ones."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.checkpoint import load_values

FEATURES = 64


class Classifier(nn.Module):
    """Three convolutions of stride 2 (32, 64, 128 channels), 64 features, one linear layer.

    image (N, C, H, W) in [0, 1] → class scores (N, K).
    """

    def __init__(self, height: int, width: int, channels: int, classes: int) -> None:
        super().__init__()
        self.shape = (height, width, channels, classes)
        self.features = nn.Sequential(
            nn.Conv2d(channels, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 128, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(128 * -(-height // 8) * -(-width // 8), FEATURES),
            nn.ReLU(),
        )
        self.scores = nn.Linear(FEATURES, classes)

    def forward(self, image: Tensor) -> Tensor:
        """(N, C, H, W) → (N, K)."""
        scores: Tensor = self.scores(self.features(image))
        return scores


def train_classifier(images: Tensor, labels: Tensor, epochs: int = 6, seed: int = 42) -> Classifier:
    """Cross-entropy, Adam, one cosine; ``images`` uint8 (N, C, H, W), ``labels`` int64 (N,)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Classifier(images.shape[2], images.shape[3], images.shape[1], int(labels.max()) + 1)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = -(-len(images) // 128)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
    for epoch in range(epochs):
        for rows in torch.split(torch.randperm(len(images), generator=generator), 128):
            loss = functional.cross_entropy(model(images[rows].float() / 255), labels[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
        print(f"classifier: epoch {epoch + 1} of {epochs}, loss {loss.item():.3f}", file=sys.stderr)
    return model.eval().requires_grad_(False)


def save_classifier(model: Classifier, path: Path) -> None:
    """Keep a trained classifier, so that several models are measured by the same one."""
    torch.save({"shape": model.shape, "weights": model.state_dict()}, path)


def load_classifier(path: Path) -> Classifier:
    """The classifier that ``save_classifier`` kept. Raises ``DataError``."""
    saved = load_values(path, "one that models.evaluate kept, or none to train one")
    model = Classifier(*saved["shape"])
    model.load_state_dict(saved["weights"])
    return model.eval().requires_grad_(False)


@torch.no_grad()
def accuracy(model: Classifier, images: Tensor, labels: Tensor) -> float:
    """Share of ``images`` uint8 (N, C, H, W) classified as ``labels`` (N,) say."""
    right = [
        (model(rows.float() / 255).argmax(1) == truth).float()
        for rows, truth in zip(torch.split(images, 1000), torch.split(labels, 1000), strict=True)
    ]
    return torch.cat(right).mean().item()


@torch.no_grad()
def features(model: Classifier, images: Tensor) -> Tensor:
    """Penultimate features (N, 64) of pictures (N, C, H, W), uint8 or float in [0, 1]."""
    parts = [rows.float() / 255 if rows.dtype == torch.uint8 else rows for rows in torch.split(images, 1000)]
    return torch.cat([model.features(rows) for rows in parts])


def nearest_distance(points: Tensor, reference: Tensor) -> Tensor:
    """Distance of each point (N, F) to the nearest of ``reference`` (M, F); (N,)."""
    return torch.cat([torch.cdist(rows, reference).amin(1) for rows in torch.split(points, 500)])


def validity(model: Classifier, pictures: Tensor, training: Tensor, held_out: Tensor) -> float:
    """The share of ``pictures`` as near to a training picture as 95% of real held-out pictures are.

    Distances are to the nearest training picture in the classifier's penultimate features; the bound is
    the 95th percentile over ``held_out``. So held-out pictures themselves score 0.95. All are
    (N, C, H, W), uint8 or float in [0, 1].
    """
    reference = features(model, training)
    bound = nearest_distance(features(model, held_out), reference).quantile(0.95)
    return (nearest_distance(features(model, pictures), reference) < bound).float().mean().item()
