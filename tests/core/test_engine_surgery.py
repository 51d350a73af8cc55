"""What is added to a graph computes the very bytes of ``to_tensor`` and ``from_tensor``."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from explorer.core.engine import surgery
from explorer.core.engine.decoder import Decoder
from explorer.core.engine.encoder import Encoder
from explorer.core.engine.network import Network
from explorer.core.pixels import ImageSpec, from_tensor, to_tensor
from tests.core import engine_models
from tests.core.engine_models import latents

RANGES = {
    "unit": (0.0, 1.0),
    "signed": (-1.0, 1.0),
    "levels": (0.0, 255.0),
    "odd": (-0.37, 2.11),
    "channels": ((-2.1179, -2.0357, -1.8044), (2.2489, 2.4286, 2.64)),
}
LAYOUTS = ("NCHW", "NHWC", "NHW", "flat", "flat_hwc", "CHW", "HWC", "HW")
FLOATS = ("float32", "float16", "float64")


def _specs() -> list[ImageSpec]:
    found = []
    for layout, channels, name in itertools.product(LAYOUTS, (1, 3, 4), RANGES):
        if (layout in ("NHW", "HW") and channels > 1) or (name == "channels" and channels != 3):
            continue
        found.append(ImageSpec(7, 6, channels, layout, *RANGES[name]))
    found += [ImageSpec(7, 6, c, layout, rest=4) for c in (1, 3) for layout in ("flat", "flat_hwc")]
    return found


def _name(spec: ImageSpec) -> str:
    return f"{spec.layout}-{spec.channels}-{spec.low if isinstance(spec.low, float) else 'each'}-{spec.rest}"


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("spec", _specs(), ids=_name)
def test_decoders_draw_what_the_plain_way_draws(tmp_path, spec, kind):
    spec = ImageSpec(**{**vars(spec), "type": kind})
    plan = engine_models.decoder(tmp_path / "d.onnx", spec, 1 if not spec.has_batch else None)
    decoder = Decoder(plan, (engine_models.SIZE,))
    assert surgery.PIXELS in [port.name for port in decoder._network.outputs]
    z = latents(9)
    bare = Network(plan.path)
    step = 9 if spec.has_batch else 1
    plain = np.concatenate(
        [from_tensor(bare.run(["image"], {"z": z[k : k + step]})[0], spec) for k in range(0, 9, step)]
    )
    assert np.array_equal(decoder.decode(z), plain)
    assert np.array_equal(np.concatenate([decoder.decode(one[None]) for one in z]), plain)
    assert plain.min() == 0
    assert plain.max() == 255  # the values go beyond the range at both ends


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("spec", [spec for spec in _specs() if not spec.rest], ids=_name)
def test_encoders_take_what_the_plain_way_gives_them(tmp_path, spec, kind):
    spec = ImageSpec(**{**vars(spec), "type": kind})
    plan = engine_models.encoder(tmp_path / "e.onnx", spec)
    pictures = np.random.default_rng(0).integers(0, 256, (6, *spec.picture_shape), np.uint8)
    encoder = Encoder(plan)
    tensor = to_tensor(pictures, spec)
    bare = Network(plan.path)
    if spec.has_batch:
        assert surgery.PIXELS in [port.name for port in encoder._network.inputs]
        expected = bare.run(["z"], {"image": tensor})[0]
        assert np.array_equal(_seen_by(encoder, pictures), tensor)
    else:
        expected = np.concatenate([bare.run(["z"], {"image": one})[0] for one in tensor])
    assert np.array_equal(encoder.encode(pictures)[0], expected)


def _seen_by(encoder: Encoder, pictures: np.ndarray) -> np.ndarray:
    """What the model's own first layer is given."""
    pixels = encoder._with_alpha(pictures)
    return encoder._network.run(["image"], {surgery.PIXELS: pixels})[0]


def test_every_level_of_every_channel_survives_the_way_in_and_out(tmp_path):
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    for name in ("unit", "signed", "levels", "channels"):
        spec = ImageSpec(16, 16, 3, "NCHW", *RANGES[name])
        encoder = Encoder(engine_models.encoder(tmp_path / "e.onnx", spec))
        assert np.array_equal(from_tensor(_seen_by(encoder, levels), spec), levels)


@pytest.mark.parametrize(
    ("opset", "rest", "changed"),
    [(8, 0, True), (9, 2, False), (10, 2, True), (12, 0, True), (21, 2, True)],
)
def test_operators_of_every_age(tmp_path, opset, rest, changed):
    spec = ImageSpec(7, 6, 3, "flat", rest=rest)
    plan = engine_models.decoder(tmp_path / "d.onnx", spec, opset=opset)
    decoder = Decoder(plan, (engine_models.SIZE,))
    assert (surgery.PIXELS in [port.name for port in decoder._network.outputs]) is changed
    expected = from_tensor(decoder.decode_raw(latents(3)), spec)
    assert np.array_equal(decoder.decode(latents(3)), expected)


def test_a_last_convolution_is_not_merged_with_the_scaling(tmp_path):
    random = np.random.default_rng(0)
    nodes = [
        helper.make_node("Reshape", ["z", "shape"], ["small"]),
        helper.make_node("Resize", ["small", "", "scales"], ["large"]),
        helper.make_node("Conv", ["large", "w", "b"], ["image"], pads=[1, 1, 1, 1]),
    ]
    constants = {
        "shape": np.array([-1, 2, 4, 4], np.int64), "scales": np.array([1, 1, 4, 4], np.float32),
        "w": random.standard_normal((3, 2, 3, 3)).astype(np.float32), "b": np.full(3, 0.4, np.float32),
    }  # fmt: skip
    spec = ImageSpec(16, 16, 3, "NCHW", -1.3, 1.7)
    path = engine_models.save(
        tmp_path / "conv.onnx", nodes, [("z", "float32", ["N", 32])],
        [("image", "float32", ["N", 3, 16, 16])], constants,
    )  # fmt: skip
    plan = engine_models.DecoderPlan(path, "z", "image", "float32", spec)
    z = random.standard_normal((64, 32)).astype(np.float32)
    raw = Network(path).run(["image"], {"z": z})[0]
    assert np.array_equal(Decoder(plan, (32,)).decode(z), from_tensor(raw, spec))


def test_a_file_with_external_data_is_found_where_it_lies(tmp_path):
    spec = ImageSpec(7, 6, 3)
    plan = engine_models.decoder(tmp_path / "d.onnx", spec)
    expected = Decoder(plan, (engine_models.SIZE,)).decode(latents(4))
    model = onnx.load(plan.path)
    onnx.save(
        model, plan.path, save_as_external_data=True, all_tensors_to_one_file=True, location="d.data",
        size_threshold=256,
    )  # fmt: skip
    decoder = Decoder(plan, (engine_models.SIZE,))
    assert surgery.PIXELS in [port.name for port in decoder._network.outputs]
    assert np.array_equal(decoder.decode(latents(4)), expected)


def test_a_large_file_runs_as_it_is(tmp_path, monkeypatch):
    spec = ImageSpec(7, 6, 3)
    plan = engine_models.decoder(tmp_path / "d.onnx", spec)
    expected = Decoder(plan, (engine_models.SIZE,)).decode(latents(4))
    monkeypatch.setattr(surgery, "LARGEST", plan.path.stat().st_size - 1)
    decoder = Decoder(plan, (engine_models.SIZE,))
    assert surgery.PIXELS not in [port.name for port in decoder._network.outputs]
    assert np.array_equal(decoder.decode(latents(4)), expected)


@pytest.mark.parametrize("half", ["encoder", "decoder"])
def test_the_bundled_networks_give_the_same(fashion_bundle: Path, faces_bundle: Path, half: str):
    for folder, side, channels in ((fashion_bundle, 28, 1), (faces_bundle, 64, 3)):
        path, spec = folder / f"{half}.onnx", ImageSpec(side, side, channels)
        bare = Network(path)
        if half == "decoder":
            size = bare.inputs[0].shape[1]
            z = np.random.default_rng(0).standard_normal((5, size)).astype(np.float32)
            plan = engine_models.DecoderPlan(path, "z", "image", "float32", spec)
            plain = from_tensor(bare.run(["image"], {"z": z})[0], spec)
            assert np.array_equal(Decoder(plan, (size,)).decode(z), plain)
        else:
            pictures = np.random.default_rng(0).integers(0, 256, (5, *spec.picture_shape), np.uint8)
            plan = engine_models.EncoderPlan(path, "image", "mu", "float32", spec)
            expected = bare.run(["mu"], {"image": to_tensor(pictures, spec)})[0]
            assert np.array_equal(Encoder(plan).encode(pictures)[0], expected)
