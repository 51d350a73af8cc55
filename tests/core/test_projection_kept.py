"""Maps that are kept: read instead of computed, side by side, and computed anew where a file is cut short."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from explorer.core.map_shelf import MapShelf, digest, kept_maps, maps_folder
from explorer.core.progress import Progress, Report
from explorer.core.projection import MapSettings, Reins, fit_map, release


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    release()
    yield
    release()


def latents_of(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(200, 5)).astype(np.float32)


def fitted(
    latents: np.ndarray, folder: Path, settings: MapSettings | None = None
) -> tuple[np.ndarray, list, tuple]:
    heard: list[Report] = []
    made = fit_map(latents, settings or MapSettings(), Progress(heard.append, 0), keep_in=folder)
    return made.places, [report.text for report in heard], made.remarks


def test_a_kept_map_is_read_and_maps_lie_side_by_side(tmp_path: Path) -> None:
    latents = latents_of()
    first, stages, _ = fitted(latents, tmp_path)
    assert "Arranging the map" in stages
    again, stages, _ = fitted(latents, tmp_path)
    assert np.array_equal(first, again)
    assert "Arranging the map" not in stages

    other, stages, _ = fitted(latents, tmp_path, MapSettings(min_distance=0.5))
    assert "Arranging the map" in stages
    assert not np.array_equal(first, other)
    assert [one.settings.min_distance for one in kept_maps(tmp_path)] == [0.5, 0.1]
    assert len(list(tmp_path.glob("*-neighbours"))) == 1
    fitted(latents_of(1), tmp_path)
    assert len(kept_maps(tmp_path)) == 3
    assert np.array_equal(fitted(latents, tmp_path)[0], first)


@pytest.mark.parametrize("name", ["layout.npy", "neighbours.npy"])
def test_a_file_cut_short_is_computed_anew_and_that_is_said(tmp_path: Path, name: str) -> None:
    latents = latents_of()
    first, _, _ = fitted(latents, tmp_path)
    (path,) = tmp_path.glob(f"*/{name}")
    path.write_bytes(path.read_bytes()[:-40])
    if name != "layout.npy":
        (layout,) = tmp_path.glob("*/layout.npy")
        layout.unlink()
    places, stages, remarks = fitted(latents, tmp_path)
    assert "Arranging the map" in stages
    assert np.array_equal(places, first)
    assert any(name in remark and "cut off" in remark and "computed anew" in remark for remark in remarks)
    assert "Arranging the map" not in fitted(latents, tmp_path)[1]


def test_two_windows_that_compute_the_same_map_keep_it_once_and_whole(tmp_path: Path) -> None:
    latents = latents_of()
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda _: fitted(latents, tmp_path), range(2))
    assert np.array_equal(one[0], two[0])
    assert not one[2]
    assert not two[2]
    assert len(kept_maps(tmp_path)) == 1
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]
    assert np.array_equal(fitted(latents, tmp_path)[0], one[0])


def test_a_folder_that_cannot_be_written_costs_the_keeping_only(tmp_path: Path) -> None:
    (tmp_path / "maps").write_text("a file where the folder belongs")
    places, _, remarks = fitted(latents_of(), tmp_path / "maps")
    assert np.isfinite(places).all()
    assert any("not kept" in remark for remark in remarks)


def test_a_graph_comes_back_and_a_broken_one_does_not(tmp_path: Path) -> None:
    shelf = MapShelf(tmp_path, 3, MapSettings(neighbours=2), "x")
    weights = np.array([0.5, 1, 0.25], np.float32)
    shelf.keep_graph(weights, np.array([1, 2, 0], np.int32), np.array([0, 1, 2, 3], np.int32))
    found = shelf.graph()
    assert found is not None
    assert np.array_equal(found[0], weights)
    shelf.keep_graph(weights, np.array([1, 2, 7], np.int32), np.array([0, 1, 2, 3], np.int32))
    assert shelf.graph() is None


def test_the_digest_tells_arrays_apart() -> None:
    latents = latents_of()
    other = latents.copy()
    other[-1, -1] += 1e-3
    assert len({digest(one) for one in (latents, other, latents.reshape(5, 200), latents.astype("f8"))}) == 4
    assert digest(latents) == digest(latents.copy())


def test_nothing_is_kept_among_the_programs_own_files(tmp_path: Path) -> None:
    from explorer.core.bundles import FIRST, assets, bundle_folder

    assert not maps_folder(bundle_folder(FIRST)).is_relative_to(assets())
    assert maps_folder(tmp_path) == tmp_path / "maps"


def test_a_map_that_was_stopped_is_kept_apart_and_a_pca_too(tmp_path: Path) -> None:
    latents, reins = latents_of(), Reins()
    reins.stop()
    settings = MapSettings()
    made = fit_map(latents, settings, Progress(), keep_in=tmp_path, reins=reins)
    assert made.stopped
    (kept,) = kept_maps(tmp_path)
    assert kept.stopped
    shelf = MapShelf(tmp_path, len(latents), settings, digest(latents))
    found = shelf.layout(stopped=True)
    assert found is not None
    assert np.array_equal(found, made.places)
    assert shelf.layout() is None
    whole, _, _ = fitted(latents, tmp_path)
    assert not np.array_equal(whole, made.places)
    fitted(latents, tmp_path, MapSettings(method="pca"))
    assert [(one.settings.method, one.stopped) for one in kept_maps(tmp_path)] == [
        ("pca", False), ("umap", False), ("umap", True),
    ]  # fmt: skip
