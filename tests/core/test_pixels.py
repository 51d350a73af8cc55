"""Files to arrays and back: every kind of picture a user may drop, and every way it may be broken."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from explorer.core.errors import ExplorerError
from explorer.core.picture_files import fit_picture, read_picture
from explorer.core.pixels import (
    ImageSpec,
    Layout,
    PixelType,
    from_tensor,
    to_tensor,
)
from explorer.core.samples import difference, mean_squared_error

# The module's own filter for Pillow's warnings does not outlive pytest's; `test_nothing_is_printed` tests it.
pytestmark = pytest.mark.filterwarnings(r"ignore:::PIL\.")

LAYOUTS: tuple[Layout, ...] = ("NCHW", "NHWC", "NHW", "CHW", "HWC", "HW", "flat", "flat_hwc")
TYPES: tuple[PixelType, ...] = ("float32", "float16", "float64", "uint8")
RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-0.5, 0.5), (-2.1, 2.6))
IMAGENET = ((-2.118, -2.036, -1.804), (2.249, 2.429, 2.64))


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG written by hand, also where Pillow would not write it; ``rows`` without filter bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    step = len(rows) // height if height else 0
    lines = b"".join(b"\0" + rows[i : i + step] for i in range(0, len(rows), step or 1))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def noise(height: int, width: int, channels: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


class TestTensors:
    @given(
        layout=st.sampled_from(LAYOUTS),
        limits=st.sampled_from((*RANGES, IMAGENET)),
        kind=st.sampled_from(TYPES),
        channels=st.sampled_from((1, 3, 4)),
        rest=st.integers(0, 2),
        count=st.integers(0, 3),
        height=st.integers(1, 9),
        width=st.integers(1, 9),
        seed=st.integers(0, 99),
    )
    @settings(deadline=None)
    def test_there_and_back_is_the_identity(
        self, layout, limits, kind, channels, rest, count, height, width, seed
    ) -> None:
        low, high = (limit[0] if channels != 3 and isinstance(limit, tuple) else limit for limit in limits)
        channels = 1 if layout in ("NHW", "HW") else channels
        spec = ImageSpec(
            height, width, channels, layout, low if channels == 3 else np.ravel(low)[0],
            high if channels == 3 else np.ravel(high)[0], kind, rest if "flat" in layout else 0,
        )  # fmt: skip
        shape = (count, *spec.picture_shape)
        pictures = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        tensor = to_tensor(pictures, spec)
        assert tensor.dtype == np.dtype(kind)
        assert tensor.shape == (count, *spec.tensor_shape)
        assert tensor.flags.c_contiguous
        back = from_tensor(tensor, spec)
        assert back.flags.c_contiguous
        np.testing.assert_array_equal(back, pictures)

    def test_one_picture_without_a_batch_axis_is_taken(self) -> None:
        pictures = noise(5, 4, 3)[np.newaxis]
        for layout in ("CHW", "HWC"):
            spec = ImageSpec(5, 4, 3, layout)
            np.testing.assert_array_equal(from_tensor(to_tensor(pictures, spec)[0], spec), pictures)

    def test_each_channel_has_its_own_range(self) -> None:
        spec = ImageSpec(1, 2, 3, "NCHW", (0.0, -1.0, -2.0), (1.0, 1.0, 2.0))
        tensor = to_tensor(np.array([[[[0, 0, 0], [255, 255, 255]]]], np.uint8), spec)
        assert tensor[0, :, 0].tolist() == [[0.0, 1.0], [-1.0, 1.0], [-2.0, 2.0]]
        far = np.array([-9.0, 9.0], np.float32) + np.zeros((1, 3, 1, 1), np.float32)
        assert from_tensor(far, spec).tolist() == [[[[0, 0, 0], [255, 255, 255]]]]

    def test_four_channels_are_fed_opaque_and_laid_over_white(self) -> None:
        spec = ImageSpec(1, 1, 4, "NHWC", type="uint8")
        assert spec.picture_shape == (1, 1, 3)
        assert to_tensor(np.array([[[[1, 2, 3]]]], np.uint8), spec).tolist() == [[[[1, 2, 3, 255]]]]
        for alpha, seen in ((255, [10, 20, 30]), (0, [255, 255, 255]), (51, [206, 208, 210])):
            drawn = np.array([[[[10, 20, 30, alpha]]]], np.uint8)
            assert from_tensor(drawn, spec).tolist() == [[[seen]]]

    def test_values_behind_the_pixels_are_left_out(self) -> None:
        spec = ImageSpec(1, 3, 1, "flat", rest=2)
        tensor = np.array([[0.0, 1.0, 0.0, np.inf, 900.0]], np.float32)
        assert from_tensor(tensor, spec).ravel().tolist() == [0, 255, 0]

    @pytest.mark.parametrize("limits", RANGES)
    def test_every_level_survives(self, limits) -> None:
        spec = ImageSpec(16, 16, 1, "NCHW", *limits)
        levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
        np.testing.assert_array_equal(from_tensor(to_tensor(levels, spec), spec), levels)

    def test_axes_go_where_the_layout_says(self) -> None:
        pictures = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
        channels_first = pictures.transpose(0, 3, 1, 2).astype(np.float32)
        expectations: dict[Layout, np.ndarray] = {
            "NCHW": channels_first,
            "NHWC": pictures.astype(np.float32),
            "flat": channels_first.reshape(2, -1),
        }
        for layout, expected in expectations.items():
            tensor = to_tensor(pictures, ImageSpec(3, 4, 3, layout, 0.0, 255.0))
            np.testing.assert_array_equal(tensor, expected)

    def test_values_are_rounded_half_up_and_clipped(self) -> None:
        spec = ImageSpec(1, 6, 1, "NCHW", 0.0, 255.0)
        tensor = np.array([-9.0, 0.49, 0.5, 1.5, 254.5, 900.0], np.float32).reshape(1, 1, 1, 6)
        assert from_tensor(tensor, spec).ravel().tolist() == [0, 0, 1, 2, 255, 255]

    @pytest.mark.parametrize("dtype", [np.float16, np.float64])
    def test_other_floats_are_taken(self, dtype) -> None:
        spec = ImageSpec(2, 2, 3)
        tensor = np.full((1, 3, 2, 2), 0.5, dtype)
        assert (from_tensor(tensor, spec) == 128).all()

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_what_is_no_number_is_refused(self, bad) -> None:
        tensor = np.zeros((1, 3, 8, 8), np.float32)
        tensor[0, 1, 2, 3] = bad
        with pytest.raises(ExplorerError, match="NaN"):
            from_tensor(tensor, ImageSpec(8, 8, 3))

    @pytest.mark.parametrize("shape", [(1, 8, 8, 3), (1, 3, 8, 7), (1, 191), (192,), ()])
    def test_another_shape_is_refused(self, shape) -> None:
        with pytest.raises(ExplorerError, match="shape"):
            from_tensor(np.zeros(shape, np.float32), ImageSpec(8, 8, 3))
        with pytest.raises(ExplorerError, match="shape"):
            to_tensor(np.zeros((1, *shape), np.uint8), ImageSpec(8, 8, 3))

    def test_an_impossible_spec_is_refused(self) -> None:
        with pytest.raises(ExplorerError, match="channels"):
            ImageSpec(8, 8, 2)
        with pytest.raises(ExplorerError, match="layout"):
            ImageSpec(8, 8, 3, "NHW")
        with pytest.raises(ExplorerError, match="channels"):
            ImageSpec(8, 8, 3, low=(0.0, 0.0))
        with pytest.raises(ExplorerError, match="range"):
            ImageSpec(8, 8, 1, low=1.0, high=1.0)


class TestReading:
    def test_a_picture_of_the_right_size_is_unchanged(self) -> None:
        for channels in (1, 3):
            pixels = noise(20, 30, channels)
            data = encoded(Image.fromarray(pixels.squeeze()))
            np.testing.assert_array_equal(read_picture(data, 20, 30, channels), pixels)

    def test_a_file_reads_as_its_bytes_do(self, tmp_path: Path) -> None:
        small, large = encoded(Image.fromarray(noise(9, 9, 3))), encoded(Image.fromarray(noise(400, 400, 3)))
        for data in (small, large):
            path = tmp_path / "a.png"
            path.write_bytes(data)
            np.testing.assert_array_equal(read_picture(path, 8, 8, 3), read_picture(data, 8, 8, 3))
        assert len(large) > 1 << 18

    def test_grey_and_colour_become_each_other(self) -> None:
        grey = noise(8, 8, 1)
        colour = read_picture(encoded(Image.fromarray(grey[:, :, 0])), 8, 8, 3)
        np.testing.assert_array_equal(colour, np.repeat(grey, 3, axis=2))
        back = read_picture(encoded(Image.fromarray(colour)), 8, 8, 1)
        np.testing.assert_array_equal(back, grey)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
    def test_orientation_is_applied(self, kind: str) -> None:
        upright = np.zeros((24, 36, 3), np.uint8)
        upright[:12, :18], upright[:12, 18:], upright[12:, :18] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
        stored = {
            1: upright,
            2: upright[:, ::-1],
            3: upright[::-1, ::-1],
            4: upright[::-1],
            5: upright.transpose(1, 0, 2),
            6: np.rot90(upright, 1),
            7: upright[::-1, ::-1].transpose(1, 0, 2),
            8: np.rot90(upright, -1),
        }
        for orientation, pixels in stored.items():
            exif = Image.Exif()
            exif[0x0112] = orientation
            options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
            options |= {"lossless": True} if kind == "WEBP" else {}
            data = encoded(Image.fromarray(np.ascontiguousarray(pixels)), kind, exif=exif, **options)
            seen = read_picture(data, 24, 36, 3).astype(int)
            assert abs(seen - upright)[4:8, 4:14].max() < 20, orientation
            assert abs(seen - upright)[4:8, 24:32].max() < 20, orientation
            assert abs(seen - upright)[16:20, 4:14].max() < 20, orientation

    def test_a_damaged_orientation_costs_no_picture(self) -> None:
        data = encoded(Image.new("L", (8, 8), 90), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01")
        assert (read_picture(data, 8, 8, 1) == 90).all()

    def test_transparency_lies_over_white(self) -> None:
        clear = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
        assert (read_picture(encoded(clear), 8, 8, 3) == 255).all()
        half = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
        assert (read_picture(encoded(half), 8, 8, 1) == 127).all()
        grey = Image.new("LA", (16, 16), (0, 51))
        assert (read_picture(encoded(grey), 8, 8, 1) == 204).all()

    def test_transparent_colours_do_not_bleed(self) -> None:
        pixels = np.zeros((64, 64, 4), np.uint8)
        pixels[:, :, 0] = 255  # red everywhere, but only the left half is there
        pixels[:, :32, 3] = 255
        seen = read_picture(encoded(Image.fromarray(pixels)), 8, 8, 3)
        assert (seen[:, 0] == (255, 0, 0)).all()
        assert (seen[:, 7] == 255).all()

    @pytest.mark.parametrize("transparency", [0, b"\x00\xff"])
    def test_palettes_and_their_transparency(self, transparency) -> None:
        image = Image.new("P", (8, 8))
        image.putpalette([10, 20, 30, 40, 50, 60])
        image.paste(1, (4, 0, 8, 8))
        plain = read_picture(encoded(image), 8, 8, 3)
        assert plain[0, 0].tolist() == [10, 20, 30]
        seen = read_picture(encoded(image, transparency=transparency), 8, 8, 3)
        assert seen[0, 0].tolist() == [255, 255, 255]
        assert seen[0, 7].tolist() == [40, 50, 60]

    @pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
    def test_cmyk_is_converted(self, kind: str) -> None:
        red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
        assert abs(read_picture(encoded(red, kind), 8, 8, 3).astype(int) - (255, 0, 0)).max() <= 3

    def test_sixteen_bits_are_scaled(self) -> None:
        values = np.array([[0, 129, 32768, 65535]], ">u2")
        expected = [0, 1, 128, 255]
        grey = png(4, 1, 16, 0, values.tobytes())
        pgm = b"P5 4 1 65535\n" + values.tobytes()
        tiff = encoded(Image.fromarray(values.astype(np.uint16)), "TIFF")
        for data in (grey, pgm, tiff):
            assert read_picture(data, 1, 4, 1).ravel().tolist() == expected

    def test_sixteen_bit_colour_is_scaled(self) -> None:
        values = np.array([[[65535, 0, 32768], [257, 65535, 514]]], ">u2")
        seen = read_picture(png(2, 1, 16, 2, values.tobytes()), 1, 2, 3)
        assert seen.tolist() == [[[255, 0, 128], [1, 255, 2]]]

    def test_one_bit_is_black_and_white(self) -> None:
        image = Image.new("1", (8, 8), 1)
        assert (read_picture(encoded(image), 8, 8, 1) == 255).all()

    def test_one_pixel_fills_the_picture(self) -> None:
        assert (read_picture(encoded(Image.new("RGB", (1, 1), (9, 8, 7))), 28, 20, 3) == (9, 8, 7)).all()

    def test_the_middle_is_kept(self) -> None:
        pixels = np.zeros((10, 40, 3), np.uint8)
        pixels[:, 15:25] = 255
        assert (read_picture(encoded(Image.fromarray(pixels)), 10, 10, 3) == 255).all()
        assert (read_picture(encoded(Image.fromarray(pixels.transpose(1, 0, 2))), 10, 10, 3) == 255).all()

    def test_thin_pictures_are_read(self) -> None:
        for size in ((1, 900), (900, 1)):
            assert read_picture(encoded(Image.new("L", size, 70)), 8, 8, 1).max() == 70

    def test_the_first_frame_counts(self) -> None:
        frames = [Image.new("L", (8, 8), level) for level in (50, 200)]
        for kind in ("GIF", "TIFF"):
            data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
            assert (read_picture(data, 8, 8, 1) == 50).all()

    def test_a_hundred_megapixels_of_jpeg_are_read(self) -> None:
        image = Image.new("L", (10_000, 10_000), 0)
        image.paste(255, (5000, 0, 10_000, 10_000))
        seen = read_picture(encoded(image, "JPEG"), 28, 28, 1)
        assert seen[:, :13].max() < 10
        assert seen[:, 15:].min() > 245

    def test_larger_is_refused_before_it_is_decoded(self) -> None:
        with pytest.raises(ExplorerError, match=r"bomb.png is too large.*60000×60000.*100 megapixels"):
            read_picture(png(60_000, 60_000, 8, 2, b""), 28, 28, 3, name="bomb.png")

    def test_names_and_paths_stand_in_the_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "notes.png").write_text("not a picture")
        with pytest.raises(ExplorerError, match=r"notes.png is not a picture"):
            read_picture(tmp_path / "notes.png", 8, 8, 1)
        with pytest.raises(ExplorerError, match=r"^mine is not"):
            read_picture(tmp_path / "notes.png", 8, 8, 1, name="mine")

    def test_other_things_than_pictures(self, tmp_path: Path) -> None:
        (tmp_path / "empty.png").touch()
        with pytest.raises(ExplorerError, match="empty"):
            read_picture(tmp_path / "empty.png", 8, 8, 1)
        with pytest.raises(ExplorerError, match="empty"):
            read_picture(b"", 8, 8, 1)
        with pytest.raises(ExplorerError, match="does not exist"):
            read_picture(tmp_path / "gone.png", 8, 8, 1)
        with pytest.raises(ExplorerError, match="folder"):
            read_picture(tmp_path, 8, 8, 1)
        with pytest.raises(ExplorerError, match="not a picture"):
            read_picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 8, 8, 1)

    def test_a_cut_file_is_named_as_such(self) -> None:
        whole = encoded(Image.fromarray(noise(64, 64, 3)), "JPEG")
        with pytest.raises(ExplorerError, match=r"photo.jpg is damaged or incomplete"):
            read_picture(whole[: len(whole) // 2], 8, 8, 3, name="photo.jpg")

    @given(
        kind=st.sampled_from(("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")),
        cut=st.floats(0, 1),
        flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    )
    @settings(deadline=None, max_examples=150)
    def test_damage_gives_a_picture_or_a_sentence(self, kind, cut, flips) -> None:
        data = bytearray(encoded(Image.fromarray(noise(24, 24, 3)), kind))
        for place, value in flips:
            data[int(place * len(data))] = value
        try:
            pixels = read_picture(bytes(data[: int(cut * len(data)) + 1]), 8, 8, 3)
        except ExplorerError as error:
            assert str(error).startswith("The picture ")  # noqa: PT017 - either outcome is right
        else:
            assert pixels.shape == (8, 8, 3)

    def test_nothing_is_printed(self, tmp_path: Path) -> None:
        bad_exif = encoded(Image.new("L", (8, 8)), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01")
        (tmp_path / "a.jpg").write_bytes(bad_exif)
        (tmp_path / "b.png").write_bytes(png(13_000, 13_000, 8, 0, b""))
        code = (
            "from pathlib import Path\nfrom explorer.core.picture_files import read_picture\n"
            "print(read_picture(Path('a.jpg'), 8, 8, 1).shape)\n"
            "try: read_picture(Path('b.png'), 8, 8, 1)\nexcept Exception as error: print(error)"
        )
        root = str(Path(__file__).parents[2])
        command = [sys.executable, "-W", "always", "-c", f"import sys; sys.path.insert(0, {root!r})\n{code}"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        assert done.stdout.splitlines()[0] == "(8, 8, 1)"
        assert "169 megapixels" in done.stdout


class TestFitting:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_the_right_shape_is_copied(self, channels: int) -> None:
        pixels = noise(7, 9, channels)
        fitted = fit_picture(pixels, 7, 9, channels)
        np.testing.assert_array_equal(fitted, pixels)
        assert not np.shares_memory(fitted, pixels)

    def test_arrays_are_read_as_files_are(self) -> None:
        for channels in (1, 3, 4):
            pixels = noise(40, 60, channels)
            data = encoded(Image.fromarray(pixels.squeeze()))
            np.testing.assert_array_equal(fit_picture(pixels, 16, 16, 3), read_picture(data, 16, 16, 3))

    def test_every_type_is_scaled_by_its_range(self) -> None:
        for pixels in (
            np.array([[0, 65535]], np.uint16),
            np.array([[False, True]]),
            np.array([[0.0, 1.0]], np.float32),
            np.array([[0.0, 1.0]], np.float64),
        ):
            assert fit_picture(pixels, 1, 2, 1).ravel().tolist() == [0, 255]

    @pytest.mark.parametrize("values", [[[0.0, 1.5]], [[-0.1, 0.5]], [[0.0, np.nan]]])
    def test_floats_outside_the_range_are_refused(self, values) -> None:
        with pytest.raises(ExplorerError, match="within 0 to 1"):
            fit_picture(np.array(values), 1, 2, 1)

    @pytest.mark.parametrize("shape", [(5,), (5, 5, 2), (0, 5), (2, 5, 5, 3)])
    def test_other_shapes_are_refused(self, shape) -> None:
        with pytest.raises(ExplorerError, match="shape"):
            fit_picture(np.zeros(shape, np.uint8), 5, 5, 1)

    def test_other_types_are_refused(self) -> None:
        with pytest.raises(ExplorerError, match="int64"):
            fit_picture(np.zeros((5, 5), np.int64), 5, 5, 1)


def test_difference_does_not_wrap_around() -> None:
    a, b = np.full((1, 2, 1), 250, np.uint8), np.array([[[255], [0]]], np.uint8)
    assert difference(a, b).ravel().tolist() == [5, 250]
    np.testing.assert_array_equal(difference(a, b), difference(b, a))


def test_error_is_on_unit_pixels() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert mean_squared_error(black, white) == 1.0
    assert mean_squared_error(white, white) == 0.0
    assert mean_squared_error(black, black + np.uint8(51)) == pytest.approx(0.04)
