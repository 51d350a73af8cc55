from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from models import make_faces


def can_draw() -> bool:
    """Whether node and the packages of models/faces are here."""
    if not shutil.which("node"):
        return False
    folder = Path(make_faces.__file__).parent / "faces"
    find = "require.resolve('@dicebear/core'); require.resolve('@resvg/resvg-js')"
    return subprocess.run(["node", "-e", find], cwd=folder, capture_output=True, check=False).returncode == 0


def test_colours_along_a_ramp_carry_the_nearest_name() -> None:
    names = list(make_faces.HAIR)
    for place, name in zip(np.linspace(0, 1, len(names)), names, strict=True):
        assert make_faces.along(make_faces.HAIR, place) == (make_faces.HAIR[name], name)
    assert make_faces.along({"dark": "000000", "bright": "ff8000"}, 0.25) == ("402000", "dark")


def test_faces_are_decided_by_the_seed_and_their_labels_hold() -> None:
    random, again = np.random.default_rng(3), np.random.default_rng(3)
    faces = [make_faces.choose(random) for _ in range(500)]
    assert faces[:50] == [make_faces.choose(again) for _ in range(50)]
    for options, labels in faces:
        head, tint, may_have_beard = make_faces.HEADS[labels["hair"]]
        assert options["head"] == [head]
        assert labels["hair_colour"] in (make_faces.HAIR if tint == "any" else {tint})
        assert may_have_beard or labels["facial_hair"] == "none"
        assert (options["accessoriesProbability"] == 0) == (labels["glasses"] == "none")
    values = {field: {labels[field] for _, labels in faces} for field in faces[0][1]}
    assert values["hair"] == set(make_faces.HEADS)
    assert values["expression"] == set(make_faces.EXPRESSIONS)
    assert values["clothing"] == set(make_faces.CLOTHING)


@pytest.mark.skipif(not can_draw(), reason="node or the packages of models/faces are not installed")
def test_the_bundled_faces_are_drawn_again(faces_bundle: Path) -> None:
    drawn = make_faces.make(count=3, size=64, seed=2)
    with np.load(faces_bundle / "faces.npz", allow_pickle=False) as bundled:
        assert np.array_equal(drawn["images"], bundled["images"][:3])
        assert drawn["hair"].tolist() == bundled["hair"][:3].tolist()
