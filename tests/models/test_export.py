from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from models import export
from models.autoencoder import Autoencoder
from models.autoencoder_run import AutoencoderRun
from models.config import Kind, ModelConfig, TrainConfig
from models.data import ImageData
from models.gan_run import GanRun
from models.watch import Keeper

MODEL = ModelConfig("vae", 28, 28, 1, latent_size=4, features=4, hidden=16)


def checkpoint(tmp_path: Path, clothes: ImageData, kind: Kind = "vae") -> Path:
    trainer = AutoencoderRun(TrainConfig(replace(MODEL, kind=kind), epochs=1), clothes)
    trainer.run(Keeper(tmp_path))
    return tmp_path / "checkpoint.pt"


@pytest.mark.parametrize(("kind", "outputs"), [("vae", ["mu", "logvar"]), ("ae", ["z"])])
def test_a_pair_with_facts_and_any_batch(
    tmp_path: Path, clothes: ImageData, kind: Kind, outputs: list[str]
) -> None:
    out = tmp_path / "small"
    # Parity is judged by the export itself, here once with the weights stored as float16.
    half = ["--half"] if kind == "ae" else []
    assert export.main([str(checkpoint(tmp_path, clothes, kind)), "--out", str(out), *half]) == 0
    large = [one for one in onnx.load(out / "decoder.onnx").graph.initializer if len(one.raw_data) > 1000]
    assert {one.data_type for one in large} == {onnx.TensorProto.FLOAT16 if half else onnx.TensorProto.FLOAT}
    assert sorted(file.name for file in out.iterdir()) == ["decoder.onnx", "encoder.onnx"]
    facts = []
    for role, names in (("encoder", ["image", *outputs]), ("decoder", ["z", "image"])):
        session = onnxruntime.InferenceSession(out / f"{role}.onnx", providers=["CPUExecutionProvider"])
        values = [*session.get_inputs(), *session.get_outputs()]
        assert [value.name for value in values] == names
        assert {value.shape[0] for value in values} == {"batch"}
        stated = session.get_modelmeta().custom_metadata_map
        assert stated.pop("latent_explorer.role") == role
        facts.append(stated)
    assert facts[0] == facts[1]
    expected = {"format": "1", "kind": kind, "name": "small", "latent_size": "4", "image_channels": "1"}
    expected |= {
        "image_layout": "NCHW",
        "image_low": "0.0",
        "image_high": "1.0",
        "data": "clothes",
        "seed": "42",
    }
    assert {key: facts[0][f"latent_explorer.{key}"] for key in expected} == expected
    assert facts[0].get("latent_explorer.prior") == ("normal" if kind == "vae" else None)
    for batch in (1, 3, 129):
        assert session.run(None, {"z": np.zeros((batch, 4), np.float32)})[0].shape == (batch, 1, 28, 28)


def test_the_files_say_nothing_of_the_machine_they_were_made_on(
    tmp_path: Path, clothes: ImageData, fashion_bundle: Path, faces_bundle: Path
) -> None:
    out = tmp_path / "small"
    assert export.main([str(checkpoint(tmp_path, clothes)), "--out", str(out)]) == 0
    for folder in (out, fashion_bundle, faces_bundle):
        for file in sorted(folder.glob("*.onnx")):
            model = onnx.load(file)
            del model.graph.initializer[:]  # among millions of bytes of weights any three may be found
            assert b".py" not in model.SerializeToString(), file


def test_a_pair_that_differs_is_refused_and_leaves_nothing(tmp_path: Path, clothes: ImageData) -> None:
    class Noisy(torch.nn.Module):
        """A decoder whose traced form is half as bright as its own answers."""

        def __init__(self, decoder: torch.nn.Module) -> None:
            super().__init__()
            self.decoder = decoder

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            image: torch.Tensor = self.decoder(z)
            return image * (0.5 if torch.compiler.is_compiling() else 1.0)

    model = Autoencoder(MODEL)
    model.decoder = Noisy(model.decoder)  # type: ignore[assignment]
    images = torch.from_numpy(clothes.images).permute(0, 3, 1, 2)
    facts = {"name": "noisy"}
    with pytest.raises(export.ParityError, match="differs from torch"):
        export.export(model, tmp_path / "out", facts, images)
    assert not (tmp_path / "out").exists()

    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "encoder.onnx").write_bytes(b"an earlier one")
    with pytest.raises(export.ParityError):
        export.export(model, kept, facts, images)
    assert [(file.name, file.read_bytes()) for file in kept.iterdir()] == [
        ("encoder.onnx", b"an earlier one")
    ]


def test_parity_sees_a_changed_weight(tmp_path: Path, clothes: ImageData) -> None:
    model = Autoencoder(MODEL)
    images = torch.from_numpy(clothes.images).permute(0, 3, 1, 2)
    assert export.export(model, tmp_path, {"name": "small"}, images) <= export.TOLERANCE
    proto = onnx.load(tmp_path / "encoder.onnx")
    weights = next(value for value in proto.graph.initializer if value.name.endswith("mu.bias"))
    weights.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weights) + 1e-3, weights.name))
    onnx.save(proto, tmp_path / "encoder.onnx")
    assert export.parity(model, tmp_path, images) == pytest.approx(1e-3, rel=0.01)


def test_no_checkpoint_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main([str(tmp_path / "gone.pt"), "--out", str(tmp_path / "out")]) == 1
    assert "gone.pt" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_generator_without_an_encoder_is_exported_alone(tmp_path: Path, clothes: ImageData) -> None:
    config = TrainConfig(replace(MODEL, kind="gan"), epochs=2, encoder_epochs=1)
    GanRun(config, clothes).run(Keeper(tmp_path), until=1)
    assert export.main([str(tmp_path / "checkpoint.pt"), "--out", str(tmp_path / "out")]) == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["decoder.onnx"]
    stated = onnx.load(tmp_path / "out" / "decoder.onnx").metadata_props
    facts = {one.key.removeprefix(export.PREFIX): one.value for one in stated}
    assert (facts["kind"], facts["prior"]) == ("gan", "normal")
