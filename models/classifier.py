"""A small classifier whose penultimate features measure how near a picture is to real ones."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from .checkpoint import load_values

FEATURES = 64
FIRST = 32  # channels of the first convolution


class Classifier(nn.Module):
    """Three convolutions of stride 2 (``first`` channels, then twice as many), 64 features, one linear layer.

    image (N, C, H, W) in [0, 1] → class scores (N, K). Of several fields the scores stand side by side:
    ``fields`` are their numbers of classes, which add up to K.
    """

    def __init__(
        self,
        height: int,
        width: int,
        channels: int,
        classes: int,
        first: int = FIRST,
        fields: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        self.fields = fields or (classes,)
        self.shape = (height, width, channels, classes, first, self.fields)
        self.features = nn.Sequential(
            nn.Conv2d(channels, first, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(first, 2 * first, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * first, 4 * first, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(4 * first * -(-height // 8) * -(-width // 8), FEATURES),
            nn.ReLU(),
        )
        self.scores = nn.Linear(FEATURES, classes)

    def forward(self, image: Tensor) -> Tensor:
        """(N, C, H, W) → (N, K)."""
        scores: Tensor = self.scores(self.features(image))
        return scores

    def by_field(self, image: Tensor) -> tuple[Tensor, ...]:
        """(N, C, H, W) → the scores (N, k) of each field."""
        return torch.split(self(image), list(self.fields), 1)


def train_classifier(
    images: Tensor, labels: Tensor, epochs: int = 6, seed: int = 42, first: int = FIRST
) -> Classifier:
    """Cross-entropy, Adam, one cosine.

    ``images`` uint8 (N, C, H, W), ``labels`` int64 (N,) or, of several fields, (N, F).
    """
    labels = labels.reshape(len(labels), -1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fields = tuple((labels.amax(0) + 1).tolist())
        model = Classifier(images.shape[2], images.shape[3], images.shape[1], sum(fields), first, fields)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = -(-len(images) // 128)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
    for epoch in range(epochs):
        for rows in torch.split(torch.randperm(len(images), generator=generator), 128):
            told = model.by_field(images[rows].float() / 255)
            pairs = zip(told, labels[rows].unbind(1), strict=True)
            loss = torch.stack([functional.cross_entropy(scores, truth) for scores, truth in pairs]).sum()
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
    """Share of ``images`` uint8 (N, C, H, W) whose first field is classified as ``labels`` (N,) say."""
    right = [
        (model.by_field(rows.float() / 255)[0].argmax(1) == truth).float()
        for rows, truth in zip(torch.split(images, 1000), torch.split(labels, 1000), strict=True)
    ]
    return torch.cat(right).mean().item()


@torch.no_grad()
def features(model: Classifier, images: Tensor) -> Tensor:
    """Penultimate features (N, 64) of pictures (N, C, H, W), uint8 or float in [0, 1]."""
    parts = [rows.float() / 255 if rows.dtype == torch.uint8 else rows for rows in torch.split(images, 1000)]
    return torch.cat([model.features(rows) for rows in parts])
