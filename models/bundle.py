"""What a finished run becomes: ONNX files, its curves, a sheet and a card, in a folder that opens at once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from torch import Tensor

from explorer.core import metrics

from .autoencoder import Autoencoder
from .checkpoint import load_model
from .evaluate import reconstruction, save_sheet
from .export import export_checkpoint
from .pictures import code_draws, decode, encode, prior_draws
from .run import Run, to_batch

SAMPLES = 1000
KINDS = {"vae": "variational autoencoder", "ae": "autoencoder", "gan": "generative adversarial network"}


def bundle(run: Run, checkpoint: Path, folder: Path, name: str) -> None:
    """Export ``checkpoint``, which is of ``run``, into ``folder``, with curves, sheet and card beside.

    Raises ``DataError``, ``ParityError`` or ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    export_checkpoint(checkpoint, folder, name)
    model, kept = load_model(checkpoint)
    write_curves(kept, folder / "training.json")
    encodes = (folder / "encoder.onnx").exists()
    test = run.validation.cpu()
    figures = measure(model, test, encodes)
    if encodes and len(test) >= 48:
        save_sheet(model, test, folder / "sheet.png")
    _write(folder / "README.md", card(name, kept, figures, (folder / "sheet.png").exists()))


def write_curves(checkpoint: dict[str, Any], path: Path) -> None:
    """The settings and the figures of every epoch, as JSON: ``config``, ``data``, ``epochs`` (a list)."""
    told = {key: checkpoint[key] for key in ("config", "data")} | {"epochs": checkpoint["history"]}
    _write(path, json.dumps(_rounded(told), indent=1) + "\n")


def measure(model: Autoencoder, test: Tensor, encodes: bool) -> dict[str, Any]:
    """What can be said without labels, on pictures that were set aside."""
    pictures = to_batch(test)
    found: dict[str, Any] = reconstruction(model, test) if encodes and len(test) > 1 else {}
    draws = prior_draws(model, SAMPLES, 42)
    if model.config.kind == "ae" and len(test) > 1:
        draws = code_draws(encode(model, pictures), SAMPLES, 42)
    if len(test):
        found["sharpness"] = metrics.sharpness_ratio(decode(model, draws).numpy(), pictures.numpy())
    return found


def card(name: str, checkpoint: dict[str, Any], figures: dict[str, Any], sheet: bool) -> str:
    """The model card."""
    config, data = checkpoint["config"], checkpoint["data"]
    shape = config["model"]
    color = "grey" if shape["channels"] == 1 else "colour"
    rows = list(_rows(shape["kind"], figures))
    size = f"{shape['width']} × {shape['height']} {color} pictures, {shape['latent_size']} latent dimensions"
    parts = [f"# {name}", f"A small convolutional {KINDS[shape['kind']]} of “{data['name']}”: {size}."]
    if sheet:
        drawn = "draws of the prior N(0, I)"
        if shape["kind"] == "ae":
            drawn = "draws of a normal distribution fitted to the codes"
        parts.append("![The model's sheet](sheet.png)")
        parts.append(
            "From above: pictures that were set aside, each row over its reconstruction; "
            f"{drawn}, none picked out; straight lines between two pictures' latents."
        )
    held = min(2000, data["count"] // 10)
    licence = (
        f"{data['count']:,} pictures, “{data['name']}”. Their licence is not known to the program; "
        "before the model is passed on, say here whose they are and what is allowed."
    )
    made = (
        f"{checkpoint['epoch']} epochs over {data['count'] - held:,} pictures; the settings and each epoch's "
        "figures are in `training.json`, the losses' formulas in `models/losses.py`. "
        f"Seed {config['seed']}; the weights are a running average (decay {config['average']})."
    )
    parts += [
        "## Figures",
        f"On {held:,} pictures that were set aside, none of them trained on:",
        "\n".join(["| | |", "|---|---|", *(f"| {one} | {value} |" for one, value in rows)]),
        "## Data",
        licence,
        "## How it was made",
        made,
    ]
    return "\n\n".join(parts) + "\n"


def _rows(kind: str, figures: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if "mse" in figures:
        mse = figures["mse"]
        rows.append(
            (
                "Reconstruction, mean squared error on [0, 1] pixels (95% interval)",
                f"{mse['value']:.5f} ({mse['low']:.5f} to {mse['high']:.5f})",
            )
        )
        active, size = figures["active_units"], figures["latent_size"]
        rows.append(("Active units, Var(E[z\\|x]) > 0.01 (Burda et al. 2016)", f"{active} of {size}"))
    if "kl" in figures:
        rows.append(("KL divergence to the prior", f"{figures['kl']:.1f} nats"))
    if "sharpness" in figures:
        of = "of draws like the codes" if kind == "ae" else "of draws of the prior"
        rows.append((f"Sharpness {of}; real pictures are 1", f"{figures['sharpness']:.2f}"))
    return rows


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.unfinished")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
