"""Sidecars: what a person settled about a model, beside it or in the user's own folder."""

from __future__ import annotations

import json
import os

import pytest

from explorer.core.detection import places, sidecar
from explorer.core.detection.inspection import inspect
from explorer.core.errors import ExplorerError
from tests.onnx_pairs import Convention, write_pair

STATED = {"range_in": "[-1, 1]", "prior": "sphere", "extra.truncation": "0.5"}


def test_what_is_written_is_read_and_can_be_reset(tmp_path):
    model = tmp_path / "decoder.onnx"
    place = sidecar.write(model, "ab12", STATED)
    assert place == tmp_path / "decoder.latent-explorer.json"
    assert json.loads(place.read_text()) == {"format": 1, "settings": STATED}
    assert sidecar.read(model, "ab12") == STATED
    sidecar.write(model, "ab12", {})
    assert sidecar.read(model, "ab12") == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such read-only folders")
def test_a_folder_that_cannot_be_written_leaves_it_to_the_user_s_own(tmp_path, monkeypatch, fashion_pictures):
    write_pair(tmp_path, fashion_pictures, 8)
    plan = inspect(tmp_path)
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path and real(path, mode))
    place = sidecar.write(tmp_path / "decoder.onnx", plan.fingerprint, {"prior": "uniform"})
    assert place == places.own(plan.fingerprint)
    assert inspect(tmp_path).prior == "uniform"
    sidecar.write(tmp_path / "decoder.onnx", plan.fingerprint, {})
    assert inspect(tmp_path).prior == "data"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[1]", "no settings"),
        ('{"format": 9, "settings": {}}', "has the format 9 and this program reads 1"),
        ('{"format": 1, "settings": {"colour": "red"}}', "“colour”, which is unknown"),
        ('{"format": 1, "settings": {"prior": 3}}', "normal, data, uniform or sphere would work"),
        ('{"format": 1, "settings": {"extra.label": "many"}}', "a number would work"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_damaged_sidecar_is_one_sentence_that_names_it(tmp_path, fashion_pictures, text, words):
    write_pair(tmp_path, fashion_pictures, 8)
    place = tmp_path / "decoder.latent-explorer.json"
    place.write_text(text)
    with pytest.raises(ExplorerError, match=words) as caught:
        inspect(tmp_path)
    assert str(place) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_unreadable_is_written(tmp_path):
    with pytest.raises(ExplorerError, match="sizes as 16 or 4x8x8"):
        sidecar.write(tmp_path / "m.onnx", "ab", {"latent_shape": "large"})
    assert list(tmp_path.iterdir()) == []


def test_a_sidecar_settles_what_the_files_leave_open(tmp_path, fashion_pictures):
    _, decoder = write_pair(tmp_path, fashion_pictures[:, :, 4:24], 8, Convention("flat"))
    sidecar.write(decoder, "", {"image_shape": "28x20x1"})
    assert inspect(tmp_path).decoder.image.picture_shape == (28, 20, 1)
