"""``latent-explorer info``: what a model is."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from explorer.commands.parsing import command_parser


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "info",
        "Say what a model is, and where each finding comes from. With --data its self-test is also done "
        "on real pictures.",
        "latent-explorer info my-vae/ --data photos/ --json",
    )
    made.add_argument(
        "model", metavar="MODEL", nargs="+", type=Path, help="a folder, one file, or an encoder and a decoder"
    )
    made.add_argument("--data", metavar="FOLDER", type=Path, help="images to encode and decode")
    made.add_argument("--json", action="store_true", help="as JSON")
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from explorer.core.model_pair import ModelPair

    pair = ModelPair.open(parsed.model)
    facts = list(pair.facts)
    if parsed.data is not None:
        from explorer.core.dataset import open_dataset
        from explorer.core.detection.facts import test_text
        from explorer.core.plan import Fact
        from explorer.core.self_test import on_real_pictures

        real = test_text(on_real_pictures(pair, open_dataset(parsed.data)))
        facts.append(Fact("On real pictures", real, "trial run"))
    if parsed.json:
        found = {
            "name": pair.name,
            "fingerprint": pair.fingerprint,
            "encoder": str(pair.encoder_path) if pair.encoder_path else None,
            "decoder": str(pair.decoder_path) if pair.decoder_path else None,
            "facts": {fact.name: {"value": fact.value, "source": fact.source} for fact in facts},
        }
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return 0
    print(pair.name)
    width = max(len(fact.name) for fact in facts)
    for fact in facts:
        print(f"  {fact.name:<{width}}  {fact.value}  ({fact.source})")
    return 0
