"""``latent-explorer map``: a workspace's latents into two dimensions, and the map as a figure."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.commands.parsing import command_parser
from explorer.console import console_progress

if TYPE_CHECKING:
    from explorer.core.workspace import Workspace


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    from explorer.core.map_settings import DETAILS, METHODS, METRICS

    made = command_parser(
        "map", "Lay a workspace's latents out in two dimensions.", "latent-explorer map work/ --seed 7"
    )
    made.add_argument("work", metavar="WORK", type=Path)
    made.add_argument(
        "--neighbours", type=int, default=15, help="more shows the whole, fewer the detail (15)"
    )
    made.add_argument(
        "--min-distance", type=float, default=0.1, help="how close points may lie, 0 to 1 (0.1)"
    )
    made.add_argument("--seed", type=int, default=42, help="the same seed gives the same map (42)")
    made.add_argument("--metric", choices=METRICS, default=METRICS[0], help="what near means between latents")
    made.add_argument(
        "--method", choices=METHODS, default=METHODS[0],
        help="umap keeps neighbours together; densmap keeps densities too; pca is at once; "
        "latent takes two dimensions as they are",
    )  # fmt: skip
    made.add_argument(
        "--labels", metavar="FIELD", default="", help="the field whose labels pull points together"
    )
    made.add_argument(
        "--detail", choices=DETAILS, default=DETAILS[0],
        help="beyond 10,000 points: auto arranges that many landmarks first, then all for a while; "
        "landmarks stops there (quick); all takes all from the start (slow)",
    )  # fmt: skip
    made.add_argument("--quality", action="store_true", help="say how far the map may be believed")
    figure = made.add_argument_group(
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
    figure.add_argument("--thumbnails", action="store_true", help="pictures that stand for those around them")
    figure.add_argument("--background", action="store_true", help="decoded pictures below the points")
    figure.add_argument("--transparent", action="store_true", help="nothing behind the points")
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from dataclasses import asdict

    from explorer.core import work_maps
    from explorer.core.bundles import is_bundled
    from explorer.core.errors import ExplorerError
    from explorer.core.map_settings import MapRecord
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
    if is_bundled(work.folder):
        raise ExplorerError(
            f"{parsed.work} belongs to the program and keeps the map that it came with; "
            "copy the folder, then map the copy."
        )
    labels = work.labels(settings.labels) if settings.labels else None
    made = fit_map(
        work.latents, settings, console_progress(), labels=labels, keep_in=maps_folder(work.folder)
    )
    work_maps.make_own(work, MapRecord(settings, made.stopped), made.places)
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
    from explorer.ui.figure.command import checked_size, write_map_figure
    from explorer.ui.figure.source import FigureChoice

    size = checked_size(parsed.figure, parsed.size, work, parsed.color_by)
    title = f"{work.model.name} · {work.data.name}" if parsed.title is None else parsed.title
    choice = FigureChoice(
        parsed.theme,
        title,
        names=parsed.names,
        thumbnails=parsed.thumbnails,
        background=parsed.background,
        transparent=parsed.transparent,
    )

    def draw() -> None:
        write_map_figure(work, parsed.figure, size, choice, parsed.color_by, console_progress())
        print(f"The figure is in {parsed.figure}", file=sys.stderr)

    return draw
