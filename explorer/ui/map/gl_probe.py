"""Whether a graphics card answers: run as a module in a process of its own, which a broken driver may end.

Prints one line, a JSON object: ``renderer``, the driver's name for it, and ``usable``, whether it is a card
(and not a program that acts as one, which is slower than our own raster) and draws what the map needs.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext
from PySide6.QtOpenGL import QOpenGLFramebufferObject

from explorer.core.raster import Raster
from explorer.core.view import View
from explorer.ui.map.gl_painter import GlError, GlPainter, surface_format

_IN_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader", "basic render", "gdi generic", "software")


def main() -> None:
    """Try, and print what came out."""
    application = QGuiApplication(sys.argv[:1])
    print(json.dumps(probe()))
    application.quit()


def probe() -> dict[str, object]:
    """Open a context without a window, and draw one point."""
    context, surface = QOpenGLContext(), QOffscreenSurface()
    context.setFormat(surface_format())
    if not context.create():
        return {"renderer": "", "usable": False}
    surface.setFormat(context.format())
    surface.create()
    if not context.makeCurrent(surface):
        return {"renderer": "", "usable": False}
    try:
        painter = GlPainter(context)
        plan = Raster(np.zeros((1, 2))).plan(View(0.0, 0.0, 1.0, 8, 8), None, np.zeros((0, 3), np.uint8))
        target = QOpenGLFramebufferObject(8, 8)
        painter.paint(plan, None, target.handle(), QSize(8, 8))
        painter.destroy()
    except GlError as error:
        return {"renderer": str(error), "usable": False}
    finally:
        context.doneCurrent()
    return {"renderer": painter.name, "usable": is_a_card(painter.name)}


def is_a_card(name: str) -> bool:
    """Whether a renderer's name is not that of one in software."""
    return not any(word in name.lower() for word in _IN_SOFTWARE)


if __name__ == "__main__":
    main()
