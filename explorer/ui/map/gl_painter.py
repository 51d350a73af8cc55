"""Paints a plan with OpenGL 3.3: points once into the card's memory, then only numbers for each view."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QOpenGLContext, QSurfaceFormat
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
    QOpenGLFunctions_3_3_Core,
    QOpenGLShader,
    QOpenGLShaderProgram,
    QOpenGLTexture,
    QOpenGLVersionFunctionsFactory,
    QOpenGLVersionProfile,
    QOpenGLVertexArrayObject,
)

from explorer.core.raster_plan import Plan, halo_radius
from explorer.core.raster_support import Support
from explorer.ui.map import gl_shaders as shaders

BYTES_A_POINT = 12
"""Two coordinates and an ink."""

_PALETTE_WIDTH = 1024
_POINTS, _TRIANGLES = 0x0000, 0x0004
_FLOAT, _UNSIGNED_BYTE = 0x1406, 0x1401
_BLEND, _ONE, _PROGRAM_POINT_SIZE = 0x0BE2, 1, 0x8642
_COLOR, _COLOR_ATTACHMENTS, _FRAMEBUFFER = 0x1800, (0x8CE0, 0x8CE1), 0x8D40
_TEXTURE_2D, _TEXTURE_0 = 0x0DE1, 0x84C0
_RGBA32F, _RG32F = 0x8814, 0x8230

Format, Pixels, Kind = QOpenGLTexture.TextureFormat, QOpenGLTexture.PixelFormat, QOpenGLTexture.PixelType
_STORAGE = {
    ("f", 2): (Format.RG32F, Pixels.RG, Kind.Float32),
    ("u", 4): (Format.RGBA8_UNorm, Pixels.RGBA, Kind.UInt8),
    ("f", 4): (Format.RGBA32F, Pixels.RGBA, Kind.Float32),
    ("i", 2): (Format.RG32I, Pixels.RG_Integer, Kind.Int32),
}


class GlError(Exception):
    """What OpenGL would not do."""


def surface_format() -> QSurfaceFormat:
    """What is asked of a context."""
    wanted = QSurfaceFormat()
    wanted.setVersion(3, 3)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setDepthBufferSize(0)
    return wanted


class GlPainter:
    """Everything on the card for one context, which is current whenever a method is called.

    Raises ``GlError`` where the card cannot do what is needed.
    """

    def __init__(self, context: QOpenGLContext) -> None:
        profile = QOpenGLVersionProfile()
        profile.setVersion(3, 3)
        profile.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
        functions = QOpenGLVersionFunctionsFactory.get(profile, context)
        if not isinstance(functions, QOpenGLFunctions_3_3_Core) or not functions.initializeOpenGLFunctions():
            raise GlError("it does not offer OpenGL 3.3")
        self._gl = functions
        self.name = str(functions.glGetString(0x1F01))
        self._points = _program(shaders.POINTS_VERTEX, shaders.POINTS_FRAGMENT)
        self._resolve = _program(shaders.RESOLVE_VERTEX, shaders.RESOLVE_FRAGMENT)
        self._places, self._inks = _buffer(), _buffer()
        self._layout, self._nothing = QOpenGLVertexArrayObject(), QOpenGLVertexArrayObject()
        if not (self._layout.create() and self._nothing.create()):
            raise GlError("it has no vertex arrays")
        self._lay_out()
        self._textures: dict[str, QOpenGLTexture] = {}
        self._on_card: dict[str, tuple[object, ...]] = {}
        self._sums: QOpenGLFramebufferObject | None = None

    def paint(
        self, plan: Plan, support: Support | None, target: int, size: QSize, below: QImage | None = None
    ) -> None:
        """Paint a plan into the framebuffer ``target`` of ``size`` pixels, from its upper left corner.

        ``below`` is laid between ground and points: as many pixels as the plan's view, premultiplied.
        """
        self._upload(plan)
        if self._is_new("below", below):
            self._put("below", _pixels_of(below))
        self._add_up(plan)
        self._show(plan, support, target, size)
        error = self._gl.glGetError()
        if error:
            raise GlError(f"it reports error {error:#x}")

    def destroy(self) -> None:
        """Give back what the card holds."""
        for texture in self._textures.values():
            texture.destroy()
        self._textures.clear()
        for part in (self._places, self._inks, self._layout, self._nothing):
            part.destroy()
        self._sums = None

    def _lay_out(self) -> None:
        self._layout.bind()
        for place, (buffer, kind, count) in enumerate(
            ((self._places, _FLOAT, 2), (self._inks, _UNSIGNED_BYTE, 4))
        ):
            buffer.bind()
            self._points.enableAttributeArray(place)
            self._points.setAttributeBuffer(place, kind, 0, count)
        self._layout.release()

    def _upload(self, plan: Plan) -> None:
        """Send what has changed since the last picture."""
        if self._is_new("places", plan.index):
            _fill(self._places, plan.index.places)
        if self._is_new("inks", plan.inks):
            _fill(self._inks, plan.inks)
        if self._is_new("palette", plan.colors):
            rows = -(-len(plan.colors) // _PALETTE_WIDTH)
            palette = np.zeros((rows * _PALETTE_WIDTH, 4), np.float32)
            palette[: len(plan.colors), :3] = plan.colors
            self._put("palette", palette.reshape(rows, _PALETTE_WIDTH, 4))
        if self._is_new("cells", plan.index, plan.whole):
            counts = plan.index.counts if plan.whole is None else np.where(plan.whole, -1, plan.index.counts)
            firsts = plan.index.starts[:-1].reshape(counts.shape)
            self._put("cells", np.stack([firsts, counts], axis=-1).astype(np.int32))
        if self._is_new("support", plan.support, plan.tint):
            self._put("support", np.stack([plan.support, plan.tint], axis=-1))

    def _add_up(self, plan: Plan) -> None:
        """Discs onto discs: colours and layers of the shown, layers of faint points and of edges."""
        gl, view, index = self._gl, plan.view, plan.index
        width, height = view.width, view.height
        if self._sums is None or self._sums.size() != QSize(width, height):
            kind = QOpenGLFramebufferObjectFormat()
            kind.setInternalTextureFormat(_RGBA32F)
            self._sums = QOpenGLFramebufferObject(width, height, kind)
            self._sums.addColorAttachment(width, height, _RG32F)
            if not self._sums.isValid():
                raise GlError("it cannot add up floating-point colours")
        self._sums.bind()
        layers = 1 if plan.plain else 2
        gl.glDrawBuffers(layers, list(_COLOR_ATTACHMENTS[:layers]))
        for layer in range(layers):
            gl.glClearBufferfv(_COLOR, layer, [0.0, 0.0, 0.0, 0.0])
        gl.glEnable(_BLEND)
        gl.glBlendFunc(_ONE, _ONE)
        gl.glEnable(_PROGRAM_POINT_SIZE)
        # Points just outside reach in: what is cut off is cut off further out.
        halo = halo_radius(plan.radius)
        margin = math.ceil(halo) + 1
        gl.glViewport(-margin, -margin, width + 2 * margin, height + 2 * margin)
        centre = np.array((view.center_x, view.center_y))
        high = centre.astype(np.float32).astype(np.float64)
        self._points.bind()
        self._set(
            self._points,
            centre_high=high.tolist(), centre_low=(centre - high).tolist(), margin=float(margin),
            pixels_per_unit=1.0 / view.units_per_pixel, half_screen=(0.5 * width, 0.5 * height),
            radius=plan.radius, halo=halo, grid_corner=(index.left, index.bottom),
            cell_size=(index.cell_width, index.cell_height), side=index.side, cap=plan.cap,
        )  # fmt: skip
        self._bind(self._points, palette=self._textures["palette"], cells=self._textures["cells"])
        self._layout.bind()
        gl.glDrawArrays(_POINTS, 0, len(index))
        self._layout.release()
        gl.glDisable(_BLEND)

    def _show(self, plan: Plan, support: Support | None, target: int, size: QSize) -> None:
        """Sums to colours over the ground."""
        assert self._sums is not None
        gl, view, style = self._gl, plan.view, plan.style
        gl.glBindFramebuffer(_FRAMEBUFFER, target)
        gl.glViewport(0, 0, size.width(), size.height())
        corner, step = (-1.0, -1.0), (0.0, 0.0)
        if support is not None:
            (rows, columns), (left, bottom, right, top) = support.values.shape, support.bounds
            across, up = (columns - 1) / (right - left), (rows - 1) / (top - bottom)
            corner = ((view.left - left) * across, (view.top - bottom) * up)
            step = (view.units_per_pixel * across, -view.units_per_pixel * up)
        self._resolve.bind()
        self._set(
            self._resolve,
            plain=int(plan.plain), height=view.height, screen_height=size.height(), node_at_corner=corner,
            nodes_per_pixel=step, background=style.background, rise=plan.rise[0].tolist(),
            tint_rise=plan.rise[1].tolist(), hatch_period=len(plan.hatch),
            hatch_phase=plan.hatch_phase % len(plan.hatch),
            covered=int(self._on_card["below"][0] is not None), faint=style.faint, edge=style.halo,
            thin=plan.thin, faint_thin=plan.faint_thin, ramp_top=plan.ramp_top,
        )  # fmt: skip
        for name, colors in (("ramp", plan.ramp), ("hatch", plan.hatch)):
            if len(colors):
                place = self._resolve.uniformLocation(name)
                gl.glUniform3fv(place, len(colors), colors.ravel().tolist())
        mixed, layered = self._sums.textures()
        self._bind(
            self._resolve, mixed=mixed, layered=layered, support=self._textures["support"],
            below=self._textures["below"],
        )  # fmt: skip
        self._nothing.bind()
        gl.glDrawArrays(_TRIANGLES, 0, 3)
        self._nothing.release()
        self._resolve.release()

    def _is_new(self, name: str, *sources: object) -> bool:
        kept = self._on_card.get(name)
        if kept is not None and all(a is b for a, b in zip(kept, sources, strict=True)):
            return False
        self._on_card[name] = sources
        return True

    def _put(self, name: str, values: NDArray[np.float32] | NDArray[np.int32] | NDArray[np.uint8]) -> None:
        """A texture of ``values`` (rows, columns, channels), in place of the last one of that name."""
        if name in self._textures:
            self._textures.pop(name).destroy()
        rows, columns, channels = values.shape
        storage, pixels, kind = _STORAGE[values.dtype.kind, channels]
        texture = QOpenGLTexture(QOpenGLTexture.Target.Target2D)
        texture.setFormat(storage)
        texture.setSize(columns, rows)
        texture.setMipLevels(1)
        texture.allocateStorage(pixels, kind)
        texture.setMinMagFilters(QOpenGLTexture.Filter.Nearest, QOpenGLTexture.Filter.Nearest)
        texture.setData(pixels, kind, values.tobytes())  # type: ignore[call-overload]  # bytes do, stubs aside
        self._textures[name] = texture

    def _bind(self, program: QOpenGLShaderProgram, **textures: QOpenGLTexture | int) -> None:
        for unit, (name, texture) in enumerate(textures.items()):
            number = texture if isinstance(texture, int) else texture.textureId()
            self._gl.glActiveTexture(_TEXTURE_0 + unit)
            self._gl.glBindTexture(_TEXTURE_2D, number)
            self._gl.glUniform1i(program.uniformLocation(name), unit)

    def _set(self, program: QOpenGLShaderProgram, **uniforms: float | Sequence[float]) -> None:
        gl = self._gl
        for name, value in uniforms.items():
            place = program.uniformLocation(name)
            if isinstance(value, int):
                gl.glUniform1i(place, value)
            elif isinstance(value, float):
                gl.glUniform1f(place, value)
            elif len(value) == 2:
                gl.glUniform2f(place, *map(float, value))
            else:
                gl.glUniform3f(place, *map(float, value))


def _program(vertex: str, fragment: str) -> QOpenGLShaderProgram:
    program = QOpenGLShaderProgram()
    stage = QOpenGLShader.ShaderTypeBit
    if not (
        program.addShaderFromSourceCode(stage.Vertex, vertex)
        and program.addShaderFromSourceCode(stage.Fragment, fragment)
        and program.link()
    ):
        raise GlError(f"it does not take the shaders ({program.log().strip()[:200]})")
    return program


def _pixels_of(image: QImage | None) -> NDArray[np.uint8]:
    """``(height, width, 4)`` RGBA, premultiplied; a single clear pixel for None."""
    if image is None:
        return np.zeros((1, 1, 4), np.uint8)
    image = image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width()].copy()


def _buffer() -> QOpenGLBuffer:
    buffer = QOpenGLBuffer(QOpenGLBuffer.Type.VertexBuffer)
    if not buffer.create():
        raise GlError("it has no vertex buffers")
    buffer.setUsagePattern(QOpenGLBuffer.UsagePattern.StaticDraw)
    return buffer


def _fill(buffer: QOpenGLBuffer, values: NDArray[np.float32] | NDArray[np.uint32]) -> None:
    buffer.bind()
    # Without a copy, which its stubs know nothing of.
    buffer.allocate(np.ascontiguousarray(values), values.nbytes)  # type: ignore[call-overload]
    if buffer.size() != values.nbytes:
        raise GlError(f"it has no {values.nbytes >> 20} MiB left for the points")
    buffer.release()
