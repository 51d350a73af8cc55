"""A figure as a file: PNG, SVG or PDF. The same figure gives the same bytes.

In SVG and PDF the text, the legend and the arrows are vectors. The points are an embedded picture from the
painter that draws the map: their colours mix by how many lie at a place, which no stack of vector discs does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPoint, QRectF, QSize, QSizeF, QUuid
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QImage,
    QImageWriter,
    QPageSize,
    QPaintDevice,
    QPainter,
    QPdfWriter,
)

from explorer import __version__
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.progress import Progress
from explorer.core.raster import paint, warm_up
from explorer.core.view import View
from explorer.ui.figure.figure import Figure, FigureSize
from explorer.ui.figure.layout import Layout
from explorer.ui.map.overlay import paint_contours
from explorer.ui.map.renderer import image_of, plan_in_pixels, style_of, without_points

SUFFIXES = (".png", ".svg", ".pdf")
_TILE = 2048
_PRINT_DPI = 300.0
_EMBEDDED = 2.0
_PDF_DPI = 1200
_INCHES_PER_METRE = 39.3701
_CREATOR = f"Latent Explorer {__version__}"
_LONG_AGO = b"20000101000000"
_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'


def check_suffix(path: Path) -> str:
    """The suffix of ``path``. Raises ``ExplorerError`` for one that no figure is written as."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ExplorerError(f"{path} cannot be written as a figure; end its name in .png, .svg or .pdf.")
    return suffix


def write_figure(path: Path, figure: Figure, size: FigureSize, progress: Progress) -> None:
    """Draw ``figure`` into ``path``. Raises ``ExplorerError`` where that cannot be written."""
    suffix = check_suffix(path)
    with atomic_path(path) as beside:
        beside.write_bytes(figure_bytes(figure, size, suffix, progress))


def figure_bytes(figure: Figure, size: FigureSize, suffix: str, progress: Progress) -> bytes:
    """The file's content; ``suffix`` is one of SUFFIXES.

    Needs a ``QGuiApplication``, and may run in a thread. Raises ``Cancelled``.
    """
    warm_up().join()  # the plain painter's rounding is another
    if suffix == ".png":
        return _png(draw(figure, size, progress), figure, size)
    layout = Layout(figure, size)
    finer = max(1.0, _EMBEDDED if size.dpi < 0.5 * _PRINT_DPI else _PRINT_DPI / size.dpi)
    points = _points(figure, _finer(layout.view, finer), size.ratio * finer, progress)
    return (_svg if suffix == ".svg" else _pdf)(figure, size, layout, points)


def draw(figure: Figure, size: FigureSize, progress: Progress) -> QImage:
    """The figure as a picture of its size."""
    layout, ratio = Layout(figure, size), size.ratio
    image = _canvas(size.width, size.height)
    image.fill(QColor(0, 0, 0, 0) if figure.transparent else QColor(figure.theme.ground))
    corner = QPoint(round(layout.plot.left() * ratio), round(layout.plot.top() * ratio))
    points = _points(figure, layout.view, ratio, progress)
    with _painting(image) as painter:
        painter.drawImage(corner, points)
        painter.scale(ratio, ratio)
        layout.paint(painter)
    return image if figure.transparent else image.convertToFormat(QImage.Format.Format_RGB32)


def _finer(view: View, ratio: float) -> View:
    width, height = round(view.width * ratio), round(view.height * ratio)
    return View(view.center_x, view.center_y, view.units_per_pixel * view.width / width, width, height)


def _points(figure: Figure, view: View, ratio: float, progress: Progress) -> QImage:
    """The points alone, exactly, in the pixels of ``view``, of which ``ratio`` make a unit; tile by tile."""
    scene = replace(figure.scene, style=style_of(figure.theme), transparent=bool(figure.below))
    below, above = (
        [still.drawing(scene, view, ratio, progress) for still in stills]
        for stills in (figure.below, figure.above)
    )
    image = _canvas(view.width, view.height)
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(view.height, view.width, 4)
    tiles = [(x, y) for y in range(0, view.height, _TILE) for x in range(0, view.width, _TILE)]
    for number, (x, y) in enumerate(tiles):
        progress(number, len(tiles), "Drawing the figure")
        tile = _part(view, x, y, min(_TILE, view.width - x), min(_TILE, view.height - y))
        where = np.s_[y : y + tile.height, x : x + tile.width]
        if not below:
            pixels[where] = paint(plan_in_pixels(scene, tile, ratio, bare=figure.transparent))
            continue
        ground = None if figure.transparent else paint(plan_in_pixels(without_points(scene), tile, ratio))
        pixels[where] = 0 if ground is None else ground
        points = image_of(paint(plan_in_pixels(scene, tile, ratio, bare=True)), 1.0, clear=True)
        with _painting(image) as painter:
            painter.translate(x, y)
            for draw_layer in below:
                draw_layer(painter, tile)
            painter.drawImage(0, 0, points)
    progress(len(tiles), len(tiles), "Drawing the figure")
    if scene.contoured:
        with _painting(image) as painter:
            painter.scale(ratio, ratio)
            lines, style = scene.raster.contours(scene.shown), scene.style
            paint_contours(painter, lines, view.magnified(1.0 / ratio), style.halo, style.background)
    for x, y in tiles if above else ():
        tile = _part(view, x, y, min(_TILE, view.width - x), min(_TILE, view.height - y))
        with _painting(image) as painter:
            painter.translate(x, y)
            for draw_layer in above:
                draw_layer(painter, tile)
    return image


def _part(view: View, x: int, y: int, width: int, height: int) -> View:
    scale = view.units_per_pixel
    return View(
        view.left + (x + 0.5 * width) * scale, view.top - (y + 0.5 * height) * scale, scale, width, height
    )


def _canvas(width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    if image.isNull():
        raise ExplorerError(f"There is not enough memory for {width:,}×{height:,} pixels; choose fewer.")
    return image


def _png(image: QImage, figure: Figure, size: FigureSize) -> bytes:
    image.setDotsPerMeterX(round(size.dpi * _INCHES_PER_METRE))
    image.setDotsPerMeterY(round(size.dpi * _INCHES_PER_METRE))
    for key, text in (("Title", figure.title), ("Description", figure.caption), ("Software", _CREATOR)):
        image.setText(key, text)
    return _written(lambda buffer: QImageWriter(buffer, b"png").write(image))


def _svg(figure: Figure, size: FigureSize, layout: Layout, points: QImage) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    def write(buffer: QBuffer) -> None:
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setResolution(round(size.dpi))
        generator.setSize(QSize(size.width, size.height))
        generator.setViewBox(QRectF(0.0, 0.0, layout.width, layout.height))
        generator.setTitle(figure.title)
        generator.setDescription(figure.caption)
        with _painting(generator) as painter:
            _paint_page(painter, figure, layout, points)

    # Who has not this machine's font sees a similar one, not the viewer's serifs.
    families = f"{QFontInfo(QFont()).family()}, Helvetica, Arial, sans-serif"
    return re.sub(rb'font-family="[^"]*"', f'font-family="{escape(families)}"'.encode(), _written(write))


def _pdf(figure: Figure, size: FigureSize, layout: Layout, points: QImage) -> bytes:
    def write(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        inches = QSizeF(size.width / size.dpi, size.height / size.dpi)
        writer.setPageSize(QPageSize(inches, QPageSize.Unit.Inch, "", QPageSize.SizeMatchPolicy.ExactMatch))
        writer.setPageMargins(QMarginsF())
        writer.setResolution(_PDF_DPI)
        writer.setTitle(figure.title)
        writer.setCreator(_CREATOR)
        writer.setDocumentXmpMetadata(_XMP)
        writer.setDocumentId(QUuid.createUuidV5(QUuid(), f"{figure.title} {figure.caption}".encode()))
        scale = _PDF_DPI / size.dpi * size.ratio
        with _painting(writer) as painter:
            painter.scale(scale, scale)
            _paint_page(painter, figure, layout, points)

    return re.sub(rb"\(D:\d{14}Z?[^)]*\)", _dated, _written(write))


def _dated(found: re.Match[bytes]) -> bytes:
    """A date that is always the same, as long as the one found, for all places in the file are counted."""
    return found.group()[:3] + _LONG_AGO + found.group()[17:]


@contextmanager
def _painting(device: QPaintDevice) -> Iterator[QPainter]:
    """A painter that is done with its device before that goes, whatever happens."""
    painter = QPainter(device)
    try:
        yield painter
    finally:
        painter.end()


def _paint_page(painter: QPainter, figure: Figure, layout: Layout, points: QImage) -> None:
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
    if not figure.transparent:
        painter.fillRect(QRectF(0.0, 0.0, layout.width, layout.height), QColor(figure.theme.ground))
        points = points.convertToFormat(QImage.Format.Format_RGB32)
    painter.drawImage(layout.plot, points)
    layout.paint(painter)


def _written(write: Callable[[QBuffer], object]) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    return bytes(buffer.data().data())
