"""A figure of a workspace's map without a window, for the command line."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication

from explorer.core.coloring import OF_MAP, Column, column_of, default_key, is_computed, is_known
from explorer.core.errors import ExplorerError
from explorer.core.palette import categorical
from explorer.core.progress import Progress
from explorer.core.raster import Raster
from explorer.core.raster_plan import LIGHT
from explorer.core.work_maps import record_of
from explorer.core.workspace import Workspace
from explorer.ui.figure.figure import FigureSize
from explorer.ui.figure.files import check_suffix, write_figure
from explorer.ui.figure.source import FigureChoice, Mapped, figure_of
from explorer.ui.map.layers import Still
from explorer.ui.map.renderer import Scene
from explorer.ui.map.thumbnail_still import ThumbnailStill


def checked_size(path: Path, words: str, work: Workspace, color_by: str | None) -> FigureSize:
    """The size of a figure that can be written. Raises ``ExplorerError`` for what cannot, before any work."""
    check_suffix(path)
    if color_by and not is_known(work, color_by):
        columns: list[Column] = [*work.fields, *work.measures]
        known = ", ".join(one.name for one in columns) or "no columns of its own"
        raise ExplorerError(
            f"{work.folder} has nothing called “{color_by}” to colour by; it has {known}, and for all data "
            "there are latent:0, model:error, model:density, map:support, map:variance and map:distortion."
        )
    return FigureSize.parse(words)


def write_map_figure(
    work: Workspace,
    path: Path,
    size: FigureSize,
    choice: FigureChoice,
    color_by: str | None,
    progress: Progress,
) -> None:
    """Draw the map of ``work`` into ``path``, coloured by a key of ``core.coloring``; None: as at first.

    Raises ``ExplorerError`` where it has no map, or what colours it cannot be worked out, or ``path`` not be
    written.
    """
    positions = work.positions()
    if positions is None:
        raise ExplorerError(f"{work.folder} has no map yet; run “latent-explorer map {work.folder}” first.")
    application = QGuiApplication.instance() or QGuiApplication(["latent-explorer"])
    key = default_key(work) if color_by is None else color_by
    column = _column(work, key, progress)
    scene = Scene(Raster(positions), None, categorical(1), None, None, None, LIGHT)
    mapped = Mapped(
        scene,
        column,
        record_of(work),
        below=_background(work, scene) if choice.background else (),
        above=(ThumbnailStill(work.samples, everywhere=True),) if choice.thumbnails else (),
    )
    write_figure(path, figure_of(mapped, choice), size, progress)
    del application


def _background(work: Workspace, scene: Scene) -> tuple[Still, ...]:
    from explorer.core.latent_map import LatentMap
    from explorer.core.lattice import Lattice
    from explorer.core.opening import pair_of
    from explorer.ui.map.lattice_pictures import Source
    from explorer.ui.map.lattice_still import LatticeStill

    positions, bounds = work.positions(), scene.raster.bounds
    if positions is None or bounds is None:
        return ()
    latent_map = LatentMap.of(positions, work.latents)
    return (LatticeStill(Source(pair_of(work), latent_map.inverse, {}, Lattice.over(bounds))),)


def _column(work: Workspace, key: str, progress: Progress) -> Column | None:
    if not is_computed(key):
        return column_of(work, key, {})
    from explorer.core.coloring_work import work_out
    from explorer.core.latent_map import LatentMap
    from explorer.core.opening import pair_of

    positions = work.positions()
    latent_map = LatentMap.of(positions, work.latents) if key in OF_MAP and positions is not None else None
    return work_out(key, pair_of(work), work, latent_map, progress)
