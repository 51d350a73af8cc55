"""What was found out about a model: pure data, made by the room that inspects, read by the one that runs."""

from __future__ import annotations

import functools
import json
import math
import types
import typing
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from explorer.core.errors import ExplorerError
from explorer.core.pixels import ImageSpec

Source = Literal["override", "sidecar", "file metadata", "config", "graph", "trial run", "default"]
Spread = Literal["none", "logvar", "variance", "std"]
Prior = Literal["normal", "data", "uniform", "sphere"]


@dataclass(frozen=True)
class Fact:
    """One thing found out about a model.

    ``key`` is the name under which it can be overridden, empty where it cannot; ``choices`` what it could
    be instead, empty where any text will do.
    """

    name: str
    value: str
    source: Source
    key: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExtraInput:
    """An input beside the latent or the image, and what it is fed.

    Attributes:
        name: the tensor's name.
        type: NumPy's name of its element type.
        shape: its axes; without the batch where ``per_sample``.
        per_sample: whether its first axis is the batch.
        kind: an amount (a number), a label (one-hot or an index), a switch (0 or 1), noise (normal).
        value: the amount, the index of the label, 0 or 1, or the noise's seed.
        low, high: the bounds of ``value``.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    per_sample: bool
    kind: Literal["amount", "label", "switch", "noise"]
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class NetworkPlan:
    """How to run one ONNX file.

    Attributes:
        path: the file that the runtime opens.
        input, output: the main tensors' names.
        latent_type: NumPy's name of the latent's element type here (the image's is in ``image``).
        image: the pictures at its image end.
        batch: the fixed batch size of the input; None where it is free, 0 where the input has no batch axis
            (whether a picture that is given has one is in ``image``).
        extras: what else it is fed.
    """

    path: Path
    input: str
    output: str
    latent_type: str
    image: ImageSpec
    batch: int | None = None
    extras: tuple[ExtraInput, ...] = ()


@dataclass(frozen=True)
class EncoderPlan(NetworkPlan):
    """An encoder: ``output`` is the posterior mean.

    ``spread_output`` tells how wide the posterior is, in the unit that ``spread`` names; empty where there is
    none. With ``halves`` the one output holds the mean in its first half and the spread in its second, along
    the axis after the batch.
    """

    spread_output: str = ""
    spread: Spread = "none"
    halves: bool = False


@dataclass(frozen=True)
class DecoderPlan(NetworkPlan):
    """A decoder or generator: latent in, ``output`` is the picture."""


@dataclass(frozen=True)
class SelfTest:
    """The round trip of decoded pictures, against always answering with their mean.

    ``error`` and ``baseline`` are mean squared errors on [0, 1] pixels; ``passed`` is None where nothing can
    be said: half a pair, or decoded pictures that hardly differ.
    """

    error: float = 0.0
    baseline: float = 0.0
    passed: bool | None = None


@dataclass(frozen=True)
class PairPlan:
    """A model that has been inspected: how to run it, and all that is known about it.

    Attributes:
        name: what to call it.
        kind: VAE (mean and spread), AE (one code), GAN (a generator, and an encoder made for it),
            Generator (decoder alone), Encoder (encoder alone).
        latent_shape: the axes of one latent, ``(D,)`` or e.g. ``(4, 8, 8)``.
        prior: what to sample from.
        radius: of the sphere, where the prior is one.
        encoder, decoder: at least one of them.
        fingerprint: SHA-256 over the files, hexadecimal.
        facts: every finding with its source.
        files: what was opened, encoder first. They may differ from the networks' own paths: an autoencoder in
            one file is cut in two, and an encoder that adds noise is written anew without it.
    """

    name: str
    kind: Literal["VAE", "AE", "GAN", "Generator", "Encoder"]
    latent_shape: tuple[int, ...]
    prior: Prior
    encoder: EncoderPlan | None
    decoder: DecoderPlan | None
    fingerprint: str
    self_test: SelfTest = SelfTest()
    facts: tuple[Fact, ...] = ()
    files: tuple[Path, ...] = ()
    radius: float = 1.0

    @property
    def latent_size(self) -> int:
        """Elements of one latent, D."""
        return math.prod(self.latent_shape)

    def to_json(self) -> str:
        """All of it as JSON, from which ``from_json`` makes an equal plan."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> PairPlan:
        """The plan that ``to_json`` wrote. Raises ``ValueError`` for any other text."""
        try:
            plan = _built(cls, json.loads(text))
        except (TypeError, KeyError, AttributeError, RecursionError, ExplorerError) as error:
            raise ValueError(f"no plan: {error}") from error
        assert isinstance(plan, PairPlan)
        return plan


_hints = functools.cache(typing.get_type_hints)


def _built(kind: Any, value: Any) -> Any:
    """``value``, read from JSON, as the type that a field's annotation names."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        if set(value) != {field.name for field in fields(kind)}:
            raise ValueError(f"no plan: {kind.__name__} has other fields")
        return kind(**{name: _built(hints[name], part) for name, part in value.items()})
    if origin in (typing.Union, types.UnionType):
        if value is None and types.NoneType in inner:
            return None
        members = [member for member in inner if member is not types.NoneType]
        is_list = isinstance(value, list)
        return _built(next(m for m in members if (typing.get_origin(m) is tuple) == is_list), value)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"no plan: {value!r} is no list")
        return tuple(_built(inner[0], part) for part in value)
    if origin is Literal:
        if value not in inner:
            raise ValueError(f"no plan: {value!r} is none of {inner}")
        return value
    if kind is Path or kind is float:
        return kind(value)
    if type(value) is not kind:
        raise ValueError(f"no plan: {value!r} is no {kind.__name__}")
    return value
