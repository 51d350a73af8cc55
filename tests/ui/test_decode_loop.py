"""The decoding thread: the newest request wins; slow decoders of spatial latents draw roughly on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer.core.model_pair import ModelPair
from explorer.ui.decode_loop import Decoded, DecodeLoop

ENLARGED, CHANNELS = 8, 192  # slower than a frame on any processor


def write_slow_decoder(path: Path) -> None:
    """Latents ``N×3×h×w`` of any size, enlarged by nearest neighbours, with needless work beside."""
    random = np.random.default_rng(0)

    def weights(name: str, *shape: int, scale: float = 0.1) -> onnx.TensorProto:
        return numpy_helper.from_array((random.standard_normal(shape) * scale).astype(np.float32), name)

    node = helper.make_node
    nodes = [
        node("Resize", ["z", "", "scales"], ["large"], mode="nearest"),
        node("Conv", ["large", "w0"], ["h0"], pads=[1] * 4),
        node("Relu", ["h0"], ["h1"]),
        node("Conv", ["h1", "w1"], ["h2"], pads=[1] * 4),
        node("Relu", ["h2"], ["h3"]),
        node("Conv", ["h3", "w2"], ["faint"], pads=[1] * 4),
        node("Add", ["large", "faint"], ["sum"]),
        node("Sigmoid", ["sum"], ["image"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([1, 1, ENLARGED, ENLARGED], np.float32), "scales"),
        weights("w0", CHANNELS, 3, 3, 3),
        weights("w1", CHANNELS, CHANNELS, 3, 3),
        weights("w2", 3, CHANNELS, 3, 3, scale=1e-4),
    ]
    ports = [
        helper.make_tensor_value_info("z", TensorProto.FLOAT, ["N", 3, "h", "w"]),
        helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, "H", "W"]),
    ]
    graph = helper.make_graph(nodes, "decoder", ports[:1], ports[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> ModelPair:
    path = tmp_path_factory.mktemp("slow") / "decoder.onnx"
    write_slow_decoder(path)
    return ModelPair.open(path)


@pytest.fixture
def answers(qtbot) -> Iterator[tuple[DecodeLoop, list[Decoded]]]:
    loop, heard = DecodeLoop(), []
    loop.decoded.connect(heard.append)
    yield loop, heard
    loop.close()


def latents(pair: ModelPair, count: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((count, pair.latent_size), np.float32)


def test_a_preview_has_half_the_size_and_the_contrast_of_the_whole(slow: ModelPair) -> None:
    whole, rough = slow.decode(latents(slow, 1)), slow.preview(latents(slow, 1), 2)
    assert rough is not None
    assert rough.shape[1:3] == (whole.shape[1] // 2, whole.shape[2] // 2)
    assert rough.std() == pytest.approx(whole.std(), rel=0.15)


def test_a_slow_decoder_draws_roughly_while_the_hand_moves_and_wholly_when_it_rests(
    slow: ModelPair, answers, qtbot
) -> None:
    loop, heard = answers
    places = list(latents(slow, 30))
    loop.request(slow, places[0], {})
    qtbot.waitUntil(lambda: len(heard) == 1, timeout=20_000)
    for latent in places:
        loop.request(slow, latent, {})
        qtbot.wait(8)
    qtbot.waitUntil(lambda: heard[-1].latent is places[-1] and not heard[-1].preview, timeout=20_000)
    assert any(one.preview for one in heard)
    assert heard[-1].picture.shape == slow.image.picture_shape
    roughly = [one.seconds for one in heard if one.preview]
    assert min(roughly) < 0.6 * heard[0].seconds


def test_one_picture_alone_is_drawn_wholly(slow: ModelPair, answers, qtbot) -> None:
    loop, heard = answers
    for latent in latents(slow, 2):
        loop.request(slow, latent, {})
        qtbot.waitUntil(lambda latent=latent: bool(heard) and heard[-1].latent is latent, timeout=20_000)
        time.sleep(0.3)
    assert not any(one.preview for one in heard)


def test_the_newest_request_wins(slow: ModelPair, answers, qtbot) -> None:
    loop, heard = answers
    places = list(latents(slow, 50))
    for latent in places:
        loop.request(slow, latent, {})
    qtbot.waitUntil(lambda: bool(heard) and heard[-1].latent is places[-1], timeout=20_000)
    assert len(heard) < 5


def test_a_decoder_of_plain_vectors_gives_no_preview(fashion_bundle: Path) -> None:
    pair = ModelPair.open(fashion_bundle)
    assert pair.preview(latents(pair, 1), 2) is None
