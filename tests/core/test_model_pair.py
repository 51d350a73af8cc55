from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.samples import mean_squared_error
from tests.onnx_pairs import Convention, write_pair


@pytest.fixture(scope="session")
def plain_pair(tmp_path_factory, fashion_pictures) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    write_pair(folder, fashion_pictures, 12)
    return folder


def test_the_bundled_pair_is_opened_by_its_metadata(fashion_bundle):
    pair = ModelPair.open(fashion_bundle)
    assert (pair.kind, pair.latent_size, pair.image.picture_shape) == ("VAE", 16, (28, 28, 1))
    assert pair.self_test.passed
    assert {fact.source for fact in pair.facts} >= {"file metadata", "graph", "trial run"}


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "flat"])
@pytest.mark.parametrize("span", [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)])
def test_plain_pairs_of_any_layout_and_range_reconstruct(tmp_path, fashion_pictures, layout, span):
    write_pair(tmp_path, fashion_pictures, 12, Convention(layout, *span))
    pair = ModelPair.open(tmp_path)
    codes, logvars = pair.encode(fashion_pictures[:40])
    assert (pair.kind, logvars, pair.latent_size) == ("AE", None, 12)
    assert (pair.image.layout, pair.image.low, pair.image.high) == (layout, *span)
    mean_picture = float(np.var(fashion_pictures[:40] / 255.0, axis=0).mean())
    assert mean_squared_error(fashion_pictures[:40], pair.decode(codes)) < 0.5 * mean_picture


@pytest.mark.parametrize(
    "outputs", [("logvar", "mu"), ("mu", "logvar"), ("sample", "mu", "z_log_var"), ("add_3", "getitem_var")]
)
def test_the_mean_is_found_whatever_the_order_and_names(tmp_path, fashion_pictures, outputs):
    write_pair(tmp_path, fashion_pictures, 12, Convention(outputs=outputs))
    pair = ModelPair.open(tmp_path)
    codes, logvars = pair.encode(fashion_pictures[:8])
    assert pair.kind == "VAE"
    assert np.allclose(logvars, -4)
    assert np.array_equal(codes, pair.encode(fashion_pictures[:8])[0])
    assert codes.std() > 0.1


def test_files_open_in_any_order_and_alone_with_the_partner_beside(plain_pair):
    encoder, decoder = plain_pair / "encoder.onnx", plain_pair / "decoder.onnx"
    opened = [
        ModelPair.open(paths) for paths in ((encoder, decoder), (decoder, encoder), decoder, plain_pair)
    ]
    assert {pair.encoder_path for pair in opened} == {encoder}
    assert len({pair.fingerprint for pair in opened}) == 1


def test_a_batch_decodes_as_its_pictures_one_by_one(plain_pair):
    pair = ModelPair.open(plain_pair)
    latents = np.random.default_rng(1).standard_normal((300, 12)).astype(np.float32)
    single = np.concatenate([pair.decode(latent[None]) for latent in latents])
    assert np.abs(pair.decode(latents).astype(int) - single).max() <= 1


def test_a_fixed_batch_is_padded_and_cut(tmp_path, fashion_pictures):
    write_pair(tmp_path / "fixed", fashion_pictures, 12, Convention(batch=4))
    write_pair(tmp_path / "free", fashion_pictures, 12)
    fixed, free = ModelPair.open(tmp_path / "fixed"), ModelPair.open(tmp_path / "free")
    latents = free.encode(fashion_pictures[:7])[0]
    assert np.allclose(fixed.encode(fashion_pictures[:7])[0], latents, atol=1e-4)
    assert np.abs(fixed.decode(latents).astype(int) - free.decode(latents)).max() <= 1


def test_files_of_two_trainings_do_not_pass_for_a_pair(tmp_path, fashion_pictures):
    write_pair(tmp_path / "one", fashion_pictures, 12)
    write_pair(tmp_path / "other", 255 - fashion_pictures[::-1, ::-1, ::-1], 12)
    with pytest.raises(ExplorerError, match="do not belong together"):
        ModelPair.open((tmp_path / "one" / "encoder.onnx", tmp_path / "other" / "decoder.onnx"))


def test_latents_of_different_size_are_refused(tmp_path, fashion_pictures):
    write_pair(tmp_path / "a", fashion_pictures, 12)
    write_pair(tmp_path / "b", fashion_pictures, 9)
    with pytest.raises(ExplorerError, match="latent of 9; the two do not belong together"):
        ModelPair.open((tmp_path / "a" / "encoder.onnx", tmp_path / "b" / "decoder.onnx"))


def test_two_bundles_mixed_are_refused(fashion_bundle, faces_bundle):
    with pytest.raises(ExplorerError, match="do not belong together"):
        ModelPair.open((fashion_bundle / "encoder.onnx", faces_bundle / "decoder.onnx"))


def test_two_encoders_are_refused(plain_pair, tmp_path):
    copy = tmp_path / "copy.onnx"
    copy.write_bytes((plain_pair / "encoder.onnx").read_bytes())
    with pytest.raises(ExplorerError, match="both encoders"):
        ModelPair.open((plain_pair / "encoder.onnx", copy))


def _truncated(path: Path, source: Path) -> None:
    path.write_bytes(source.read_bytes()[: source.stat().st_size // 2])


def _text(path: Path, source: Path) -> None:
    path.write_text("This is no model.\n" * 40)


def _empty(path: Path, source: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "words"), [(_truncated, "no ONNX model"), (_text, "no ONNX model"), (_empty, "is empty")]
)
@pytest.mark.parametrize("half", ["encoder.onnx", "decoder.onnx"])
def test_a_broken_file_is_one_sentence_that_names_it(tmp_path, plain_pair, spoil, words, half):
    for name in ("encoder.onnx", "decoder.onnx"):
        (tmp_path / name).write_bytes((plain_pair / name).read_bytes())
    spoil(tmp_path / half, plain_pair / half)
    with pytest.raises(ExplorerError, match=words) as caught:
        ModelPair.open(tmp_path)
    assert str(tmp_path / half) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_files_say_so(tmp_path):
    for paths, words in (
        (tmp_path / "nothing.onnx", "does not exist"),
        (tmp_path, "holds no ONNX files"),
        ((tmp_path, tmp_path), "is a folder; give one folder alone"),
    ):
        with pytest.raises(ExplorerError, match=words):
            ModelPair.open(paths)


def test_a_decoder_alone_draws_and_takes_no_pictures(tmp_path, plain_pair):
    alone = tmp_path / "decoder.onnx"
    alone.write_bytes((plain_pair / "decoder.onnx").read_bytes())
    pair, whole = ModelPair.open(alone), ModelPair.open(plain_pair)
    assert (pair.can_encode, pair.can_decode, pair.kind) == (False, True, "Generator")
    assert (pair.encoder_path, pair.decoder_path) == (None, alone)
    latents = np.random.default_rng(1).standard_normal((3, 12)).astype(np.float32)
    assert np.array_equal(pair.decode(latents), whole.decode(latents))
    with pytest.raises(ExplorerError, match="has no encoder"):
        pair.encode(pair.decode(latents))


def test_an_encoder_alone_takes_pictures_and_draws_none(tmp_path, plain_pair, fashion_pictures):
    alone = tmp_path / "encoder.onnx"
    alone.write_bytes((plain_pair / "encoder.onnx").read_bytes())
    pair, whole = ModelPair.open(alone), ModelPair.open(plain_pair)
    assert (pair.can_encode, pair.can_decode, pair.kind) == (True, False, "Encoder")
    assert (pair.encoder_path, pair.decoder_path) == (alone, None)
    assert np.allclose(pair.encode(fashion_pictures[:3])[0], whole.encode(fashion_pictures[:3])[0])
    for draw in (pair.decode, pair.decode_raw):
        with pytest.raises(ExplorerError, match="has no decoder"):
            draw(np.zeros((1, pair.latent_size), np.float32))


def test_the_device_that_runs_is_a_fact(plain_pair):
    pair = ModelPair.open(plain_pair, "cpu")
    assert (pair.device, pair.fell_back) == ("CPU", "")
    assert [fact.value for fact in pair.facts if fact.name == "Device"] == ["CPU"]
    assert "Abacus" in ModelPair.open(plain_pair, "Abacus").fell_back


def test_an_image_to_image_network_is_refused(tmp_path, plain_pair):
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])], "g",
        [value("x", TensorProto.FLOAT, ["N", 1, 28, 28])], [value("y", TensorProto.FLOAT, ["N", 1, 28, 28])],
    )  # fmt: skip
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        tmp_path / "net.onnx",
    )
    with pytest.raises(ExplorerError, match="gives back as much as it takes"):
        ModelPair.open((tmp_path / "net.onnx", plain_pair / "decoder.onnx"))


def test_a_decoder_that_draws_nan_is_an_error_not_a_black_picture(tmp_path, plain_pair, fashion_pictures):
    pair = ModelPair.open(plain_pair)
    with pytest.raises(ExplorerError, match="NaN"):
        pair.decode(np.full((1, 12), np.nan, np.float32))
