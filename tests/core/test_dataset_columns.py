"""Columns from tables beside pictures and from NPZ files: which are categories, numbers or text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.dataset import open_dataset
from explorer.core.dataset_base import Field, Measure
from explorer.core.dataset_columns import text_column
from explorer.core.encoding import encode
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace
from tests.onnx_pairs import Convention, write_pair

NAMES = [f"{kind}/{i:02d}.png" for kind in ("cats", "dogs") for i in range(15)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """30 pictures in two sub-folders; tests put tables beside and into it."""
    root = tmp_path_factory.mktemp("root") / "pets"
    for name in NAMES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(path)
    return root


@pytest.fixture
def table(folder: Path):
    """Write a table, and take it away again."""
    written: list[Path] = []

    def write(text: str | bytes, path: Path = folder / "metadata.csv") -> Path:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        written.append(path)
        return path

    yield write
    for path in written:
        path.unlink(missing_ok=True)


def values(field: Field) -> list[str]:
    return [field.value_of(row) for row in range(len(field.codes))]


def test_a_table_in_the_folder_adds_columns(folder, table):
    rows = [f"{name},{i / 8},{('round', 'long')[i % 2]},{i % 3},caption {i}" for i, name in enumerate(NAMES)]
    before = open_dataset(folder).fingerprint()
    table("\ufefffile_name,weight [kg],shape,legs,text\n" + "\n".join(rows[::-1]) + "\n")
    data = open_dataset(folder)
    assert [one.name for one in data.fields] == ["label", "shape", "legs", "text"]
    (weight,) = data.measures
    assert (weight.name, weight.unit, weight.values[10], weight.value_of(10)) == (
        "weight",
        "kg",
        1.25,
        "1.25 kg",
    )
    assert values(data.fields[1])[:3] == ["round", "long", "round"]
    assert data.fields[2].names == ("0", "1", "2")
    after = data.fingerprint()
    table("file_name,weight\n" + "\n".join(f"{name},1" for name in NAMES))
    assert len({before, after, open_dataset(folder).fingerprint()}) == 3


def test_names_are_found_by_path_by_bare_name_and_without_suffix(folder, table):
    paths = (".\\cats\\03.png;1", "somewhere/pets/dogs/04.png;2", "03;9", "nobody.png;9", "dogs/05;3")
    table("id;path;x\n" + "\n".join(f"{i};{path}" for i, path in enumerate(paths)))
    (one,) = (column for column in open_dataset(folder).fields if column.name == "x")
    found = {NAMES[row]: value for row, value in enumerate(values(one)) if value}
    assert found == {"cats/03.png": "1", "dogs/04.png": "2", "dogs/05.png": "3"}  # 03 is ambiguous


def test_a_table_beside_the_folder_counts_only_where_it_names_its_pictures(folder, table):
    beside = table(
        "file,label\n" + "\n".join(f"pets/{name},L{name[0]}" for name in NAMES), folder.parent / "pets.csv"
    )
    data = open_dataset(folder)
    assert [one.name for one in data.fields] == ["folder", "label"]
    assert data.fields[1].names == ("Lc", "Ld")
    beside.write_text("file,x\nother.png,3\n")
    assert [one.name for one in open_dataset(folder).fields] == ["label"]


@pytest.mark.parametrize(
    "content", [b"file,x\ncats/00.png,\xff\xfe\n", b'file,x\ncats/00.png,"' + b"x" * 200_000]
)
def test_a_table_that_cannot_be_read_is_named(folder, table, content):
    table(content)
    with pytest.raises(ExplorerError, match=r"metadata\.csv is no table in UTF-8"):
        open_dataset(folder)


def test_mixed_and_missing_values():
    mixed = text_column("age", ["3", "old", "", "7.5", "old"])
    assert isinstance(mixed, Field)
    assert values(mixed) == ["3", "old", "", "7.5", "old"]
    numbers = text_column("age", [*map(str, range(30)), "", "NaN", "n/a", "inf"])
    assert isinstance(numbers, Measure)
    assert np.isnan(numbers.values).tolist() == [False] * 30 + [True] * 4
    empty = text_column("empty", ["", "", ""])
    assert values(empty) == ["", "", ""]
    few = text_column("digit", ["10", "2", "", "2"])
    assert (few.names, values(few)) == (("2", "10"), ["10", "2", "", "2"])


def test_a_column_whose_values_are_all_different_is_text():
    names = text_column("caption", [f"picture {i}" for i in range(400)])
    assert names.is_text
    assert not text_column("kind", ["a", "b", "c"]).is_text


def test_numbers_of_an_npz_file(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "a.npz",
        images=np.zeros((100, 4, 4), np.uint8),
        mass=np.append(rng.normal(size=99), np.nan),
        label=np.arange(100) % 50,
        age=np.arange(100),
        level=np.tile([0.5, 1.0], 50),
    )
    data = open_dataset(tmp_path / "a.npz")
    assert {one.name for one in data.measures} == {"mass", "age"}
    assert {one.name: len(one.names) for one in data.fields} == {"label": 50, "level": 2}


def test_columns_come_back_with_the_workspace(tmp_path, fashion_pictures):
    write_pair(tmp_path, fashion_pictures, 3, Convention(outputs=("mu", "logvar")))
    count = 1200
    np.savez(
        tmp_path / "a.npz",
        images=np.zeros((count, 28, 28), np.uint8),
        caption=np.array([f"é {i}" for i in range(count)]),
        mass=np.where(np.arange(count) % 9, np.arange(count) / 3, np.nan),
    )
    encode(ModelPair.open(tmp_path), open_dataset(tmp_path / "a.npz"), tmp_path / "w", Progress())
    work = Workspace.open(tmp_path / "w")
    assert work.fields[0].is_text
    assert work.fields[0].value_of(1100) == "é 1100"
    assert (work.measures[0].value_of(100), work.measures[0].value_of(9)) == ("33.3", "")
    (tmp_path / "w" / "field_names.json").unlink()
    with pytest.raises(ExplorerError, match=r"field_names\.json does not exist"):
        Workspace.open(tmp_path / "w")
