"""Encoders and decoders as they run: batches, other inputs and types, failing devices, stopped runs."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from onnx import helper

from explorer.core.engine import devices
from explorer.core.engine.coder import BATCH
from explorer.core.engine.decoder import Decoder
from explorer.core.engine.encoder import Encoder
from explorer.core.engine.extras import feeds
from explorer.core.engine.gate import Gate
from explorer.core.engine.lane import DeviceLane
from explorer.core.engine.network import Network
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.pixels import ImageSpec, from_tensor
from explorer.core.plan import DecoderPlan, EncoderPlan, ExtraInput
from tests.core import engine_models
from tests.core.engine_models import SIZE, latents

SPEC = ImageSpec(7, 6, 3)


@pytest.fixture
def plan(tmp_path) -> DecoderPlan:
    return engine_models.decoder(tmp_path / "decoder.onnx", SPEC)


@pytest.fixture
def decoder(plan) -> Decoder:
    return Decoder(plan, (SIZE,))


def test_pictures_that_are_held_are_never_written_again(decoder):
    z = latents(40)
    pictures = [decoder.decode(one[None])[0] for one in z]
    assert np.array_equal(np.stack(pictures), decoder.decode(z))


def test_memory_is_used_again_once_nobody_looks(decoder):
    places = {decoder.decode(one[None]).ctypes.data for one in latents(60)}
    assert len(places) <= 4


def test_two_threads_decode_at_once(decoder):
    z = latents(200)
    expected = decoder.decode(z)
    found: dict[int, list[np.ndarray]] = {}

    def work(number: int) -> None:
        found[number] = [decoder.decode(one[None])[0].copy() for one in z]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(np.stack(found[number]), expected) for number in range(3))


@pytest.mark.parametrize("count", [0, 1, 2, BATCH, BATCH + 1, 3 * BATCH - 1])
def test_any_number_of_latents(decoder, count):
    z = latents(count)
    assert np.array_equal(decoder.decode(z), _each(decoder, z))


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_a_fixed_batch_is_filled_up_and_cut(tmp_path, plan, batch, kind):
    free = Decoder(plan, (SIZE,))
    spec = replace(SPEC, type=kind, high=255.0) if kind == "uint8" else SPEC
    if kind == "uint8":
        free = Decoder(engine_models.decoder(tmp_path / "free.onnx", spec), (SIZE,))
    fixed = Decoder(engine_models.decoder(tmp_path / "fixed.onnx", spec, batch), (SIZE,))
    z = latents(7)
    assert np.array_equal(fixed.decode(z), free.decode(z))
    assert np.array_equal(_each(fixed, z), free.decode(z))
    assert fixed.decode_raw(z).shape == (7, 3, 7, 6)


@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_a_decoder_without_a_batch_axis(tmp_path, layout):
    spec = ImageSpec(7, 6, 3, layout)
    decoder = Decoder(engine_models.decoder(tmp_path / "d.onnx", spec, 0), (SIZE,))
    z = latents(3)
    expected = np.concatenate([from_tensor(raw, spec) for raw in decoder.decode_raw(z)])
    assert np.array_equal(decoder.decode(z), expected)
    assert np.array_equal(_each(decoder, z), expected)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "HWC", "flat", "flat_hwc"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_decoder_that_draws_uint8(tmp_path, layout, channels):
    spec = ImageSpec(7, 6, channels, layout, 0.0, 255.0, "uint8")
    plan = engine_models.decoder(tmp_path / "d.onnx", spec, None if spec.has_batch else 1)
    decoder = Decoder(plan, (SIZE,))
    z = latents(5)
    raws = decoder.decode_raw(z)
    expected = np.concatenate([from_tensor(raw[None] if spec.has_batch else raw, spec) for raw in raws])
    held = [decoder.decode(one[None]) for one in z]
    assert np.array_equal(np.concatenate(held), expected)
    assert np.array_equal(decoder.decode(z), expected)


def _each(decoder: Decoder, z: np.ndarray) -> np.ndarray:
    singles = [decoder.decode(one[None]) for one in z]
    return np.concatenate(singles) if singles else np.empty((0, *SPEC.picture_shape), np.uint8)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("count", [1, 3])
def test_a_picture_that_is_no_number_is_a_sentence(decoder, value, count):
    z = latents(count)
    decoder.decode(z)
    bad = z.copy()
    bad[-1, 2] = value
    with pytest.raises(ExplorerError, match="NaN or infinite"):
        decoder.decode(bad)
    assert decoder.decode(z).any()


def test_huge_values_are_no_error(decoder):
    assert set(np.unique(decoder.decode(np.full((1, SIZE), 3e37, np.float32)))) == {0, 255}
    assert set(np.unique(decoder.decode(np.full((1, SIZE), 3e37, np.float32)))) == {0, 255}


def test_pictures_of_another_size_are_a_sentence(tmp_path):
    plan = engine_models.decoder(tmp_path / "d.onnx", SPEC)
    wrong = Decoder(replace(plan, image=ImageSpec(8, 6, 3)), (SIZE,))
    for z in (latents(1), latents(3)):
        with pytest.raises(ExplorerError, match=r"returned the shape .×3×7×6"):
            wrong.decode(z)


def test_latents_of_another_size_are_a_sentence_that_names_the_file(tmp_path):
    plan = engine_models.decoder(tmp_path / "d.onnx", SPEC)
    with pytest.raises(ExplorerError, match=r"d\.onnx failed while running"):
        Decoder(plan, (SIZE + 1,)).decode(np.zeros((1, SIZE + 1), np.float32))


def test_half_precision_that_overflows_goes_over_to_single(tmp_path):
    nodes = [
        helper.make_node("MatMul", ["z", "w"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["image"]),
    ]
    weights = np.random.default_rng(0).integers(1, 300, (SIZE, 36)).astype(np.float16)
    constants = {"w": weights, "shape": np.array([-1, 1, 6, 6], np.int64)}
    path = engine_models.save(
        tmp_path / "half.onnx", nodes, [("z", "float16", ["N", SIZE])],
        [("image", "float16", ["N", 1, 6, 6])], constants,
    )  # fmt: skip
    spec = ImageSpec(6, 6, 1, high=100_000.0)
    decoder = Decoder(DecoderPlan(path, "z", "image", "float16", replace(spec, type="float16")), (SIZE,))
    assert decoder.decode(np.full((1, SIZE), 3, np.float32)).any()
    assert decoder.fell_back == ""
    far = np.full((2, SIZE), 80, np.float32)
    exact = (far @ weights.astype(np.float32)).reshape(2, 1, 6, 6)
    assert exact.max() > np.finfo(np.float16).max
    for z in (far, far[:1], far[:1], far):
        assert np.array_equal(decoder.decode(z), from_tensor(exact[: len(z)], spec))
    assert "half precision" in decoder.fell_back
    with pytest.raises(ExplorerError, match="NaN or infinite"):
        decoder.decode(np.full((1, SIZE), np.nan, np.float32))


def test_spatial_latents_are_shaped_and_can_be_previewed(tmp_path):
    nodes = [
        helper.make_node("Resize", ["z", "", "scales"], ["large"], mode="nearest"),
        helper.make_node("Conv", ["large", "w"], ["image"]),
    ]
    weights = np.eye(3, dtype=np.float32)[:, :, None, None]
    constants = {"scales": np.array([1, 1, 2, 2], np.float32), "w": weights}
    free, fixed = ["N", 3, "h", "w"], ["N", 3, 4, 6]
    plans = [
        DecoderPlan(
            engine_models.save(
                tmp_path / f"{name}.onnx", nodes, [("z", "float32", shape)],
                [("image", "float32", ["N", 3, "H", "W"])], constants,
            ), "z", "image", "float32", ImageSpec(8, 12, 3),
        )
        for name, shape in (("free", free), ("fixed", fixed))
    ]  # fmt: skip
    z = np.random.default_rng(0).random((2, 3, 4, 6)).astype(np.float32)
    decoder = Decoder(plans[0], (3, 4, 6))
    pictures = decoder.decode(z.reshape(2, -1))
    assert np.array_equal(pictures, from_tensor(z.repeat(2, 2).repeat(2, 3), ImageSpec(8, 12, 3)))
    assert np.array_equal(decoder.decode(z[:1].reshape(1, -1)), pictures[:1])
    coarse = z[:, :, ::2, ::2]  # of blocks that are all of one value nothing is lost
    small = decoder.preview(coarse.repeat(2, 2).repeat(2, 3).reshape(2, -1), 2)
    assert np.array_equal(small, from_tensor(coarse.repeat(2, 2).repeat(2, 3), ImageSpec(4, 6, 3)))
    assert decoder.preview(z.reshape(2, -1), 3) is None
    assert Decoder(plans[1], (3, 4, 6)).preview(z.reshape(2, -1), 2) is None


def _with_extras(path) -> DecoderPlan:
    nodes = [
        helper.make_node("MatMul", ["label", "table"], ["chosen"]),
        helper.make_node("Mul", ["chosen", "amount"], ["scaled"]),
        helper.make_node("Add", ["scaled", "noise"], ["moved"]),
        helper.make_node("Add", ["moved", "z"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["image"]),
    ]
    constants = {"table": np.eye(4, dtype=np.float32), "shape": np.array([-1, 1, 2, 2], np.int64)}
    model = engine_models.save(
        path, nodes,
        [("z", "float32", ["N", 4]), ("label", "float32", ["N", 4]), ("amount", "float32", []),
         ("noise", "float32", ["N", 4])],
        [("image", "float32", ["N", 1, 2, 2])], constants,
    )  # fmt: skip
    extras = (
        ExtraInput("label", "float32", (4,), True, "label", 1, 0, 3),
        ExtraInput("amount", "float32", (), False, "amount", 0.5, 0, 1),
        ExtraInput("noise", "float32", (4,), True, "noise", 0, 0, 99),
    )
    return DecoderPlan(model, "z", "image", "float32", ImageSpec(2, 2, 1, low=-9.0, high=9.0), extras=extras)


def test_other_inputs_are_fed_with_the_plans_values_or_others(tmp_path):
    decoder = Decoder(_with_extras(tmp_path / "extras.onnx"), (4,))
    z = np.zeros((3, 4), np.float32)

    def centre(extras) -> np.ndarray:
        noise = decoder.decode_raw(z, {**extras, "amount": 0})
        return (decoder.decode_raw(z, extras) - noise).reshape(3, 4)

    assert np.allclose(centre({}), [0, 0.5, 0, 0])
    assert np.allclose(centre({"label": 2, "amount": 1}), [0, 0, 1, 0])
    assert np.allclose(centre({"label": 7, "amount": 8}), [0, 0, 0, 1])  # kept within their bounds
    seeds = [decoder.decode_raw(z, {"noise": seed}) for seed in (0, 1, 1)]
    assert not np.array_equal(seeds[0], seeds[1])
    assert np.array_equal(seeds[1], seeds[2])


def test_other_inputs_change_from_one_latent_to_the_next(tmp_path):
    decoder = Decoder(_with_extras(tmp_path / "extras.onnx"), (4,))
    z = latents(1)[:, :4]
    values = [{"label": label, "noise": label} for label in (0, 1, 2, 1, 0)]
    pictures = [decoder.decode(z, extras) for extras in values]
    batch = [decoder.decode(z.repeat(2, 0), extras)[:1] for extras in values]
    assert all(np.array_equal(one, other) for one, other in zip(pictures, batch, strict=True))
    assert not np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[0], pictures[4])


@pytest.mark.parametrize(("kind", "shape"), [("int64", ()), ("int64", (1,)), ("float32", (5,))])
def test_labels_are_an_index_or_one_hot(kind, shape):
    extra = ExtraInput("y", kind, shape, True, "label", 0, 0, 4)
    (fed,) = feeds((extra,), {"y": 2}, 3).values()
    assert fed.shape == (3, *shape)
    assert fed.dtype == kind
    assert ((fed.argmax(axis=1) if shape == (5,) else fed) == 2).all()


def test_switches_are_booleans():
    extra = ExtraInput("on", "bool", (), False, "switch", 1, 0, 1)
    assert feeds((extra,), {}, 2)["on"].item() is True
    assert feeds((extra,), {"on": 0}, 2)["on"].item() is False


# Encoders -----------------------------------------------------------------------------------------------


def _posterior(path, spread: str, halves: bool) -> EncoderPlan:
    unit = {"logvar": lambda v: v, "variance": np.exp, "std": lambda v: np.exp(v / 2)}[spread]
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["level"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["level", "one"], ["column"]),
        helper.make_node("MatMul", ["column", "row"], ["mu"]),
        helper.make_node("Mul", ["mu", "nought"], ["none"]),
        helper.make_node("Add", ["none", "wide"], ["spread"]),
        helper.make_node("Concat", ["mu", "spread"], ["both"], axis=1),
    ]
    constants = {
        "one": np.array([1], np.int64), "row": np.ones((1, 3), np.float32), "nought": np.float32(0),
        "wide": np.float32(unit(-1.5)),
    }  # fmt: skip
    two = [("mu", "float32", ["N", 3]), ("spread", "float32", ["N", 3])]
    outputs = [("both", "float32", ["N", 6])] if halves else two
    used = nodes if halves else nodes[:-1]
    engine_models.save(path, used, [("image", "float32", ["N", 1, 4, 4])], outputs, constants)
    spec = ImageSpec(4, 4, 1)
    if halves:
        return EncoderPlan(path, "image", "both", "float32", spec, spread=spread, halves=True)
    return EncoderPlan(path, "image", "mu", "float32", spec, spread_output="spread", spread=spread)


@pytest.mark.parametrize("spread", ["logvar", "variance", "std"])
@pytest.mark.parametrize("halves", [False, True])
def test_the_spread_is_a_log_variance_whatever_its_unit(tmp_path, spread, halves):
    encoder = Encoder(_posterior(tmp_path / "e.onnx", spread, halves))
    pictures = np.full((5, 4, 4, 1), 51, np.uint8)
    mean, logvar = encoder.encode(pictures)
    assert np.allclose(mean, 0.2)
    assert logvar is not None
    assert np.allclose(logvar, -1.5, atol=1e-5)
    assert mean.shape == logvar.shape == (5, 3)


@pytest.mark.parametrize("batch", [None, 4])
def test_encoding_in_batches(tmp_path, batch):
    encoder = Encoder(engine_models.encoder(tmp_path / "e.onnx", SPEC, batch))
    pictures = np.random.default_rng(1).integers(0, 256, (BATCH + 7, *SPEC.picture_shape), np.uint8)
    one = np.concatenate([encoder.encode(picture[None])[0] for picture in pictures])
    assert np.allclose(encoder.encode(pictures)[0], one, rtol=1e-4, atol=1e-4)


def test_pictures_of_another_shape_are_a_sentence(tmp_path):
    encoder = Encoder(engine_models.encoder(tmp_path / "e.onnx", SPEC))
    with pytest.raises(ExplorerError, match="do not fit a model that wants N×7×6×3"):
        encoder.encode(np.zeros((2, 6, 7, 3), np.uint8))


# Devices, stopping, giving way --------------------------------------------------------------------------


def test_the_cpu_is_always_there_and_every_other_device_says_why_not():
    found = {device.name: device.why_not for device in devices.available()}
    assert set(found) == set(devices.NAMES)
    assert found["CPU"] == ""
    if devices.missing("CUDA"):
        assert found["CUDA"]
        assert devices.choose("auto") == "CPU"


def test_a_device_that_is_not_there_is_never_missed_in_silence(plan):
    absent = [name for name in devices.NAMES if devices.missing(name)]
    for name in (*absent, "Abacus"):
        decoder = Decoder(plan, (SIZE,), name)
        assert decoder.device == "CPU"
        assert decoder.fell_back.startswith(name)
        assert decoder.decode(latents(1)).any()
    assert Decoder(plan, (SIZE,), "cpu").fell_back == ""


def test_a_device_whose_libraries_do_not_load_falls_back_aloud(plan, monkeypatch):
    if not devices.missing("CUDA"):
        pytest.skip("this machine has CUDA")
    monkeypatch.setattr(devices, "missing", lambda name: "")
    decoder = Decoder(plan, (SIZE,), "CUDA")
    assert decoder.device == "CPU"
    assert decoder.fell_back.startswith("CUDA cannot be used (")
    assert decoder.decode(latents(1)).any()


def test_a_device_that_dies_during_a_run_gives_the_work_to_the_cpu(plan):
    network = Network(plan.path)
    network.device = "CUDA"  # as if it ran there; its session fails the way a lost device does
    lost = network._session

    def work(session, options):
        if session is lost:
            raise RuntimeError("CUDA failure 700: an illegal memory access was encountered")
        return session.run(["image"], {"z": latents(1)}, options)

    assert network.attempt(work)[0].shape == (1, 3, 7, 6)
    assert network.device == "CPU"
    assert network.fell_back.startswith("CUDA failed (CUDA failure 700: an illegal memory access")


def test_a_lane_in_a_devices_memory_gives_the_same(plan):
    network = Network(plan.path)
    z = latents(4)
    lane = DeviceLane(network._session, {"z": z[:1]}, ["image"], "cpu")
    for one in z:
        lane.feed("z", one)
        expected = network.run(["image"], {"z": one[None]})[0]
        assert np.array_equal(lane.run(network._options)[0], expected)


def test_two_installed_runtimes_are_told_with_the_way_out(tmp_path, monkeypatch):
    assert devices.conflict() == ""
    for name in ("onnxruntime", "onnxruntime-gpu"):
        folder = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    told = devices.conflict()
    assert told.startswith("onnxruntime and onnxruntime-gpu are installed together")
    assert "pip uninstall onnxruntime onnxruntime-gpu”, then “pip install onnxruntime-gpu”" in told


def _endless(path) -> DecoderPlan:
    """A decoder that takes minutes, in many small steps."""
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "x"], ["product"]),
            helper.make_node("Tanh", ["product"], ["x_out"]),
            helper.make_node("Identity", ["cond"], ["cond_out"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", 7, []),
            helper.make_tensor_value_info("cond", 9, []),
            helper.make_tensor_value_info("x", 1, [64, 64]),
        ],
        [
            helper.make_tensor_value_info("cond_out", 9, []),
            helper.make_tensor_value_info("x_out", 1, [64, 64]),
        ],
    )
    nodes = [
        helper.make_node("MatMul", ["column", "z"], ["start"]),
        helper.make_node("Loop", ["rounds", "", "start"], ["end"], body=body),
        helper.make_node("Reshape", ["end", "shape"], ["image"]),
    ]
    constants = {
        "column": np.full((64, 1), 0.01, np.float32), "rounds": np.int64(10_000_000),
        "shape": np.array([1, 1, 64, 64], np.int64),
    }  # fmt: skip
    ports = [("z", "float32", [1, 64])], [("image", "float32", [1, 1, 64, 64])]
    engine_models.save(path, nodes, *ports, constants)
    return DecoderPlan(path, "z", "image", "float32", ImageSpec(64, 64, 1), 1)


@pytest.mark.parametrize("count", [1, 3])
def test_a_long_run_is_stopped_at_once(tmp_path, count):
    decoder = Decoder(_endless(tmp_path / "long.onnx"), (64,))
    ended: list[Exception] = []

    def work() -> None:
        try:
            decoder.decode(np.ones((count, 64), np.float32))
        except (Cancelled, ExplorerError) as error:
            ended.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(0.3)
    assert thread.is_alive()
    began = time.perf_counter()
    decoder.stop()
    thread.join(5)
    assert time.perf_counter() - began < 1
    assert [type(error) for error in ended] == [Cancelled]


def test_a_decoder_works_on_after_a_stop(decoder):
    expected = decoder.decode(latents(3))
    decoder.stop()
    assert np.array_equal(decoder.decode(latents(3)), expected)
    assert np.array_equal(decoder.decode(latents(1)), expected[:1])


def test_encoding_waits_for_a_hand_but_not_for_ever():
    gate = Gate(crowded=True)
    began = time.perf_counter()
    gate.wait()
    assert time.perf_counter() - began < 0.05
    dragging = threading.Event()

    def drag() -> None:
        while not dragging.is_set():
            gate.close()
            time.sleep(0.01)

    thread = threading.Thread(target=drag)
    thread.start()
    time.sleep(0.05)
    began = time.perf_counter()
    gate.wait()
    waited = time.perf_counter() - began
    dragging.set()
    thread.join()
    assert 0.1 < waited < 3
    gate.close()
    began = time.perf_counter()
    gate.wait()  # its own decoding holds nobody back
    assert time.perf_counter() - began < 0.05
