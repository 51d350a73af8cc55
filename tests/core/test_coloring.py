"""Colours that all eyes tell apart, scales that outliers do not spoil, and what is worked out exactly."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from explorer.core import coloring_work
from explorer.core.color_choices import choices
from explorer.core.coloring import (
    DENSITY,
    DISTORTION,
    ERROR,
    SUPPORT,
    VARIANCE,
    default_key,
    is_known,
    painted,
    scale_of,
    shown_of,
)
from explorer.core.dataset import open_dataset
from explorer.core.dataset_base import Field, Measure, number_text
from explorer.core.encoding import encode
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.palette import TOLD_APART, VISIONS, categorical, oklab, ramp
from explorer.core.progress import Progress
from explorer.core.samples import mean_squared_error
from tests.onnx_pairs import Convention, write_pair

GROUND = {"dark": (20, 22, 26), "light": (246, 247, 249)}
NAN = np.nan


def apart(colors: np.ndarray, vision: str) -> float:
    """The least distance in OKLab between any two colours."""
    seen = oklab(colors, vision)
    distances = np.linalg.norm(seen[:, None] - seen, axis=-1)
    return float(distances[~np.eye(len(colors), dtype=bool)].min())


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("vision", VISIONS)
def test_classes_stay_apart_for_every_kind_of_eyes(theme, vision):
    assert apart(categorical(10, theme), vision) > 0.08
    assert apart(categorical(TOLD_APART, theme), vision) > 0.05
    assert apart(categorical(64, theme), vision) > 0.025
    ground = oklab(np.array([GROUND[theme]]), vision)
    assert np.linalg.norm(oklab(categorical(64, theme), vision) - ground, axis=1).min() > 0.2
    assert len(categorical(1000, theme)) == 1000
    assert np.array_equal(categorical(1000, theme)[:7], categorical(7, theme))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("vision", VISIONS)
def test_ramps_are_read_by_lightness_alone_and_stand_out_from_the_ground(theme, vision):
    away = 1 if theme == "dark" else -1  # high values are farther from the ground
    lightness = away * oklab(ramp(theme), vision)[:, 0]
    assert np.diff(lightness[::8]).min() > 0
    both = away * oklab(ramp(theme, diverging=True), vision)[:, 0]
    assert np.diff(both[128::8]).min() > 0
    assert np.diff(both[:128:8]).max() < 0
    ground = oklab(np.array([GROUND[theme]]))
    for diverging in (False, True):
        colors = oklab(ramp(theme, diverging))
        assert np.linalg.norm(colors - ground, axis=1).min() > 0.12
        steps = np.linalg.norm(np.diff(colors[::8], axis=0), axis=1)
        assert steps.max() < 2.5 * steps.min() or diverging


def test_an_outlier_does_not_take_the_scale():
    values = np.append(np.linspace(0, 1, 1000), 500).astype(np.float32)
    scale = scale_of(Measure("m", values))
    assert scale.most == 500
    assert scale.high < 1.01
    assert scale.codes[-1] == 255
    assert (np.diff(scale.codes[:-1]) >= 0).all()
    assert scale.codes[:1000].max() > 250
    assert scale.counts.sum() == 1001


def test_what_has_no_value_has_no_colour():
    scale = scale_of(Measure("m", np.array([1, NAN, np.inf, 3, -np.inf], np.float32)))
    assert scale.codes.tolist() == [0, -1, -1, 255, -1]
    assert scale.missing == 3
    empty = scale_of(Measure("m", np.full(4, NAN, np.float32)))
    assert (empty.missing, set(empty.codes.tolist())) == (4, {-1})
    same = scale_of(Measure("m", np.full(4, 7, np.float32)))
    assert (same.low, same.high, len(set(same.codes.tolist()))) == (7, 7, 1)


def test_a_diverging_scale_has_its_centre_in_the_middle():
    scale = scale_of(Measure("z", np.linspace(-1, 4, 101, dtype=np.float32), centre=0.0))
    assert (scale.low, scale.high) == (-4, 4)
    assert abs(int(scale.codes[20]) - 128) <= 1


def test_few_values_make_few_bars():
    shares = np.repeat(np.arange(16) / 15, 3).astype(np.float32)
    counts = scale_of(Measure("share", shares, ends=(0.0, 1.0))).counts
    assert counts.tolist() == [3] * 16


def test_filters_of_labels_and_of_numbers():
    field = Field("f", np.array([0, 1, -1, 2, 1], np.int32), ("a", "b", "c"))
    assert shown_of(field, frozenset(), None) is None
    assert shown_of(field, frozenset({1}), None).tolist() == [True, False, True, True, False]
    assert shown_of(field, frozenset({-1, 0, 7}), None).tolist() == [False, True, False, True, True]
    measure = Measure("m", np.array([1, 2, NAN, 4], np.float32))
    assert shown_of(measure, frozenset({1}), None) is None
    assert shown_of(measure, frozenset(), (2, np.inf)).tolist() == [False, True, False, True]
    assert shown_of(None, frozenset({1}), (0, 1)) is None


def test_colours_of_a_column_are_the_same_arrays_each_time():
    measure = Measure("m", np.arange(5, dtype=np.float32))
    for column in (measure, None):
        first, second = painted(column, 5, "dark"), painted(column, 5, "dark")
        assert first.codes is second.codes
        assert first.palette is second.palette
        assert len(first.codes) == 5


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.001234, "0.00123"), (-25.61, "−25.6"), (123456.7, "123,457"), (1.5e-7, "1.5e−7"), (0.0, "0")],
)
def test_numbers_are_read_at_a_glance(value, text):
    assert number_text(value) == text


def test_densities_are_those_of_the_formula():
    latents = np.random.default_rng(3).normal(size=(500, 4)).astype(np.float32) @ np.diag([1, 2, 3, 0.5])
    latents = latents.astype(np.float32)
    prior = coloring_work.prior_log_density(latents, Progress())
    assert np.allclose(prior, multivariate_normal(np.zeros(4), np.eye(4)).logpdf(latents), atol=1e-3)
    fitted = coloring_work.fitted_log_density(latents, Progress())
    own = multivariate_normal(latents.mean(axis=0), np.cov(latents.T, bias=True))
    assert np.allclose(fitted, own.logpdf(latents), atol=1e-2)
    wide = coloring_work.fitted_log_density(np.zeros((3, 2000), np.float32), Progress())
    assert np.isfinite(wide).all()
    broken = np.vstack([latents, np.full((1, 4), NAN, np.float32)])
    assert np.isnan(coloring_work.fitted_log_density(broken, Progress())).tolist() == [False] * 500 + [True]


def test_variance_and_distortion_tell_where_the_map_lies():
    """Two clusters on the map: in the first latents agree with places, in the second they are shuffled."""
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal(0, 1, (300, 2)), rng.normal(9, 1, (300, 2))]).astype(np.float32)
    latents = places.copy()
    latents[300:] = rng.permutation(latents[300:])
    places = np.vstack([places, [[NAN, NAN]]]).astype(np.float32)
    latents = np.vstack([latents, [[0, 0]]]).astype(np.float32)
    latent_map = LatentMap.of(places, latents)
    variance = coloring_work.local_variance(latent_map, Progress())
    assert np.median(variance[:300]) < 0.3 * np.median(variance[300:600])
    distorted = coloring_work.map_distortion(latent_map, Progress())
    assert np.median(distorted[:300]) < 0.1 < 0.5 < np.median(distorted[300:600])
    support = latent_map.inverse.support_of_rows()
    assert np.isnan([variance[600], distorted[600], support[600]]).all()
    assert (np.median(support[:600]), support[:600].min() < 0.9) == (1.0, True)


@pytest.fixture(scope="module")
def encoded(tmp_path_factory, fashion_pictures):
    """A pair and 60 encoded pictures with a column of numbers."""
    folder = tmp_path_factory.mktemp("encoded")
    write_pair(folder, fashion_pictures, 5, Convention(outputs=("mu", "logvar")))
    np.savez(folder / "data.npz", images=fashion_pictures[:60], weight=np.arange(60) / 7)
    pair = ModelPair.open(folder)
    return pair, encode(pair, open_dataset(folder / "data.npz"), folder, Progress())


def test_the_reconstruction_error_is_that_of_each_picture_and_is_kept(encoded, fashion_pictures):
    pair, work = encoded
    measure = coloring_work.work_out(ERROR, pair, work, None, Progress())
    drawn = pair.decode(pair.encode(fashion_pictures[:60])[0])
    each = [mean_squared_error(one, other) for one, other in zip(drawn, fashion_pictures, strict=False)]
    assert np.allclose(measure.values, each, rtol=1e-4)
    assert measure.value_of(3) == f"{number_text(each[3])} MSE"
    assert np.array_equal(coloring_work.kept(ERROR, pair, work, None).values, measure.values)
    (file,) = (work.folder / "measures").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert coloring_work.kept(ERROR, pair, work, None) is None
    assert np.array_equal(coloring_work.work_out(ERROR, pair, work, None, Progress()).values, measure.values)


def test_a_cancel_is_heard_and_what_is_missing_is_a_sentence(encoded):
    pair, work = encoded
    stopped = Progress()
    stopped.cancel()
    with pytest.raises(Cancelled):
        coloring_work.reconstruction_errors(pair, work, stopped)
    with pytest.raises(ExplorerError, match="no map yet"):
        coloring_work.work_out(SUPPORT, pair, work, None, Progress())
    with pytest.raises(ExplorerError, match="nothing called"):
        coloring_work.work_out(
            "map:beauty", pair, work, LatentMap.of(work.latents[:, :2], work.latents), Progress()
        )


def test_what_there_is_to_colour_by(encoded):
    pair, work = encoded
    offered = {one.key: one for one in choices(pair, work)}
    assert {"", "weight", ERROR, DENSITY, "latent:", SUPPORT, VARIANCE, DISTORTION} == set(offered)
    assert not offered[ERROR].missing
    assert "decoder" in {one.key: one for one in choices(None, work)}[ERROR].missing
    assert "N(0" in offered[DENSITY].tip
    assert default_key(work) == "weight"
    assert is_known(work, "latent:4")
    assert not is_known(work, "latent:5")
    assert not is_known(work, "nothing")
    groups = [one.group for one in choices(pair, work)]
    assert all(
        groups.count(a) == 1 or a == b or groups.index(b) > groups.index(a) for a, b in pairwise(groups)
    )
