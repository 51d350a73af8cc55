"""Every convention of encoder/decoder pairs, as real graphs whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.core.detection.inspection import inspect
from explorer.core.detection.settings import IMAGENET
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.plan import PairPlan
from explorer.core.sampling import prior_draw
from tests.onnx_generators import write_generator
from tests.onnx_pairs import LOGVAR, Components, Convention, write_pair, write_patch_pair

SIZE = 12


@pytest.fixture(scope="session")
def faces(faces_bundle) -> np.ndarray:
    """600 bundled colour pictures, ``uint8 (600, 64, 64, 3)``."""
    with np.load(faces_bundle / "faces.npz", allow_pickle=False) as data:
        return np.ascontiguousarray(data["images"][:600])


@pytest.fixture(scope="session")
def small_faces(faces) -> np.ndarray:
    """Colour pictures of 24×20, so that rows and columns cannot be mistaken for one another."""
    return np.ascontiguousarray(faces[:, 8:56:2, 12:52:2])


def source(plan: PairPlan, name: str) -> str:
    return next(fact.source for fact in plan.facts if fact.name == name)


def value(plan: PairPlan, name: str) -> str:
    return next(fact.value for fact in plan.facts if fact.name == name)


def reconstructed(pictures: np.ndarray, of: np.ndarray, *, sphere: bool = False) -> np.ndarray:
    """What the components of ``of`` make of ``pictures``, worked out here."""
    basis = Components.of(of, SIZE)
    codes = (pictures.transpose(0, 3, 1, 2).reshape(len(pictures), -1) / 255.0 - basis.mean) @ basis.into
    if sphere:
        codes *= np.sqrt(SIZE) / np.linalg.norm(codes, axis=1, keepdims=True)
    planes = (codes @ basis.back + basis.mean).clip(0, 1) * 255
    height, width, channels = pictures.shape[1:]
    return planes.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)


def assert_right(plan: PairPlan, pictures: np.ndarray, *, sphere: bool = False) -> None:
    """The engine, following ``plan``, draws what was worked out, to the pixel."""
    pair, few = ModelPair(plan), pictures[:7]
    drawn = pair.decode(pair.encode(few)[0])
    assert np.abs(drawn - reconstructed(few, pictures, sphere=sphere)).max() <= 1.01


GREY = {
    "plain": Convention(),
    "channels last": Convention("NHWC", -1.0, 1.0),
    "no channel axis": Convention("NHW"),
    "flat": Convention("flat", 0.0, 255.0),
    "logits behind": Convention("flat", rest=10),
    "no batch axis": Convention("CHW", batch=None),
    "no batch, no channels": Convention("HW", batch=None),
    "fixed batch of one": Convention(batch=1),
    "fixed grid of ten": Convention(batch=10, layout="NHWC"),
    "rank-4 latent": Convention(latent=(SIZE, 1, 1)),
    "spatial latent": Convention(latent=(3, 2, 2)),
    "half precision": Convention(image_type="float16", latent_type="float16"),
    "double precision": Convention(image_type="float64", latent_type="float64"),
    "bytes": Convention("NHWC", image_type="uint8"),
    "bytes without batch": Convention("HWC", image_type="uint8", batch=None),
}
COLOUR = {
    "plain": Convention(),
    "channels last": Convention("NHWC"),
    "ImageNet": Convention("NCHW", *IMAGENET),
    "ImageNet, channels last": Convention("NHWC", *IMAGENET),
    "flat planes": Convention("flat"),
    "flat pixels": Convention("flat_hwc", -1.0, 1.0),
    "no batch axis": Convention("HWC", batch=None),
    "alpha": Convention(alpha=True),
    "alpha in bytes": Convention("NHWC", image_type="uint8", alpha=True),
}


def expected(convention: Convention) -> tuple:
    low, high = (0.0, 255.0) if convention.image_type == "uint8" else (convention.low, convention.high)
    return convention.layout, low, high, convention.image_type, convention.rest


@pytest.mark.parametrize("name", GREY)
def test_grey_conventions_are_found(tmp_path, fashion_pictures, name):
    convention = GREY[name]
    write_pair(tmp_path, fashion_pictures, SIZE, convention)
    plan = inspect(tmp_path)
    assert plan.encoder is not None
    assert plan.decoder is not None
    for image in (plan.encoder.image, plan.decoder.image):
        assert (image.layout, image.low, image.high, image.type, image.rest) == expected(convention)
        assert image.picture_shape == (28, 28, 1)
    assert plan.latent_shape == (convention.latent or (SIZE,))
    fixed = {"N": None, None: 0}.get(convention.batch, convention.batch)
    assert (plan.encoder.batch, plan.decoder.batch) == (0 if convention.batch is None else fixed,) * 2
    assert (plan.kind, plan.prior, plan.self_test.passed) == ("AE", "data", True)
    assert_right(plan, fashion_pictures)
    assert PairPlan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("name", COLOUR)
def test_colour_conventions_are_found(tmp_path, small_faces, name):
    convention = COLOUR[name]
    write_pair(tmp_path, small_faces, SIZE, convention)
    flat = convention.layout.startswith("flat")
    plan = inspect(tmp_path, {"image_shape": "24x20x3"} if flat else {})
    for image in (plan.encoder.image, plan.decoder.image):
        layout, low, high, kind, rest = expected(convention)
        assert (image.layout, image.type, image.rest) == (layout, kind, rest)
        assert np.allclose((image.low, image.high), (low, high))
        assert (image.height, image.width, image.channels) == (24, 20, 4 if convention.alpha else 3)
    assert plan.self_test.passed
    assert_right(plan, small_faces)


@pytest.mark.parametrize(
    ("limits", "colour"),
    [
        *(
            ((low, high), colour)
            for low, high in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
            for colour in (0, 1)
        ),
        (IMAGENET, 1),
    ],
)
def test_ranges_hidden_in_the_weights_are_found_by_trial(
    tmp_path, fashion_pictures, small_faces, limits, colour
):
    write_pair(
        tmp_path, small_faces if colour else fashion_pictures, 24, Convention("NCHW", *limits, folded=True)
    )
    plan = inspect(tmp_path)
    assert np.allclose((plan.decoder.image.low, plan.decoder.image.high), limits)
    assert np.allclose((plan.encoder.image.low, plan.encoder.image.high), limits)
    assert source(plan, "Pixels out") == source(plan, "Pixels in") == "trial run"


@pytest.mark.parametrize(
    ("outputs", "mean", "spread_output", "spread"),
    [
        (("z",), "z", "", "none"),
        (("logvar", "mu"), "mu", "logvar", "logvar"),
        (("add_3", "getitem_15:logvar"), "add_3", "getitem_15", "logvar"),
        (("getitem_15:logvar", "add_3"), "add_3", "getitem_15", "logvar"),
        (("sample", "a:mean", "b:logvar"), "a", "b", "logvar"),
        (("sample", "a:variance", "b:mean"), "b", "a", "variance"),
        (("a:std", "b:mean", "c:sample"), "b", "a", "std"),
        (("mean", "variance:variance"), "mean", "variance", "variance"),
        (("mean", "sigma:std"), "mean", "sigma", "std"),
        (("parameters:halves",), "parameters", "parameters", "logvar"),
    ],
)
def test_the_mean_and_the_spread_are_told_apart(
    tmp_path, fashion_pictures, outputs, mean, spread_output, spread
):
    write_pair(tmp_path, fashion_pictures, SIZE, Convention(outputs=outputs))
    plan = inspect(tmp_path)
    encoder = plan.encoder
    assert (encoder.output, encoder.spread_output, encoder.spread) == (mean, spread_output, spread)
    assert encoder.halves == (outputs == ("parameters:halves",))
    assert plan.kind == ("AE" if spread == "none" else "VAE")
    assert plan.prior == ("data" if spread == "none" else "normal")
    assert_right(plan, fashion_pictures)
    logvars = ModelPair(plan).encode(fashion_pictures[:3])[1]
    assert logvars is None if spread == "none" else np.allclose(logvars, LOGVAR, atol=1e-4)


def test_an_encoder_that_samples_inside_is_read_without_its_noise(tmp_path, fashion_pictures):
    write_pair(tmp_path / "noisy", fashion_pictures, SIZE, Convention(outputs=("sample",)))
    write_pair(tmp_path / "plain", fashion_pictures, SIZE)
    plan, plain = inspect(tmp_path / "noisy"), inspect(tmp_path / "plain")
    assert (plan.kind, plan.prior) == ("VAE", "normal")
    assert "noise is taken out" in value(plan, "Encoder")
    assert plan.self_test.error == pytest.approx(plain.self_test.error, rel=0.01)
    assert plan.files == (tmp_path / "noisy" / "encoder.onnx", tmp_path / "noisy" / "decoder.onnx")
    assert plan.encoder.path not in plan.files
    assert_right(plan, fashion_pictures)


@pytest.mark.parametrize("radius", [1.0, 4.0])
def test_codes_on_a_sphere_are_sampled_there(tmp_path, fashion_pictures, radius):
    write_pair(tmp_path, fashion_pictures, SIZE, Convention(sphere=radius))
    plan = inspect(tmp_path)
    assert (plan.prior, source(plan, "Prior")) == ("sphere", "trial run")
    assert_right(plan, fashion_pictures, sphere=True)
    draw = prior_draw(ModelPair(plan), None, 50, 7)
    assert np.linalg.norm(draw.latents(), axis=1) == pytest.approx(radius, rel=1e-4)
    assert ("radius 4" in draw.text) == (radius == 4.0) == any(fact.name == "Sphere" for fact in plan.facts)


def test_further_inputs_get_sensible_values(tmp_path, fashion_pictures):
    path = write_generator(tmp_path / "generator.onnx", fashion_pictures, extras=True)
    plan = inspect(path)
    found = {extra.name: (extra.kind, extra.value, extra.low, extra.high) for extra in plan.decoder.extras}
    assert found == {
        "truncation": ("amount", 0.7, 0, 2), "label": ("label", 0, 0, 3), "invert": ("switch", 0, 0, 1),
        "noise": ("noise", 0, 0, 2**31 - 1),
    }  # fmt: skip
    plan = inspect(path, {"extra.label": "2", "extra.truncation": "1"})
    assert {extra.name: extra.value for extra in plan.decoder.extras} == {
        "truncation": 1, "label": 2, "invert": 0, "noise": 0,
    }  # fmt: skip
    with pytest.raises(ExplorerError, match="“label” cannot be 7; 0 to 3 would work"):
        inspect(path, {"extra.label": "7"})


class TestAnySize:
    @pytest.mark.parametrize("patch", [8, 16])
    def test_strides_of_convolutions_are_followed(self, tmp_path, faces, patch):
        write_patch_pair(tmp_path, faces, 6, patch, low=0.0)
        plan = inspect(tmp_path)
        side = plan.decoder.image.height
        assert plan.latent_shape == (6, side // patch, side // patch)
        assert (plan.decoder.image.low, plan.decoder.image.high) == (0.0, 1.0)
        assert plan.self_test.passed

    def test_a_configuration_beside_it_says_the_size_and_the_range(self, tmp_path, faces):
        for half in write_patch_pair(tmp_path / "raw", faces, outputs=("parameters:halves",)):
            folder = tmp_path / "model" / f"vae_{half.stem}"
            folder.mkdir(parents=True)
            half.rename(folder / "model.onnx")
            config = {"_class_name": "AutoencoderKL", "sample_size": 48, "in_channels": 3}
            (folder / "config.json").write_text(json.dumps(config))
        plan = inspect(tmp_path / "model")
        assert plan.latent_shape == (4, 6, 6)
        assert plan.encoder.halves
        assert plan.name == "model"
        assert {source(plan, name) for name in ("Picture", "Pixels in", "Pixels out")} == {"config"}
        assert inspect(tmp_path / "model" / "vae_decoder").fingerprint == plan.fingerprint

    def test_the_user_sets_another_size(self, tmp_path, faces):
        write_patch_pair(tmp_path, faces)
        plan = inspect(tmp_path, {"image_shape": "64x96x3"})
        assert plan.latent_shape == (4, 8, 12)
        assert plan.encoder.image.picture_shape == plan.decoder.image.picture_shape == (64, 96, 3)


class TestSources:
    def test_each_finding_says_where_it_comes_from_and_the_strongest_wins(self, tmp_path, fashion_pictures):
        write_pair(tmp_path, fashion_pictures, SIZE, Convention(low=-1.0, folded=True))
        assert source(inspect(tmp_path), "Pixels out") == "trial run"
        (tmp_path / "preprocessor_config.json").write_text('{"image_mean": [0.5], "image_std": [0.5]}')
        plan = inspect(tmp_path)
        assert (value(plan, "Pixels in"), source(plan, "Pixels in")) == ("[-1, 1]", "config")
        sidecar = tmp_path / "decoder.latent-explorer.json"
        sidecar.write_text('{"format": 1, "settings": {"range_in": "[-1.1, 1]", "prior": "uniform"}}')
        plan = inspect(tmp_path)
        assert (value(plan, "Pixels in"), source(plan, "Pixels in")) == ("[-1.1, 1]", "sidecar")
        assert plan.prior == "uniform"
        plan = inspect(tmp_path, {"prior": "normal", "range_in": "[0, 255]", "accept": "yes"})
        assert (plan.prior, source(plan, "Prior"), plan.encoder.image.high) == ("normal", "override", 255.0)

    def test_a_configuration_that_is_wrong_about_the_pair_does_not_keep_it_out(
        self, tmp_path, fashion_pictures
    ):
        write_pair(tmp_path, fashion_pictures, SIZE)
        (tmp_path / "preprocessor_config.json").write_text('{"image_mean": [0.5], "image_std": [100]}')
        plan = inspect(tmp_path)
        assert plan.self_test.passed
        assert (value(plan, "Pixels in"), source(plan, "Pixels in")) == ("[0, 1]", "trial run")

    def test_overrides_reach_the_plan(self, tmp_path, fashion_pictures):
        write_pair(tmp_path, fashion_pictures, SIZE, Convention(outputs=("mu", "other:logvar")))
        plan = inspect(tmp_path, {"spread": "none", "name": "Mine", "kind": "AE"})
        assert (plan.kind, plan.encoder.spread_output, plan.name) == ("AE", "", "Mine")
        plan = inspect(tmp_path, {"mean_output": "other", "accept": "yes"})
        assert plan.encoder.output == "other"
        assert not plan.self_test.passed

    def test_unknown_and_unreadable_settings_are_refused(self, tmp_path, fashion_pictures):
        write_pair(tmp_path, fashion_pictures, SIZE)
        for stated, words in (
            ({"colour": "red"}, "unknown"),
            ({"prior": "cauchy"}, "normal, data, uniform or sphere"),
            ({"range_in": "[1, 0]"}, "ImageNet would work"),
            ({"image_shape": "28"}, "28x28x1"),
        ):
            with pytest.raises(ExplorerError, match=words):
                inspect(tmp_path, stated)

    def test_bundled_models_are_known_by_their_metadata(self, fashion_bundle):
        plan = inspect(fashion_bundle)
        assert (plan.kind, plan.latent_shape, plan.prior) == ("VAE", (16,), "normal")
        assert plan.self_test.passed
        assert source(plan, "Kind") == source(plan, "Pixels in") == source(plan, "Picture") == "file metadata"


class TestProof:
    def test_two_trainings_are_no_pair_and_the_sentence_has_the_numbers(self, tmp_path, fashion_pictures):
        one = write_pair(tmp_path / "one", fashion_pictures, SIZE)
        other = write_pair(tmp_path / "other", 255 - fashion_pictures[::-1, ::-1, ::-1], SIZE)
        with pytest.raises(ExplorerError, match=r"do not belong together.*MSE 0\.\d+ against 0\.\d+"):
            inspect((one[0], other[1]))
        plan = inspect((one[0], other[1]), {"accept": "yes"})
        assert plan.self_test.passed is False
        assert value(plan, "Self-test").startswith("failed")

    def test_latents_of_another_size_are_refused(self, tmp_path, fashion_pictures):
        one = write_pair(tmp_path / "one", fashion_pictures, SIZE)
        other = write_pair(tmp_path / "other", fashion_pictures, 9)
        with pytest.raises(ExplorerError, match="latent of 9; the two do not belong together"):
            inspect((one[0], other[1]))

    def test_pictures_of_another_size_are_refused(self, tmp_path, fashion_pictures, small_faces):
        one = write_pair(tmp_path / "one", fashion_pictures, SIZE)
        other = write_pair(tmp_path / "other", small_faces, SIZE)
        with pytest.raises(ExplorerError, match="takes pictures of 28×28×1 but"):
            inspect((one[0], other[1]))

    def test_two_decoders_are_no_pair(self, tmp_path, fashion_pictures):
        _, decoder = write_pair(tmp_path, fashion_pictures, SIZE)
        other = decoder.rename(tmp_path / "a.onnx"), tmp_path / "b.onnx"
        other[1].write_bytes(other[0].read_bytes())
        with pytest.raises(ExplorerError, match="both decoders"):
            inspect(other)


class TestHalves:
    def test_a_decoder_alone_is_a_generator(self, tmp_path, fashion_pictures):
        encoder, _ = write_pair(tmp_path, fashion_pictures, SIZE, Convention(latent=(SIZE, 1, 1), low=-1.0))
        encoder.unlink()
        plan = inspect(tmp_path)
        assert (plan.kind, plan.prior, plan.encoder) == ("Generator", "normal", None)
        assert (plan.latent_shape, plan.decoder.image.low) == ((SIZE, 1, 1), -1.0)
        assert plan.self_test.passed is None

    def test_an_encoder_alone_can_encode(self, tmp_path, fashion_pictures):
        _, decoder = write_pair(tmp_path, fashion_pictures, SIZE, Convention(outputs=("logvar", "mu")))
        decoder.unlink()
        plan = inspect(tmp_path / "encoder.onnx")
        assert (plan.kind, plan.prior, plan.decoder, plan.latent_shape) == ("Encoder", "data", None, (SIZE,))
        assert (plan.encoder.output, plan.encoder.spread_output) == ("mu", "logvar")

    def test_a_neighbour_that_is_no_partner_is_left_out_and_named(self, tmp_path, fashion_pictures):
        first = write_pair(tmp_path / "one", fashion_pictures, SIZE)[1].rename(tmp_path / "first.onnx")
        write_pair(tmp_path / "two", 255 - fashion_pictures, SIZE)[1].rename(tmp_path / "second.onnx")
        plan = inspect(first)
        assert plan.kind == "Generator"
        assert "second.onnx" in value(plan, "Left out")

    def test_flat_pictures_that_are_not_square_are_asked_for(self, tmp_path, fashion_pictures):
        tall = np.ascontiguousarray(fashion_pictures[:, :, 4:24])  # 28×20
        write_pair(tmp_path, tall, SIZE, Convention("flat"))[0].unlink()
        with pytest.raises(ExplorerError, match="image_shape"):
            inspect(tmp_path)
        plan = inspect(tmp_path, {"image_shape": "28×20 grey"})
        assert plan.decoder.image.picture_shape == (28, 20, 1)

    def test_the_sides_of_a_flat_picture_are_the_partner_s(self, tmp_path, fashion_pictures):
        tall = np.ascontiguousarray(fashion_pictures[:, :, 4:24])
        flat = write_pair(tmp_path / "flat", tall, SIZE, Convention("flat"))
        plain = write_pair(tmp_path / "plain", tall, SIZE)
        for files in ((flat[0], plain[1]), (plain[0], flat[1])):
            plan = inspect(files)
            assert plan.encoder.image.picture_shape == plan.decoder.image.picture_shape == (28, 20, 1)

    def test_nothing_to_open_is_said(self, tmp_path):
        with pytest.raises(ExplorerError, match="holds no ONNX files"):
            inspect(tmp_path)


def test_several_models_in_one_folder_are_told_apart_by_name(tmp_path, fashion_pictures):
    write_pair(tmp_path, fashion_pictures, SIZE)
    for name in ("text_encoder", "unet"):
        (tmp_path / f"{name}.onnx").write_bytes(b"no model")
    assert inspect(tmp_path).files == (tmp_path / "encoder.onnx", tmp_path / "decoder.onnx")


def test_inspection_takes_few_runs_of_an_own_export(fashion_bundle, monkeypatch):
    from explorer.core.engine.network import Network

    runs: list[Path] = []
    plain = Network.run
    monkeypatch.setattr(Network, "run", lambda self, *args: runs.append(self.path) or plain(self, *args))
    inspect(fashion_bundle)
    assert sorted(path.name for path in runs) == ["decoder.onnx", "decoder.onnx", "encoder.onnx"]
