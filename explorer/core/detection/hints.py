"""What is stated about a model, from the strongest source to the weakest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explorer.core.detection import settings
from explorer.core.errors import ExplorerError
from explorer.core.plan import Source

PREFIX = "latent_explorer."
_STATED = (
    "name", "prior", "range_in", "range_out", "image_shape", "latent_shape",
    "mean_output", "spread_output", "spread",
)  # fmt: skip
_CONFIGS = ("config.json", "preprocessor_config.json")
_MOST = 1 << 20
# Autoencoders of latent diffusion work on [-1, 1]; their configuration names the class, not the range.
_SIGNED_CLASSES = ("AutoencoderKL", "AutoencoderTiny", "AutoencoderDC", "AsymmetricAutoencoderKL", "VQModel")


_ORDER: tuple[Source, ...] = ("override", "sidecar", "file metadata", "config")


@dataclass(frozen=True)
class Hints:
    """Statements about a model: asked by key, the strongest source answers."""

    stated: Sequence[tuple[Source, Mapping[str, str]]] = field(default_factory=tuple)

    def get(self, key: str) -> tuple[str, Source] | None:
        """The value of ``key`` and its source, or None where nothing states it."""
        for source, values in self.stated:
            if key in values:
                return values[key], source
        return None

    def plus(self, source: Source, values: Mapping[str, str]) -> Hints:
        """With ``values`` too, which win over others of their source."""
        merged = {name: dict(stated) for name, stated in self.stated}
        merged[source] = merged.get(source, {}) | dict(values)
        order = [name for name in _ORDER if name in merged]
        return Hints(tuple((name, merged[name]) for name in order))

    def without(self, source: Source) -> Hints:
        """What the other sources state."""
        return Hints(tuple((name, values) for name, values in self.stated if name != source))

    def text(self, key: str) -> str | None:
        """The value of ``key`` without its source."""
        found = self.get(key)
        return found[0] if found else None


NO_HINTS = Hints()


def from_metadata(metadata: Mapping[str, str], role: str) -> dict[str, str]:
    """The settings in an ONNX file's own metadata; what cannot be read is left out.

    Keys are those of ``settings`` behind ``latent_explorer.``, and what this program's exporter writes.
    """
    own = {key[len(PREFIX) :]: text for key, text in metadata.items() if key.startswith(PREFIX)}
    found: dict[str, str] = {key: own[key] for key in _STATED if key in own}
    end = "in" if role == "encoder" else "out"
    if {"image_low", "image_high"} <= own.keys():
        found.setdefault(f"range_{end}", f"[{own['image_low']}, {own['image_high']}]")
    if "image_layout" in own:
        found[f"layout_{end}"] = own["image_layout"]
    if {"image_height", "image_width", "image_channels"} <= own.keys():
        sizes = "x".join(own[f"image_{side}"] for side in ("height", "width", "channels"))
        found.setdefault("image_shape", sizes)
    if (
        "format" in own and role == "encoder" and own.get("kind") == "vae"
    ):  # as this program's exporter writes it
        found |= {"mean_output": "mu", "spread_output": "logvar", "spread": "logvar"}
    if own.get("kind", "").upper() in settings.KINDS:
        found["kind"] = own["kind"].upper()
    return {key: text for key, text in found.items() if _is_readable(key, text)}


def from_configs(paths: Sequence[Path]) -> dict[str, str]:
    """The settings that follow from the configuration files that other programs put beside a model."""
    found: dict[str, str] = {}
    for config in _configs(paths):
        found |= _of_config(config)
    return {key: text for key, text in found.items() if _is_readable(key, text)}


def _configs(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for folder in dict.fromkeys(path.parent for path in paths):
        for name in _CONFIGS:
            try:
                if (folder / name).stat().st_size > _MOST:
                    continue
                config = json.loads((folder / name).read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError):
                continue  # another program's file says nothing then
            if isinstance(config, dict):
                yield config


def _of_config(config: dict[str, Any]) -> dict[str, str]:
    found = {}
    size, channels = config.get("sample_size", config.get("image_size")), config.get("in_channels", 3)
    if isinstance(size, dict):
        size = [size.get("height"), size.get("width")]
    sizes = size if isinstance(size, list) else [size, size]
    if len(sizes) == 2 and all(type(side) is int and side > 0 for side in sizes):
        found["image_shape"] = f"{sizes[0]}x{sizes[1]}x{channels}"
    if config.get("_class_name") in _SIGNED_CLASSES:
        found |= {"range_in": "[-1, 1]", "range_out": "[-1, 1]"}
    if "image_mean" in config and "image_std" in config and config.get("do_normalize", True):
        mean, std = config["image_mean"], config["image_std"]
        if mean == list(settings.IMAGENET_MEAN) and std == list(settings.IMAGENET_STD):
            found["range_in"] = "ImageNet"
        elif _is_single(mean) and _is_single(std) and std[0] > 0:
            found["range_in"] = f"[{-mean[0] / std[0]:g}, {(1 - mean[0]) / std[0]:g}]"
    return found


def _is_single(values: Any) -> bool:
    """Whether ``values`` is one number, repeated."""
    return (
        isinstance(values, list) and all(isinstance(v, int | float) for v in values) and len(set(values)) == 1
    )


def _is_readable(key: str, text: str) -> bool:
    try:
        settings.check({key: text}, "")
    except ExplorerError:
        return False
    return True
