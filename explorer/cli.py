"""The command line: the window by default, and the same work without one."""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer import __version__
from explorer.console import console_progress
from explorer.core.errors import Cancelled, ExplorerError

if TYPE_CHECKING:
    from explorer.core.workspace import Workspace

_EPILOG = """commands without a window (each has its own --help):
  demo      the bundled demo; with --headless OUT the whole main job on a machine without display
  info      what a model is
  encode    a data set into a workspace
  map       a workspace's latents into two dimensions
  decode    places, samples or latents into a picture
  gallery   samples into a sheet and single pictures
  table     a workspace's names, labels, numbers and places as CSV or Parquet

example:
  latent-explorer my-vae/ photos/          open a model on a folder of images
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with ``argv`` (default: the command line); returns the exit status.

    0 for success, 2 for wrong usage, 1 with one sentence on stderr for anything else.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in _COMMANDS:
            add, run = _COMMANDS[arguments[0]]
            return run(add().parse_args(arguments[1:]))
        parsed = _window_parser().parse_args(arguments)
        return _window(parsed.paths)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 1
    except (Cancelled, KeyboardInterrupt):
        print("Cancelled; nothing was left half-written.", file=sys.stderr)
        return 1


def _parser(command: str, text: str, example: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"latent-explorer {command}".strip(), description=text, epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="latent-explorer", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=_EPILOG,
        description="Drag over a map of your data and see the decoder's pictures as you move. "
        "Without paths the last session opens, or the bundled demo.",
    )  # fmt: skip
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path,
                        help="model files or folder, data, a workspace, a saved session, images")  # fmt: skip
    parser.add_argument("--version", action="version", version=f"latent-explorer {__version__}")
    return parser


def _window(paths: Sequence[Path]) -> int:
    from explorer import bootstrap

    bootstrap.ensure_qt()
    gc.disable()  # nothing that is imported becomes garbage; the window turns it on again
    # Before Qt, whose import hook reads the source of every module that is imported after it.
    importlib.import_module("explorer.core.opening")
    from explorer.ui.app import run

    return run(paths)


def _demo_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "demo",
        "Open the bundled demo; with --headless do the whole main job on it without a display: open, encode "
        "afresh, map, drag along a line, drop an image, export a gallery.",
        "latent-explorer demo --headless out/",
    )
    parser.add_argument("--headless", metavar="OUT", type=Path,
                        help="write window.png, gallery.png, pictures/ and report.json there")  # fmt: skip
    return parser


def _demo(parsed: argparse.Namespace) -> int:
    from explorer import bootstrap
    from explorer.core.bundles import FIRST, bundle_folder

    if parsed.headless is None:
        return _window([bundle_folder(FIRST)])
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    bootstrap.ensure_qt()
    from explorer.ui.headless_demo import run

    report = run(parsed.headless)
    print(json.dumps(report, indent=1))
    return 0


def _info_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "info",
        "Say what a model is, and where each finding comes from. With --data its self-test is also done "
        "on real pictures.",
        "latent-explorer info my-vae/ --data photos/ --json",
    )
    parser.add_argument(
        "model", metavar="MODEL", nargs="+", type=Path, help="a folder, one file, or an encoder and a decoder"
    )
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="images to encode and decode")
    parser.add_argument("--json", action="store_true", help="as JSON")
    return parser


def _info(parsed: argparse.Namespace) -> int:
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


def _encode_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "encode",
        "Encode a data set into a workspace: a folder of images (sub-folders are labels), IDX or NPZ. For a "
        "decoder alone, draw samples of its prior instead.",
        "latent-explorer encode my-vae/ photos/ --out work/",
    )  # fmt: skip
    parser.add_argument(
        "model", metavar="MODEL", type=Path, help="a folder with a model, or one of its files"
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("data", metavar="DATA", type=Path, nargs="?")
    what.add_argument("--prior", metavar="N", type=int, help="samples of the prior in place of data")
    parser.add_argument("--seed", type=int, default=42, help="of --prior (42)")
    parser.add_argument("--out", metavar="WORK", type=Path, required=True)
    return parser


def _encode(parsed: argparse.Namespace) -> int:
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


def _map_parser() -> argparse.ArgumentParser:
    from explorer.core.map_settings import DETAILS, METHODS, METRICS

    parser = _parser(
        "map", "Lay a workspace's latents out in two dimensions.", "latent-explorer map work/ --seed 7"
    )
    parser.add_argument("work", metavar="WORK", type=Path)
    parser.add_argument(
        "--neighbours", type=int, default=15, help="more shows the whole, fewer the detail (15)"
    )
    parser.add_argument(
        "--min-distance", type=float, default=0.1, help="how close points may lie, 0 to 1 (0.1)"
    )
    parser.add_argument("--seed", type=int, default=42, help="the same seed gives the same map (42)")
    parser.add_argument(
        "--metric", choices=METRICS, default=METRICS[0], help="what near means between latents"
    )
    parser.add_argument(
        "--method", choices=METHODS, default=METHODS[0],
        help="umap keeps neighbours together; densmap keeps densities too; pca is at once; "
        "latent takes two dimensions as they are",
    )  # fmt: skip
    parser.add_argument(
        "--labels", metavar="FIELD", default="", help="the field whose labels pull points together"
    )
    parser.add_argument(
        "--detail", choices=DETAILS, default=DETAILS[0],
        help="beyond 10,000 points: auto arranges that many landmarks first, then all for a while; "
        "landmarks stops there (quick); all takes all from the start (slow)",
    )  # fmt: skip
    parser.add_argument("--quality", action="store_true", help="say how far the map may be believed")
    figure = parser.add_argument_group(
        "a figure", "With --figure and no other setting, a map that is there already is only drawn."
    )
    figure.add_argument("--figure", metavar="FILE", type=Path, help="draw the map into a .png, .svg or .pdf")
    figure.add_argument(
        "--size", default="1600x1200", help="pixels, or paper as 180x135mm or 180x135mm@600 dpi (1600x1200)"
    )
    figure.add_argument("--color-by", metavar="FIELD", help="what colours the points (the first field)")
    figure.add_argument(
        "--theme", choices=("print", "light", "dark"), default="print", help="print is on white (print)"
    )
    figure.add_argument("--title", help="above the map (model and data)")
    figure.add_argument("--names", action="store_true", help="the labels' names where their points lie")
    figure.add_argument("--transparent", action="store_true", help="nothing behind the points")
    return parser


def _map(parsed: argparse.Namespace) -> int:
    from dataclasses import asdict

    from explorer.core.map_shelf import maps_folder
    from explorer.core.projection import MapSettings, fit_map
    from explorer.core.workspace import Workspace

    work = Workspace.open(parsed.work)
    settings = MapSettings(
        parsed.neighbours,
        parsed.min_distance,
        parsed.seed,
        parsed.metric,
        parsed.method,
        parsed.labels,
        parsed.detail,
    )
    if parsed.figure is not None:
        draw = _figure(parsed, work)
        if settings == MapSettings() and not parsed.quality and work.map_settings() is not None:
            draw()
            return 0
    labels = work.labels(settings.labels) if settings.labels else None
    made = fit_map(
        work.latents, settings, console_progress(), labels=labels, keep_in=maps_folder(work.folder)
    )
    work.save_positions(made.places, asdict(made.settings))
    for remark in made.remarks:
        print(remark, file=sys.stderr)
    if parsed.quality:
        from explorer.core.map_quality import map_quality

        first = work.labels(work.fields[0].name) if work.fields else None
        quality = map_quality(work.latents, made.places, first)
        print(json.dumps(asdict(quality), indent=1))
    print(f"{len(work):,} points mapped in {parsed.work}", file=sys.stderr)
    if parsed.figure is not None:
        draw()
    return 0


def _figure(parsed: argparse.Namespace, work: Workspace) -> Callable[[], None]:
    """What draws the map as a figure; what is wrong with the wish is said now."""
    from explorer import bootstrap

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    bootstrap.ensure_qt()
    from explorer.ui.figure_command import checked_size, write_map_figure
    from explorer.ui.figure_source import FigureChoice

    size = checked_size(parsed.figure, parsed.size, work, parsed.color_by)
    title = f"{work.model.name} · {work.data.name}" if parsed.title is None else parsed.title
    choice = FigureChoice(parsed.theme, title, names=parsed.names, transparent=parsed.transparent)

    def draw() -> None:
        write_map_figure(work, parsed.figure, size, choice, parsed.color_by, console_progress())
        print(f"The figure is in {parsed.figure}", file=sys.stderr)

    return draw


def _decode_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "decode",
        "Decode a place on the map, samples of the prior, or latents into one picture (several: a sheet).",
        "latent-explorer decode work/ --at 3.4,-1.9 --out there.png",
    )  # fmt: skip
    parser.add_argument("work", metavar="WORK", type=Path)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--at", metavar="X,Y", type=_place, help="a place in map units")
    what.add_argument("--prior", metavar="N", type=int, help="samples of the model's prior")
    what.add_argument("--latent", metavar="FILE.npy", type=Path, help="latents: D or N×D numbers")
    parser.add_argument("--seed", type=int, default=42, help="of --prior (42)")
    parser.add_argument("--out", metavar="FILE.png", type=Path, required=True)
    return parser


def _decode(parsed: argparse.Namespace) -> int:
    from explorer.core.arrays import open_array
    from explorer.core.gallery import Recipe, contact_sheet, provenances, write_png
    from explorer.core.latent_map import LatentMap
    from explorer.core.opening import pair_of
    from explorer.core.sampling import check_draws, prior_recipe
    from explorer.core.workspace import Workspace

    work = Workspace.open(parsed.work)
    pair = pair_of(work)
    check_draws(pair)
    places = None
    if parsed.at is not None:
        import numpy as np

        positions = work.positions()
        if positions is None:
            raise ExplorerError(
                f"{parsed.work} has no map yet; run “latent-explorer map {parsed.work}” first."
            )
        recipe = Recipe.kept(LatentMap.of(positions, work.latents).inverse.latent_at(parsed.at)[None])
        places = np.asarray([parsed.at])
    elif parsed.prior is not None:
        recipe = prior_recipe(pair, work, parsed.prior, parsed.seed)
    else:
        latents = open_array(parsed.latent)
        if latents.ndim not in (1, 2) or latents.shape[-1] != pair.latent_size or latents.dtype.kind != "f":
            raise ExplorerError(
                f"{parsed.latent} holds {latents.dtype} {latents.shape}; "
                f"{pair.name} decodes latents of {pair.latent_size} numbers."
            )
        recipe = Recipe.kept(latents.reshape(-1, pair.latent_size).astype("float32"))
    pictures, items = pair.decode(recipe.latents()), provenances(recipe, pair.name, pair.fingerprint, places)
    if len(pictures) == 1:
        write_png(parsed.out, pictures[0], items[0])
    else:
        write_png(parsed.out, contact_sheet(pictures))
    return 0


def _gallery_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "gallery", "Sample the prior into a contact sheet and single PNGs that know their latents.",
        "latent-explorer gallery my-vae/ --prior 48 --seed 3 --out gallery/",
    )  # fmt: skip
    parser.add_argument("model", metavar="MODEL|WORK", type=Path)
    parser.add_argument(
        "--prior", metavar="N", type=int, required=True, help="how many samples of the model's prior"
    )
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    return parser


def _gallery(parsed: argparse.Namespace) -> int:
    from explorer.core.gallery import decoding, export_gallery, provenances
    from explorer.core.opening import classify, open_now
    from explorer.core.sampling import check_draws, prior_recipe

    progress = console_progress()
    opened = open_now(classify([parsed.model]), None, progress)
    check_draws(opened.pair)
    recipe = prior_recipe(opened.pair, opened.work, parsed.prior, parsed.seed)
    places = opened.map.placement.place(recipe.latents()) if opened.map else None
    items = provenances(recipe, opened.pair.name, opened.pair.fingerprint, places)
    export_gallery(decoding(opened.pair.decode), items, parsed.out, progress)
    print(f"{len(items):,} pictures and their sheet are in {parsed.out}", file=sys.stderr)
    return 0


def _table_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "table",
        "Write one row for each picture of a workspace: name, file, labels, numbers and place on the map. "
        "The file's name says how: .csv or .parquet.",
        "latent-explorer table work/ --find 'label:coat map_x>3' --out coats.csv",
    )
    parser.add_argument("work", metavar="WORK", type=Path)
    parser.add_argument("--out", metavar="FILE", type=Path, required=True)
    parser.add_argument("--latents", action="store_true", help="with every number of the latents")
    parser.add_argument(
        "--find", metavar="TERMS", help="only pictures of which all terms hold, as in the window's Ctrl+F"
    )
    return parser


def _table(parsed: argparse.Namespace) -> int:
    import numpy as np

    from explorer.core.search import Columns, search
    from explorer.core.table import columns_of, write_table
    from explorer.core.workspace import Workspace

    work, progress = Workspace.open(parsed.work), console_progress()
    positions, rows = work.positions(), np.arange(len(work))
    if parsed.find is not None:
        rows = search(parsed.find, Columns.of(work, positions), progress)
        if not len(rows):
            raise ExplorerError(f"Nothing in {parsed.work} is found by “{parsed.find}”; try fewer terms.")
    write_table(parsed.out, columns_of(work, positions, latents=parsed.latents), rows, progress)
    print(f"{len(rows):,} rows are in {parsed.out}", file=sys.stderr)
    return 0


def _place(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is no place; write two numbers as X,Y") from error
    return x, y


_COMMANDS = {
    "demo": (_demo_parser, _demo),
    "info": (_info_parser, _info),
    "encode": (_encode_parser, _encode),
    "map": (_map_parser, _map),
    "decode": (_decode_parser, _decode),
    "gallery": (_gallery_parser, _gallery),
    "table": (_table_parser, _table),
}
