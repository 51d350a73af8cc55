from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.dataset import open_dataset
from explorer.core.dataset_base import Field, Measure
from explorer.core.encoding import encode
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.search import Columns, search
from explorer.core.selection import combined, grown, inverted, most_alike, stepped
from explorer.core.table import columns_of, write_table
from explorer.core.workspace import Workspace
from tests.onnx_pairs import write_pair

NAMES = ["Coats/Größe 1.PNG", "coats/x.png", 'boots/y, "z".png', "boots/=1+1\n.png", "e\u0301te\u0301.png"]
LABELS = Field("kind of thing", np.array([0, 0, 1, 1, -1], np.int32), ("Coat", "Ankle boot"))
YEARS = Field("year", np.array([0, 1, 1, 0, -1], np.int32), ("1999", "2004"))
ERROR = Measure("reconstruction error", np.array([0.01, 0.03, np.nan, 0.02, 0.5], np.float32))


@pytest.fixture(scope="module")
def columns() -> Columns:
    return Columns(
        np.array([7, 8, 9, 10, 11]), np.array([name.encode() for name in NAMES]), (LABELS, YEARS), (ERROR,),
        np.eye(5, 3, dtype=np.float32), np.arange(10, dtype=np.float32).reshape(5, 2),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("coat", [0, 1]),
        ("COATS/X", [1]),
        ("boot -y", [3]),
        ("größe", [0]),
        ("GRÖSSE", []),
        ("été", [4]),
        ('"ankle boot" year=2004', [2]),
        ('kind:"ankle b"', [2, 3]),
        ("kind_of_thing=coat", [0, 1]),
        ("-kind:o", [4]),
        ("error>0.02", [1, 4]),
        ("error>=0.02 error<0.4", [1, 3]),
        ("-error<9", [2]),
        ("year>2000", [1, 2]),
        ("z01=1", [1]),
        ("map_y>4 -#10", [2, 4]),
        ("#9", [2]),
        ("name:png boots", [2, 3]),
        ("", []),
        ('""', []),
    ],
)
def test_a_search_finds_what_all_terms_hold_of(columns: Columns, query: str, rows: list[int]) -> None:
    assert search(query, columns, Progress()).tolist() == rows


@pytest.mark.parametrize(
    ("query", "said"),
    [("colour:red", "“colour”"), ("error>much", "“much”"), ("z99>1", "z00 to z02"), ("kind>", "no number")],
)
def test_a_search_that_cannot_be_says_why(columns: Columns, query: str, said: str) -> None:
    with pytest.raises(ExplorerError, match=said) as raised:
        search(query, columns, Progress())
    assert "\n" not in str(raised.value)


@given(st.text(max_size=30))
def test_any_text_can_be_typed(text: str) -> None:
    names = np.array([b"a.png", b"b:c>1.png"])
    columns = Columns(np.arange(2), names, (), (), np.zeros((2, 2), np.float32))
    try:
        rows = search(text, columns, Progress())
    except ExplorerError:
        return
    assert set(rows.tolist()) <= {0, 1}


def test_names_side_by_side_are_not_read_as_one() -> None:
    names = np.array([b"ab", b"cd", b"bc"])  # as they lie: abcdbc
    columns = Columns(np.arange(3), names, (), (), np.zeros((3, 1), np.float32))
    assert search("bc", columns, Progress()).tolist() == [2]
    cancelled = Progress()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        search("bc", columns, cancelled)


def test_selections_are_added_subtracted_inverted_and_stepped_through() -> None:
    old = np.array([5, 2])
    assert combined(None, old, "add").tolist() == [5, 2]
    assert combined(old, np.array([2, 9, 0]), "add").tolist() == [5, 2, 9, 0]
    assert combined(old, np.array([2, 9]), "subtract").tolist() == [5]
    assert combined(old, np.array([9]), "replace").tolist() == [9]
    shown = np.array([True, True, True, False, True, True])
    assert inverted(old, shown).tolist() == [0, 1, 4]
    assert [stepped(old, at, step) for at, step in ((5, 1), (2, 1), (5, -1), (7, 1), (7, -1))] == [
        1,
        0,
        1,
        0,
        1,
    ]


def test_the_like_are_the_nearest_latents_also_beside_points_without_a_place() -> None:
    generator = np.random.default_rng(0)
    latents = np.vstack([generator.normal(0, 0.1, (40, 4)), generator.normal(9, 0.1, (40, 4))]).astype(
        np.float32
    )
    positions = generator.normal(size=(80, 2)).astype(np.float32)
    positions[3] = np.nan
    made = LatentMap.of(positions, latents)
    found = most_alike(made, 10, 5)
    distances = np.linalg.norm(latents - latents[10], axis=1)
    distances[3] = np.inf
    assert found.tolist() == np.argsort(distances, kind="stable")[:5].tolist()
    more = grown(made, np.array([10, 11]), Progress(), neighbours=3)
    assert more[:2].tolist() == [10, 11]
    assert 2 < len(more) <= 8
    assert more.max() < 40


@pytest.fixture(scope="module")
def work(tmp_path_factory, fashion_pictures) -> Workspace:
    """A folder of pictures with odd names, encoded."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("table")
    write_pair(folder / "model", fashion_pictures, 3)
    for name, pixels in zip(NAMES, fashion_pictures, strict=False):
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[:, :, 0]).save(path)
    return encode(
        ModelPair.open([folder / "model"]), open_dataset(folder / "data"), folder / "work", Progress()
    )


def test_a_table_says_the_same_as_csv_and_as_parquet(work: Workspace, tmp_path) -> None:
    from pyarrow import parquet

    positions = np.array([[0.1, -2.5], [1e-8, 3e9], [np.nan, 0], [1, 2], [3, 4]], np.float32)
    extra = Measure("error", np.array([0.1, np.nan, 3, 1 / 3, -0.0], np.float32))
    columns = columns_of(work, positions, (extra,), latents=True)
    rows = np.array([4, 0, 2, 1])
    for name in ("a.csv", "a.parquet"):
        write_table(tmp_path / name, columns, rows, Progress())
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as stream:
        read = list(csv.DictReader(stream))
    other = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert [one["name"] for one in read] == [work.item_name(row) for row in rows]
    assert [one["file"] for one in read] == [str(work.data.path / work.item_name(row)) for row in rows]
    for texts, values, row in zip(read, other, rows, strict=True):
        assert set(texts) == {
            "number",
            "name",
            "file",
            "label",
            "error",
            "map_x",
            "map_y",
            "z00",
            "z01",
            "z02",
        }
        for column, value in values.items():
            if isinstance(value, float):
                assert np.float32(texts[column]) == np.float32(value), column
            else:
                assert texts[column] == ("" if value is None else str(value)), column
        assert (
            np.array([values[f"z0{i}"] for i in range(3)], np.float32).tobytes()
            == work.latents[row].tobytes()
        )
    assert read[2]["map_x"] == read[3]["error"] == ""
    assert other[2]["map_x"] is other[3]["error"] is None


def test_a_table_that_cannot_be_written_says_why_and_leaves_nothing(work: Workspace, tmp_path) -> None:
    columns, rows = columns_of(work), np.arange(5)
    (tmp_path / "is.csv").mkdir()
    for name, chosen, said in (
        ("a.xls", rows, r"\.csv or \.parquet"),
        ("a.csv", rows[:0], "no rows"),
        ("is.csv", rows, "is.csv"),
    ):
        with pytest.raises(ExplorerError, match=said):
            write_table(tmp_path / name, columns, chosen, Progress())
    (tmp_path / "old.csv").write_text("kept")
    stopped = Progress()
    stopped.cancel()
    with pytest.raises(Cancelled):
        write_table(tmp_path / "old.csv", columns, rows, stopped)
    assert (tmp_path / "old.csv").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["is.csv", "old.csv"]


def test_columns_that_share_a_name_are_told_apart(work: Workspace) -> None:
    twins = tuple(Measure("z00", np.zeros(5, np.float32)) for _ in range(2))
    names = [column.name for column in columns_of(work, None, twins, latents=True)]
    assert len(set(names)) == len(names)
    assert names[-5:] == ["z00", "z00_2", "z00_3", "z01", "z02"]
