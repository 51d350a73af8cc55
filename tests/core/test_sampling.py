"""Every sampler by its name, on a real model and its data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.sampling import EACH_LABEL, SAMPLERS, SampleRequest, available, draw_of, mixture_of
from explorer.core.session import Cursor, Session
from explorer.core.workspace import Workspace


@pytest.fixture(scope="module")
def session(fashion_bundle: Path) -> Session:
    work = Workspace.open(fashion_bundle)
    cursor = Cursor(np.array(work.latents[3]), None, "map")
    return Session(ModelPair.open(fashion_bundle), work, cursor=cursor, selection=np.arange(40))


def request(kind: str, count: int = 6, seed: int = 5) -> SampleRequest:
    return SampleRequest(kind, count, seed, truncation=1.0, field="label", code=8)


@pytest.mark.parametrize("kind", SAMPLERS)
def test_a_sampler_draws_what_its_seed_says(session: Session, kind: str) -> None:
    first = draw_of(request(kind), session)
    latents = first.latents()
    assert latents.shape == (6, 16)
    assert latents.dtype == np.float32
    assert np.array_equal(draw_of(request(kind, 9), session).latents()[:6], latents)
    assert not np.array_equal(draw_of(request(kind, seed=6), session).latents(), latents)


def test_each_recipe_has_words_of_its_own(session: Session) -> None:
    texts = [draw_of(request(kind), session).text for kind in SAMPLERS]
    assert len({*texts}) == len(SAMPLERS)
    assert "temperature 0.7" in texts[1]
    assert "label Bag of 1,000 points" in texts


def test_the_radius_counts_in_the_posteriors_standard_deviations(session: Session) -> None:
    assert session.cursor is not None
    assert session.work is not None
    drawn = draw_of(replace(request("around", 4000), radius=3.0), session).latents()
    sigma = np.sqrt(np.exp(np.asarray(session.work.logvars, np.float64)).mean(axis=0))
    np.testing.assert_allclose((drawn - session.cursor.latent).std(axis=0), 3 * sigma, rtol=0.05)


def test_samples_of_a_label_are_told_to_be_it_by_the_encoder(session: Session) -> None:
    assert session.pair is not None
    assert session.work is not None
    again = session.pair.encode(session.pair.decode(draw_of(request("label", 30), session).latents()))[0]
    apart = np.square(again[:, None] - np.asarray(session.work.latents)).sum(axis=2)
    labels = session.work.fields[0].codes[apart.argmin(axis=1)]
    assert (labels == 8).mean() > 0.8


def test_each_label_gets_as_many_pictures_as_it_would_alone(session: Session) -> None:
    every = draw_of(replace(request("label", 3), code=EACH_LABEL), session)
    latents = every.latents()
    assert latents.shape == (30, 16)
    assert "each label" in every.text
    assert np.array_equal(latents[24:27], draw_of(request("label", 3), session).latents())


def test_a_mixture_of_the_selection_stays_with_it(session: Session) -> None:
    assert session.work is not None
    bags = np.flatnonzero(session.work.fields[0].codes == 8)
    chosen = replace(session, selection=bags[::-1])
    latents = draw_of(request("selection_mixture", 200), chosen).latents()
    assert np.array_equal(
        latents, draw_of(request("selection_mixture", 200), replace(chosen, selection=bags)).latents()
    )
    mine = np.asarray(session.work.latents[bags])
    np.testing.assert_allclose(latents.mean(axis=0), mine.mean(axis=0), atol=0.5 * mine.std())
    with pytest.raises(ExplorerError, match="40 or more"):
        draw_of(request("selection_mixture"), replace(session, selection=np.arange(5)))


def test_the_mixture_is_fitted_once(session: Session) -> None:
    assert session.work is not None
    assert mixture_of(session.work) is mixture_of(session.work)


def test_what_is_missing_is_said(session: Session) -> None:
    empty = Session(session.pair)
    assert [one.name for one in available(empty)] == ["prior", "narrowed"]
    assert [one.name for one in available(session)] == list(SAMPLERS)
    for kind, word in (
        ("fitted", "data"),
        ("around", "cursor"),
        ("selection", "open data"),
        ("no", "called"),
    ):
        with pytest.raises(ExplorerError, match=word):
            draw_of(request(kind), empty)
    with pytest.raises(ExplorerError, match="lasso"):
        draw_of(request("selection"), replace(session, selection=np.arange(0)))
    for field, code in (("label", 10), ("shape", 1), ("", -1)):
        with pytest.raises(ExplorerError, match="another"):
            draw_of(replace(request("label"), field=field, code=code), session)
