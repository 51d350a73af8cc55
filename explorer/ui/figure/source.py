"""From what is open to a figure: colours for its theme, the legend, and the words below it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.core.coloring import Column, Scale, painted, scale_of
from explorer.core.dataset_base import Field, Measure, number_text
from explorer.core.map_settings import MapRecord
from explorer.core.view import View
from explorer.ui.figure.figure import THEMES, Entry, Figure, Key
from explorer.ui.map.layers import Still
from explorer.ui.map.renderer import Scene, style_of
from explorer.ui.parts.theme import Theme

_STEP = 5  # of the ramp's 256 colours, for a gradient
_METHODS = {"umap": "UMAP", "densmap": "densMAP", "pca": "PCA", "latent": "Latent space"}
_AXES = {"umap": "UMAP", "densmap": "densMAP", "pca": "PC", "latent": "z"}


@dataclass(frozen=True)
class FigureChoice:
    """What a figure shows.

    Attributes:
        theme: "print", "light" or "dark".
        title: above it; empty for none.
        whole: the whole map, or what the window shows.
        legend, caption, axes, names, ground, selection: whether it has them.
        thumbnails, background: whether it has those that the window shows.
        transparent: whether nothing lies behind the points.
    """

    theme: str = "print"
    title: str = ""
    whole: bool = True
    legend: bool = True
    caption: bool = True
    axes: bool = True
    names: bool = False
    ground: bool = False
    selection: bool = False
    thumbnails: bool = True
    background: bool = True
    transparent: bool = False


@dataclass(frozen=True, eq=False)
class Mapped:
    """A map to be drawn.

    Attributes:
        scene: its points with filter, selection and ground.
        column: what colours them.
        record: how it was made.
        view: what the window shows of it.
        below, above: layers under and over the points.
    """

    scene: Scene
    column: Column | None
    record: MapRecord | None
    view: View | None = None
    below: tuple[Still, ...] = ()
    above: tuple[Still, ...] = ()


def figure_of(mapped: Mapped, choice: FigureChoice) -> Figure:
    """The figure of a map. May be called on the window's thread: nothing is drawn yet."""
    theme, scene, column = THEMES[choice.theme], mapped.scene, mapped.column
    codes, palette = painted(column, len(scene.raster), theme.name)
    scene = replace(
        scene,
        codes=codes,
        palette=palette,
        support=scene.support if choice.ground else None,
        selected=scene.selected if choice.selection else None,
        transparent=False,  # the drawing sees to what lies below the points
    )
    if scene.density:
        key: Key | None = _density_key(theme)
    elif isinstance(column, Field):
        key = _classes(column, palette, scene.shown, theme)
    else:
        key = None if column is None else _scale(column, palette, scene.shown, theme)
    return Figure(
        scene=scene,
        theme=theme,
        key=key if choice.legend else None,
        title=choice.title,
        caption=caption_of(mapped.record, scene) if choice.caption else "",
        axes=axes_of(mapped.record) if choice.axes else None,
        names=column if choice.names and isinstance(column, Field) else None,
        view=None if choice.whole else mapped.view,
        transparent=choice.transparent,
        below=_chosen(mapped.below, choice),
        above=_chosen(mapped.above, choice),
    )


def _chosen(stills: tuple[Still, ...], choice: FigureChoice) -> tuple[Still, ...]:
    wanted = {"thumbnails": choice.thumbnails, "background": choice.background}
    return tuple(still for still in stills if wanted[still.key])


def axes_of(record: MapRecord | None) -> tuple[str, str]:
    """What the two directions are called."""
    name = _AXES[record.settings.method] if record is not None else "Map"
    first = 0 if name == "z" else 1
    return f"{name} {first}", f"{name} {first + 1}"


def caption_of(record: MapRecord | None, scene: Scene) -> str:
    """How the map was made and what is on it, in one line; a part holds together where the line is broken."""
    parts = []
    if record is not None:
        one = record.settings
        parts.append(_METHODS[one.method])
        if one.has_neighbours:
            parts += [f"{one.neighbours} neighbours", f"minimum distance {one.min_distance:g}", one.metric]
            parts += [f"supervised by {one.labels}"] if one.labels else []
            parts.append(f"seed {one.seed}")
        parts += ["stopped early"] if record.stopped else []
    count = len(scene.raster)
    shown = count if scene.shown is None else int(scene.shown.sum())
    parts.append(f"{count:,} points" if shown == count else f"{shown:,} of {count:,} points")
    if scene.selected is not None:
        parts.append(f"{len(scene.selected):,} selected")
    if scene.raster.left_out:
        parts.append(f"{scene.raster.left_out:,} without a place left out")
    return "\u00a0· ".join(part.replace(" ", "\u00a0") for part in parts)


def _classes(field: Field, palette: NDArray[np.uint8], shown: NDArray[np.bool_] | None, theme: Theme) -> Key:
    """The classes that are shown with their counts; what is filtered out, and what has no label."""
    seen = field.codes if shown is None else field.codes[shown]
    counts = np.bincount(seen[seen >= 0], minlength=len(field.names)).tolist()
    colors = [(int(r), int(g), int(b)) for r, g, b in palette.tolist()]
    entries = [Entry(*one) for one in zip(field.names, counts, colors, strict=True)]
    entries += _others("no label", int((seen < 0).sum()), len(field.codes) - len(seen), theme)
    return Key(field.name, tuple(one for one in entries if one.count))


def _scale(
    measure: Measure, palette: NDArray[np.uint8], shown: NDArray[np.bool_] | None, theme: Theme
) -> Key:
    """The scale of numbers, its ends and its middle."""
    scale = scale_of(measure)
    values = measure.values if shown is None else measure.values[shown]
    entries = _others("no value", int(np.isnan(values).sum()), len(measure.values) - len(values), theme)
    heading = f"{measure.name} ({measure.unit})" if measure.unit else measure.name
    return Key(heading, tuple(one for one in entries if one.count), palette[::_STEP], _ticks(scale))


def _ticks(scale: Scale) -> tuple[tuple[float, str], ...]:
    """The ends say where values lie beyond them, which have the end's colour."""
    low, high = number_text(scale.low), number_text(scale.high)
    if not scale.high > scale.low:
        return ((0.5, low),)
    low = f"≤ {low}" if scale.least < scale.low else low
    high = f"≥ {high}" if scale.most > scale.high else high
    return (0.0, low), (0.5, number_text(0.5 * (scale.low + scale.high))), (1.0, high)


def _others(name: str, count: int, filtered: int, theme: Theme) -> list[Entry]:
    style = style_of(theme)
    return [Entry(name, count, style.unlabelled), Entry("filtered out", filtered, style.faint)]


def _density_key(theme: Theme) -> Key:
    ramp = np.array(style_of(theme).ramp, np.uint8)
    return Key("Density (log)", ramp=ramp, ticks=((0.0, "few points"), (1.0, "many points")))
