"""``latent-explorer encode``: a data set into a workspace."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from explorer.commands.parsing import command_parser
from explorer.console import console_progress


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "encode",
        "Encode a data set into a workspace: a folder of images (sub-folders are labels), IDX or NPZ. For a "
        "decoder alone, draw samples of its prior instead.",
        "latent-explorer encode my-vae/ photos/ --out work/",
    )  # fmt: skip
    made.add_argument("model", metavar="MODEL", type=Path, help="a folder with a model, or one of its files")
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument("data", metavar="DATA", type=Path, nargs="?")
    what.add_argument("--prior", metavar="N", type=int, help="samples of the prior in place of data")
    made.add_argument("--seed", type=int, default=42, help="of --prior (42)")
    made.add_argument("--out", metavar="WORK", type=Path, required=True)
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from explorer.core.dataset import open_dataset
    from explorer.core.dataset_sampled import sample
    from explorer.core.encoding import encode
    from explorer.core.model_pair import ModelPair
    from explorer.core.opening import check_encodes

    pair = ModelPair.open(parsed.model)
    if parsed.prior is not None:
        work = sample(pair, parsed.out, console_progress(), parsed.prior, parsed.seed)
        print(f"{len(work):,} samples drawn into {parsed.out}", file=sys.stderr)
        return 0
    check_encodes(pair, parsed.data)
    work = encode(pair, open_dataset(parsed.data), parsed.out, console_progress())
    print(f"{len(work):,} images encoded into {parsed.out}", file=sys.stderr)
    for name, reason in work.unreadable[:10]:
        print(f"left out: {name}: {reason}", file=sys.stderr)
    if len(work.unreadable) > 10:
        print(f"and {len(work.unreadable) - 10:,} more left out", file=sys.stderr)
    return 0
