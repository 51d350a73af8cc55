"""A gallery as a film: GIF, APNG, animated WebP, MP4 and WebM."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from explorer.core import xmp
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.export import png
from explorer.core.export.ahead import batch_size
from explorer.core.export.enlarging import enlarged
from explorer.core.export.look import Look
from explorer.core.export.notes import notes_of, packet_of
from explorer.core.files import atomic_path, write_error
from explorer.core.progress import Progress

if TYPE_CHECKING:
    from av.video.stream import VideoStream
    from PIL import Image

    from explorer.core.export.item import Gallery

Pictures = NDArray[np.uint8]

SLOWEST, FASTEST = 0.1, 60.0
"""Pictures a second."""

_SIDE = 384
_LARGEST_HELD = 300_000_000
_MOST_COLORS = 256
_SAMPLED = 24
_QUALITY = "18"
_TEXT = "Writing the film"
_VIDEO_WANTED = (
    "MP4 and WebM need the package av, which is not installed; pip install 'latent-explorer[video]' brings "
    "it, and GIF, APNG and WebP need nothing."
)
# In the order of how well they are understood: each file's first encoder that is there is taken.
_ENCODERS: dict[str, tuple[str, ...]] = {
    ".mp4": ("libx264", "libopenh264", "h264_videotoolbox", "mpeg4"),
    ".webm": ("libvpx-vp9", "libvpx"),
}
# libx264's tree of macroblocks gives other bytes at times for the same frames, in one thread too.
_OPTIONS = {"libx264": {"x264-params": "mbtree=0"}, "libvpx-vp9": {"b": "0"}, "libvpx": {"b": "0"}}
# Without that each file would hold a random number.
_EXACT = {"fflags": "+bitexact"}
_CONTAINERS = {".mp4": {"movflags": "+faststart", **_EXACT}, ".webm": _EXACT}
_H264 = ("libx264", "libopenh264", "h264_videotoolbox")


def write_film(gallery: Gallery, look: Look, path: Path, progress: Progress, *, notes: bool = True) -> str:
    """Write the film in the format that ``path``'s suffix says; what is to be told of it, or an empty string.

    Raises ``ExplorerError`` for another suffix, a film that the format cannot hold, a package that is
    missing and a place that cannot be written; ``Cancelled`` through ``progress``.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ExplorerError(f"{path} is no kind of film; a name ending in {', '.join(_WRITERS)} would work.")
    reel = Reel(gallery, look, progress)
    with atomic_path(path) as beside:
        return writer(reel, beside, notes)


class Reel:
    """The frames of a film, made as they are asked for.

    Attributes:
        gallery, look: what it is made of.
        size: width and height of each frame.
        smooth: whether the pictures are enlarged smoothly.
        rate: pictures a second.
    """

    def __init__(self, gallery: Gallery, look: Look, progress: Progress) -> None:
        self.gallery, self.look, self._progress = gallery, look, progress
        self._play = gallery.play if look.play == "auto" else look.play
        self.rate = min(FASTEST, max(SLOWEST, gallery.rate if look.rate is None else look.rate))
        way = [item.index for item in gallery.items if item.role != "empty"]
        if not way:
            raise ExplorerError("There are no pictures for a film; keep or sample some first.")
        self._way = way + way[-2:0:-1] if self._play == "there and back" else way
        height, width, _ = gallery.shape
        self.smooth = look.smooth(height, width)
        factor = (look.side or _SIDE) / max(height, width)
        if not self.smooth:
            factor = max(1, round(factor))
        elif look.side is None:
            factor = max(1.0, factor)
        # The encoders of video take even sides alone.
        self.size = max(2, round(width * factor) // 2 * 2), max(2, round(height * factor) // 2 * 2)

    def __len__(self) -> int:
        return len(self._way)

    def frames(self, *, grown: bool = True) -> Iterator[Pictures]:
        """Each frame, ``uint8 (height, width, 1 or 3)``."""
        way = self._way
        step = batch_size((*self.size, 3))
        for start in range(0, len(way), step):
            self._progress(start, len(way), _TEXT, "pictures")
            part = way[start : start + step]
            first, last = min(part), max(part)
            if last - first >= 2 * step:  # the ends of a loop, or empty places between
                drawn = {index: self.gallery.pictures(index, index + 1)[0] for index in part}
            else:
                drawn = dict(zip(range(first, last + 1), self.gallery.pictures(first, last + 1), strict=True))
            for index in part:
                self._progress.check()
                yield self._grown(drawn[index]) if grown else drawn[index]
        self._progress(len(way), len(way), _TEXT, "pictures")

    def frame(self, number: int) -> Pictures:
        """One of them by its number."""
        index = self._way[number]
        return self._grown(self.gallery.pictures(index, index + 1)[0])

    def _grown(self, picture: Pictures) -> Pictures:
        return enlarged(picture, self.size[::-1], self.smooth)

    @property
    def repeats(self) -> bool:
        """Whether the film goes on from its start."""
        return self._play != "once"

    @property
    def milliseconds(self) -> int:
        """How long a frame stands."""
        return max(10, round(1000 / self.rate))

    def images(self, *, grown: bool = True) -> list[Image.Image]:
        """All frames for Pillow, or as they were decoded where they are not to be ``grown``.

        Raises ``ExplorerError`` where they are too many to be held.
        """
        from PIL import Image

        channels = self.gallery.shape[2]
        if len(self) * self.size[0] * self.size[1] * channels > _LARGEST_HELD:
            raise ExplorerError(
                f"{len(self):,} pictures of {self.size[0]}×{self.size[1]} are too many for GIF and WebP; "
                "choose APNG, MP4, WebM or smaller pictures."
            )
        return [
            Image.fromarray(frame[:, :, 0] if frame.shape[2] == 1 else frame)
            for frame in self.frames(grown=grown)
        ]


def _write_gif(reel: Reel, path: Path, notes: bool) -> str:
    images = reel.images(grown=reel.smooth)
    palette = _palette(images)
    told = ""
    if palette is not None:
        from PIL import Image

        images = [one.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for one in images]
        told = f"GIF knows {_MOST_COLORS} colours, so the pictures are dithered; the other formats are not"
    if images[0].size != reel.size:  # hard pixels are dithered before they grow
        images = [one.resize(reel.size, 0) for one in images]
    options: dict[str, Any] = {"comment": xmp.CREATOR.encode()} if notes else {}
    if reel.repeats:
        options["loop"] = 0
    # A hundredth of a second is the unit, and below two of them viewers play slowly.
    duration = max(20, round(reel.milliseconds / 10) * 10)
    images[0].save(
        path, "GIF", save_all=True, append_images=images[1:], duration=duration, disposal=1, **options
    )
    return told


def _palette(images: list[Image.Image]) -> Image.Image | None:
    """One palette for all frames, so that no colour flickers; None where the colours fit as they are."""
    from PIL import Image

    if images[0].mode == "L":
        return None
    some = [images[i] for i in np.linspace(0, len(images) - 1, min(_SAMPLED, len(images))).astype(int)]
    height = sum(one.height for one in some)
    column = Image.new("RGB", (some[0].width, height))
    for i, one in enumerate(some):
        column.paste(one, (0, i * one.height))
    return column.quantize(_MOST_COLORS, method=Image.Quantize.MEDIANCUT)


def _write_webp(reel: Reel, path: Path, notes: bool) -> str:
    images = reel.images()
    packet = {"xmp": packet_of(reel.gallery)} if notes else {}
    images[0].save(
        path,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=reel.milliseconds,
        loop=0 if reel.repeats else 1,
        lossless=True,
        quality=50,
        method=2,
        **packet,
    )
    return ""


def _write_apng(reel: Reel, path: Path, notes: bool) -> str:
    """Frame by frame, none of them held. Source: the PNG specification, third edition, 11.3.6."""
    with path.open("wb") as stream:
        _apng(reel, stream, notes_of(reel.gallery) if notes else {})
    return ""


def _apng(reel: Reel, stream: BinaryIO, notes: dict[str, str]) -> None:
    width, height = reel.size
    rate = Fraction(reel.rate).limit_denominator(1000)
    numbers = iter(range(2 * len(reel)))
    stream.write(png.header(width, height, reel.gallery.shape[2]) + png.texts(notes))
    stream.write(png.chunk(b"acTL", struct.pack(">II", len(reel), 0 if reel.repeats else 1)))
    for i, frame in enumerate(reel.frames()):
        delay = (rate.denominator, rate.numerator)
        control = struct.pack(">IIIIIHHBB", next(numbers), width, height, 0, 0, *delay, 0, 0)
        stream.write(png.chunk(b"fcTL", control))
        data = png.deflated(frame)
        if i == 0:
            stream.write(png.chunk(b"IDAT", data))
        else:
            stream.write(png.chunk(b"fdAT", struct.pack(">I", next(numbers)) + data))
    stream.write(png.chunk(b"IEND", b""))


def _write_video(reel: Reel, path: Path, notes: bool) -> str:
    try:
        import av
    except ImportError as error:
        raise ExplorerError(_VIDEO_WANTED) from error
    suffix = path.suffix.lower()
    encoder = next((name for name in _ENCODERS[suffix] if name in av.codecs_available), None)
    if encoder is None:
        raise ExplorerError(f"This build of av has no encoder for {suffix}; choose GIF, APNG or WebP.")
    width, height = reel.size
    try:
        with av.open(str(path), "w", options=_CONTAINERS[suffix]) as file:
            if notes:
                file.metadata["title"] = reel.gallery.title
                file.metadata["comment"] = xmp.CREATOR
            rate = Fraction(reel.rate).limit_denominator(1000)
            stream = cast("VideoStream", file.add_stream(encoder, rate=rate))
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            # One thread, for the same frames are to give the same bytes on every machine.
            stream.options = {"crf": _QUALITY, "threads": "1", **_OPTIONS.get(encoder, {})}
            for frame in reel.frames():
                color = frame.repeat(3, axis=2) if frame.shape[2] == 1 else frame
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(color), format="rgb24")
                file.mux(stream.encode(picture))
            file.mux(stream.encode())
    except (ExplorerError, Cancelled):
        raise
    except OSError as error:  # av's own errors are of this kind too
        raise write_error(path, error) from error
    if suffix == ".mp4" and encoder not in _H264:
        return f"this machine has no H.264, so the film is in {encoder}, which not every player shows"
    return ""


_WRITERS: dict[str, Callable[[Reel, Path, bool], str]] = {
    ".gif": _write_gif,
    ".png": _write_apng,
    ".apng": _write_apng,
    ".webp": _write_webp,
    ".mp4": _write_video,
    ".webm": _write_video,
}
