"""What makes a model and its training, as values that a checkpoint carries."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Kind = Literal["vae", "ae", "gan"]
Precision = Literal["float32", "bfloat16"]
Noise = Literal["fixed", "learned"]
Game = Literal["hinge", "dcgan"]


@dataclass(frozen=True)
class ModelConfig:
    """The shape of an autoencoder, or of a GAN's generator with its encoder.

    ``features`` is the channel count of the finest feature map; each halving of the picture doubles it.
    Height and width must be even; they are halved for as long as they stay even and at least 6.
    """

    kind: Kind
    height: int
    width: int
    channels: int
    latent_size: int
    features: int = 32
    hidden: int = 256

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind is {self.kind!r}; it must be 'vae', 'ae' or 'gan'")
        if self.channels not in (1, 3):
            raise ValueError(f"pictures have {self.channels} channels; 1 (grey) or 3 (colour) would work")
        if min(self.latent_size, self.features, self.hidden) < 1:
            raise ValueError("latent_size, features and hidden must be at least 1")
        if not self.grids:
            raise ValueError(
                f"pictures are {self.width}×{self.height}; "
                "both sides must be even and at least 12, as in 28, 48 or 64"
            )

    @property
    def grids(self) -> tuple[tuple[int, int], ...]:
        """Height and width of each feature map, finest first."""
        grids: list[tuple[int, int]] = []
        height, width = self.height, self.width
        while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 12 and len(grids) < 4:
            height, width = height // 2, width // 2
            grids.append((height, width))
        return tuple(grids)

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each feature map, finest first: doubled at each halving, at most to four times."""
        return tuple(self.features * min(4, 2**stage) for stage in range(len(self.grids)))


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a training run besides the data.

    Of all kinds: ``average`` is the decay of the running average of the weights, which is what is kept and
    exported. ``precision`` is that of the convolutions and matrix products while training; weights stay
    float32. ``patience`` ends a run after so many epochs without a better validation (0: never).

    Of autoencoders: ``variance`` is the fixed variance σ² of the Gaussian likelihood, the trade between
    reconstruction and KL divergence; ``noise`` "learned" takes the best σ² at each step in its place.
    ``warmup`` is the number of epochs over which the KL term's weight rises from 0 to 1. ``free_bits`` are
    the nats of each dimension that cost nothing. ``sharpen`` is what a hinge critic's verdict on decoded
    draws of the prior weighs, in nats (0: no critic); variational models only.

    Of GANs: ``game`` is what the two players optimise; ``r1`` the weight γ of the gradient penalty (of
    "hinge"). The last ``encoder_epochs`` of the epochs train an encoder for the frozen generator.
    """

    model: ModelConfig
    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 1.5e-3
    average: float = 0.999
    flip: bool = False
    precision: Precision = "float32"
    seed: int = 42
    patience: int = 0
    variance: float = 0.125
    noise: Noise = "fixed"
    warmup: float = 2.0
    free_bits: float = 0.0
    sharpen: float = 0.0
    game: Game = "hinge"
    r1: float = 0.2
    encoder_epochs: int = 0

    def __post_init__(self) -> None:
        for name, allowed in (("precision", Precision), ("noise", Noise), ("game", Game)):
            if getattr(self, name) not in get_args(allowed):
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be one of {get_args(allowed)}")
        if self.epochs < 1 or self.batch_size < 1:
            raise ValueError("epochs and batch_size must be at least 1")
        if self.learning_rate <= 0 or self.variance <= 0:
            raise ValueError("learning_rate and variance must be above 0")
        if min(self.patience, self.free_bits, self.r1, self.warmup, self.sharpen) < 0:
            raise ValueError("patience, free_bits, r1, warmup and sharpen must be at least 0")
        if self.sharpen and self.model.kind != "vae":
            raise ValueError("sharpen is for kind vae: it judges draws of the prior")
        if not 0 <= self.average < 1:
            raise ValueError("average must lie in [0, 1)")
        if not 0 <= self.encoder_epochs < self.epochs:
            raise ValueError("encoder_epochs must be at least 0 and below epochs, of which they are the last")

    def to_dict(self) -> dict[str, Any]:
        """The configuration as plain values, for a checkpoint."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> TrainConfig:
        """The inverse of ``to_dict``."""
        rest = {key: value for key, value in values.items() if key != "model"}
        return TrainConfig(model=ModelConfig(**values["model"]), **rest)
