"""Pictures of the map drawn behind the window's back: a rough one at once, then the exact one."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPainter

from explorer.core.raster import Raster, is_compiled, paint, warm_up
from explorer.core.raster_plan import DARK, LIGHT, Plan, Rgb, Style
from explorer.core.raster_support import Support
from explorer.core.view import View
from explorer.ui.map.overlay import paint_contours
from explorer.ui.parts.hook import Hook
from explorer.ui.parts.latest_work import LatestWork
from explorer.ui.parts.mailbox import Mailbox
from explorer.ui.parts.theme import Theme

_TARGET = 0.011
_LEAST, _LEAST_PLAIN, _MOST = 3e6, 1e6, 4e8
_REST, _RHYTHM = 0.03, 0.1
_REST_PLAIN = 0.2  # the plain painter holds up all other threads: the first decoded pictures come before it
_MANY = 200_000
_NO_POINTS = Raster(np.empty((0, 2), np.float32))


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a picture of the map shows, whatever part is looked at.

    ``density`` is shown in place of colours; ``contoured`` with lines of equal density. ``transparent``
    leaves the ground out, because something lies below the points.
    """

    raster: Raster
    codes: NDArray[np.int32] | None
    palette: NDArray[np.uint8]
    shown: NDArray[np.bool_] | None
    selected: NDArray[np.int64] | None
    support: Support | None
    style: Style
    density: bool = False
    contoured: bool = False
    transparent: bool = False


@dataclass(frozen=True, eq=False)
class Frame:
    """A finished picture of a scene and view (window units) at ``ratio`` pixels a unit.

    ``exact`` if no point was left out, ``seconds`` how long it took. Of a transparent scene ``image`` holds
    the points alone, and ``ground`` what they lie on.
    """

    scene: Scene
    view: View
    ratio: float
    image: QImage
    exact: bool
    seconds: float
    ground: QImage | None = None


def style_of(theme: Theme) -> Style:
    """The map's colours in a theme."""
    base = DARK if theme.name == "dark" else LIGHT
    return Style(
        background=_rgb(theme.ground),
        glow=base.glow,
        faint=_mix(theme.ground, theme.quiet, 0.5),
        halo=_rgb(theme.text),
        unlabelled=_rgb(theme.quiet),
        ramp=base.ramp,
        even=base.even,
        uneven=base.uneven,
        hatch=base.hatch,
    )


def _rgb(color: str) -> Rgb:
    parsed = QColor(color)
    return parsed.red(), parsed.green(), parsed.blue()


def _mix(first: str, second: str, share: float) -> Rgb:
    (r0, g0, b0), (r1, g1, b1) = _rgb(first), _rgb(second)
    return round(r0 + share * (r1 - r0)), round(g0 + share * (g1 - g0)), round(b0 + share * (b1 - b0))


def plan_of(scene: Scene, view: View, ratio: float, effort: float = math.inf, *, bare: bool = False) -> Plan:
    """What is to be painted, for a view in window units; ``bare`` without a ground."""
    return plan_in_pixels(scene, view.magnified(ratio), ratio, effort, bare=bare)


def plan_in_pixels(
    scene: Scene, view: View, ratio: float, effort: float = math.inf, *, bare: bool = False
) -> Plan:
    """The same for a view in pixels, of which ``ratio`` make a window unit."""
    return scene.raster.plan(
        view, scene.codes, scene.palette, scene.shown, pixel_ratio=ratio, style=scene.style,
        selected=scene.selected, support=scene.support, density=scene.density, effort=effort,
        quiet=scene.transparent or (scene.support is not None and scene.support.tint is not None), bare=bare,
    )  # fmt: skip


def render(
    scene: Scene, view: View, ratio: float, effort: float = math.inf, stop: NDArray[np.uint8] | None = None
) -> Frame:
    """Draw now, with no more effort than that; of no use once ``stop`` (1,) has been set."""
    began = time.perf_counter()
    plan = plan_of(scene, view, ratio, effort, bare=scene.transparent)
    ground = None
    if scene.transparent:
        ground = image_of(paint(plan_of(without_points(scene), view, ratio)), ratio)
    image = image_of(paint(plan, stop), ratio, clear=scene.transparent)
    if scene.contoured:
        painter = QPainter(image)
        lines, style = scene.raster.contours(scene.shown), scene.style
        paint_contours(painter, lines, view, style.halo, style.background)
        painter.end()
    return Frame(scene, view, ratio, image, plan.exact, time.perf_counter() - began, ground)


def without_points(scene: Scene) -> Scene:
    """The ground alone."""
    return replace(scene, raster=_NO_POINTS, codes=None, shown=None, selected=None)


def image_of(pixels: NDArray[np.uint8], ratio: float, *, clear: bool = False) -> QImage:
    """What ``raster.paint`` painted as an image of ``ratio`` pixels a unit."""
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_ARGB32_Premultiplied if clear else QImage.Format.Format_RGB32
    image = QImage(pixels.data, width, height, 4 * width, kind)
    image.setDevicePixelRatio(ratio)
    image._pixels = pixels  # type: ignore[attr-defined]  # the image does not own its memory
    return image


_Wanted = tuple[Scene, View, float]


class Pace:
    """How much can be drawn in a frame's time here, learnt from the frames so far."""

    def __init__(self) -> None:
        self._compiled = False
        self._effort = self._least = _LEAST_PLAIN

    @property
    def effort(self) -> float:
        """For ``Raster.plan``."""
        if is_compiled() and not self._compiled:
            self._compiled, self._effort, self._least = True, _LEAST, _LEAST
        return self._effort

    def took(self, frame: Frame) -> None:
        """Learn: a frame that was too slow, or one that left points out and was quick."""
        if frame.seconds > _TARGET or not frame.exact:
            change = min(max(_TARGET / max(frame.seconds, 1e-4), 0.6), 1.4)
            self._effort = min(max(self._effort * change, self._least), _MOST)


class MapRenderer:
    """Draws in a thread that lives as long as there is something to draw; the latest request wins.

    Hooks:
        finished: a ``Frame``: soon one that may be rough, then, unless another request came, the exact one.
    """

    def __init__(self) -> None:
        self.finished = Hook()
        self._frames: Mailbox[Frame] = Mailbox(self.finished.emit)
        self.pace = Pace()
        self._drawing = LatestWork("map-renderer", self._draw)
        self._stop = np.zeros(1, np.uint8)
        self._asked_at, self._gap = 0.0, math.inf

    def request(self, scene: Scene, view: View, ratio: float) -> None:
        """Draw this next, in place of what is still waiting or not yet exact."""
        now = time.perf_counter()
        self._gap, self._asked_at = now - self._asked_at, now
        self._stop[0] = 1  # before the request is taken, which brings another one
        self._drawing.request((scene, view, ratio))

    def stop(self) -> None:
        """Forget what is waiting, and wait for the picture in progress."""
        self._drawing.forget()
        self._stop[0] = 1
        self._drawing.finish()

    def _draw(self, wanted: _Wanted) -> None:
        self._stop = stop = np.zeros(1, np.uint8)
        frame = render(*wanted, effort=self.pace.effort)
        self.pace.took(frame)
        self._frames.send(frame)
        if not frame.exact and self._is_at_rest(wanted):
            exact = render(*wanted, stop=stop)
            if not stop[0]:
                self._frames.send(exact)

    def _is_at_rest(self, wanted: _Wanted) -> bool:
        """Wait a moment; with the plain painter and many points, until the compiled one is there."""
        rest = 1.5 * self._gap if self._gap < _RHYTHM else 0.0  # the next of a row is still to come
        is_wanted = self._drawing.wait(wanted, max(rest, _REST if is_compiled() else _REST_PLAIN))
        while is_wanted and not is_compiled() and len(wanted[0].raster) > _MANY:
            if not warm_up().is_alive():
                break
            is_wanted = self._drawing.wait(wanted, _REST)
        return is_wanted
