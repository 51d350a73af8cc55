"""The command line, run as a user runs it, but within this process."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from explorer.cli import main
from explorer.core import work_maps
from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.provenance import read_provenance
from explorer.core.workspace import Workspace
from tests.onnx_pairs import write_pair

COMMANDS = ("demo", "info", "encode", "map", "decode", "gallery", "table")


@pytest.fixture(scope="module")
def own(tmp_path_factory, fashion_pictures):
    """A model, data, and their workspace made by the commands."""
    folder = tmp_path_factory.mktemp("own")
    write_pair(folder / "model", fashion_pictures, 10)
    np.savez(folder / "data.npz", images=fashion_pictures[:120], label=np.arange(120) % 3)
    assert (
        main(["encode", str(folder / "model"), str(folder / "data.npz"), "--out", str(folder / "work")]) == 0
    )
    assert main(["map", str(folder / "work"), "--neighbours", "8", "--seed", "3"]) == 0
    return folder


def pixels(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def test_info_says_what_was_found_and_from_where(own, capsys):
    assert main(["info", str(own / "model")]) == 0
    assert re.search(r"Latent +10  \(graph\)", capsys.readouterr().out)
    assert (
        main(["info", str(own / "model" / "decoder.onnx"), str(own / "model" / "encoder.onnx"), "--json"])
        == 0
    )
    facts = json.loads(capsys.readouterr().out)
    assert facts["facts"]["Picture"] == {"value": "28 × 28 grey", "source": "graph"}


def test_info_tests_the_model_on_real_pictures(own, capsys):
    assert main(["info", str(own / "model"), "--data", str(own / "data.npz"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["facts"]["On real pictures"]
    assert found["source"] == "trial run"
    error, mean = map(float, re.findall(r"0\.\d+", found["value"]))
    assert found["value"].startswith("passed")
    assert 0 < error < mean


def test_info_refuses_with_one_sentence(own, tmp_path, capsys):
    (tmp_path / "model.onnx").write_text("no model\n" * 9)
    assert main(["info", str(tmp_path / "model.onnx")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert str(tmp_path / "model.onnx") in said.err
    assert main(["info", str(own / "model" / "encoder.onnx"), "--data", str(tmp_path / "nothing")]) == 1


def test_encode_and_map_fill_a_workspace(own):
    work = Workspace.open(own / "work")
    assert len(work) == 120
    assert work.positions().shape == (120, 2)
    kept = work.map_settings()
    assert (kept["neighbours"], kept["min_distance"], kept["seed"]) == (8, 0.1, 3)
    assert work.fields[0].names == ("0", "1", "2")


def test_another_map_leaves_the_former_one_beside_it(own, tmp_path, fashion_bundle, capsys):
    shutil.copytree(own / "work", tmp_path / "work", ignore=shutil.ignore_patterns("maps"))
    former = Workspace.open(tmp_path / "work").positions()
    assert main(["map", str(tmp_path / "work"), "--method", "pca"]) == 0
    work = Workspace.open(tmp_path / "work")
    assert [one.record.settings.method for one in work_maps.maps_of(work)].count("pca") == 1
    assert np.array_equal(work_maps.positions_of(work, MapRecord(MapSettings(8, 0.1, 3))), former)
    laid = work.positions()
    (tmp_path / "work" / "map.npy").write_bytes(b"cut short")
    assert main(["map", str(tmp_path / "work"), "--method", "pca"]) == 0
    assert np.array_equal(work.positions(), laid)
    shipped = (fashion_bundle / "map.npy").read_bytes()
    assert main(["map", str(fashion_bundle), "--method", "pca"]) == 1
    assert "belongs to the program" in capsys.readouterr().err
    assert (fashion_bundle / "map.npy").read_bytes() == shipped


def test_decode_at_a_place_by_sample_and_by_latent(own, tmp_path):
    work = Workspace.open(own / "work")
    x, y = work.positions()[5]
    assert main(["decode", str(own / "work"), f"--at={x},{y}", "--out", str(tmp_path / "at.png")]) == 0
    assert pixels(tmp_path / "at.png").shape == (28, 28)
    note = read_provenance(tmp_path / "at.png")
    assert note.place == pytest.approx((x, y))
    np.save(tmp_path / "z.npy", note.latent)
    assert (
        main(
            [
                "decode",
                str(own / "work"),
                "--latent",
                str(tmp_path / "z.npy"),
                "--out",
                str(tmp_path / "z.png"),
            ]
        )
        == 0
    )
    assert np.array_equal(pixels(tmp_path / "z.png"), pixels(tmp_path / "at.png"))
    sheets = []
    for seed in ("4", "4", "5"):
        assert (
            main(
                [
                    "decode",
                    str(own / "work"),
                    "--prior",
                    "6",
                    "--seed",
                    seed,
                    "--out",
                    str(tmp_path / "s.png"),
                ]
            )
            == 0
        )
        sheets.append((tmp_path / "s.png").read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def test_gallery_of_a_model_or_of_a_workspace_writes_a_sheet_and_pictures_that_know_their_latents(
    own, tmp_path
):
    for source, place in (("model", False), ("work", True)):
        out = tmp_path / source
        assert main(["gallery", str(own / source), "--prior", "5", "--seed", "3", "--out", str(out)]) == 0
        assert len(list(out.glob("0*.png"))) == 5
        note = read_provenance(out / "0005.png")
        assert (note.seed, note.index, note.place is not None) == (3, 4, place)


def test_gallery_makes_a_recipe_again_in_other_formats_too(own, tmp_path, capsys):
    first, again = tmp_path / "first", tmp_path / "again"
    assert main(["gallery", str(own / "work"), "--prior", "5", "--out", str(first)]) == 0
    assert "5 pictures, about" in capsys.readouterr().err
    assert main(["gallery", str(first / "recipe.json"), "--out", str(again)]) == 0
    for name in ("0001.png", "0005.png", "sheet.png"):
        assert (first / name).read_bytes() == (again / name).read_bytes()
    plain = [
        "--formats",
        "csv, singles",
        "--plain",
        "--model",
        str(own / "model"),
        "--out",
        str(tmp_path / "c"),
    ]
    assert main(["gallery", str(first / "recipe.json"), *plain]) == 0
    assert read_provenance(tmp_path / "c" / "0001.png") is None
    assert len((tmp_path / "c" / "latents.csv").read_text(encoding="utf-8").splitlines()) == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["info", "{tmp}/nothing"], "does not exist"),
        (["encode", "{own}/model", "{tmp}/nothing", "--out", "{tmp}/w"], "nothing"),
        (["encode", "{own}/model", "{own}/model", "--out", "{tmp}/w"], "no picture"),
        (["encode", "{own}/model", "{own}/data.npz", "--out", "{own}/data.npz/w"], "could not be written"),
        (["map", "{own}/model"], "no workspace"),
        (["decode", "{own}/work", "--latent", "{own}/data.npz", "--out", "{tmp}/o.png"], "data.npz"),
        (["decode", "{own}/work", "--prior", "2", "--out", "{own}/data.npz/o.png"], "could not be written"),
        (["gallery", "{own}/model", "--prior", "0", "--out", "{tmp}/g"], "0 samples"),
        (["gallery", "{own}/model", "--out", "{tmp}/g"], "--prior N"),
        (["gallery", "{tmp}/no.json", "--out", "{tmp}/g"], "does not exist"),
        (["gallery", "{own}/model", "--prior", "2", "--formats", "x", "--out", "{tmp}/g"], "no format “x”"),
        (["gallery", "{own}/data.npz", "--prior", "2", "--out", "{tmp}/g"], "No model"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_1(own, tmp_path, capsys, arguments, words):
    filled = [part.format(own=own, tmp=tmp_path) for part in arguments]
    assert main(filled) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in last
    assert last.endswith(".")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "arguments", [["decode"], ["encode", "x"], ["decode", "w", "--at", "here", "--out", "o"], ["--nonsense"]]
)
def test_wrong_usage_is_exit_2(arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"example:\n  latent-explorer {command}" in capsys.readouterr().out


def test_the_module_is_the_command(fashion_bundle):
    result = subprocess.run(
        [sys.executable, "-m", "explorer", "info", str(fashion_bundle)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0
    assert result.stdout.startswith("fashion-vae")
    assert result.stderr == ""


def test_the_headless_demo_does_the_whole_main_job(tmp_path):
    out = tmp_path / "out"
    result = subprocess.run(
        [sys.executable, "-m", "explorer", "demo", "--headless", str(out)],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads((out / "report.json").read_text())
    assert set(report["seconds"]) == {"open", "encode", "map", "drag", "drop", "sample", "export"}
    assert report["images"] >= 5_000
    assert report["drag_pictures"] >= 10
    assert pixels(out / "window.png").shape[1] >= 1200
    assert len(list((out / "pictures").glob("0*.png"))) == report["pictures"]
    assert (out / "gallery.png").read_bytes() == (out / "pictures" / "sheet.png").read_bytes()
    assert result.stderr == ""


def test_table_writes_what_is_found(own, tmp_path, capsys):
    out = tmp_path / "ones.csv"
    assert main(["table", str(own / "work"), "--find", "label=1", "--latents", "--out", str(out)]) == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("number,label,map_x,map_y,z00,")
    assert [line.split(",")[:2] for line in lines[1:]] == [[str(i), "1"] for i in range(1, 120, 3)]
    capsys.readouterr()
    assert main(["table", str(own / "work"), "--find", "nowhere", "--out", str(tmp_path / "no.csv")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "no.csv").exists()
