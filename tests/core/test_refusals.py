from __future__ import annotations

import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer.core.detection.refusals import MAX_IR_VERSION, MAX_OPSET, check, load
from explorer.core.errors import ExplorerError

F = TensorProto.FLOAT


def value(name: str, shape: list, kind: int = F) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, outputs, weights=(), opset=17, ir=8, **more) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "g", list(inputs), list(outputs), list(weights))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir, **more)


def decoder(**more) -> onnx.ModelProto:
    """A good one: 4 → 1×6×6."""
    weights = [
        numpy_helper.from_array(np.random.default_rng(0).normal(size=(4, 36)).astype(np.float32), "w"),
        numpy_helper.from_array(np.array([-1, 1, 6, 6]), "shape"),
    ]
    nodes = [
        helper.make_node("MatMul", ["z", "w"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["y"]),
    ]
    return model(nodes, [value("z", ["N", 4])], [value("y", ["N", 1, 6, 6])], weights, **more)


def refusal(tmp_path: Path, broken: onnx.ModelProto | bytes, name: str = "model.onnx") -> str:
    path = tmp_path / name
    path.write_bytes(broken if isinstance(broken, bytes) else broken.SerializeToString())
    with pytest.raises(ExplorerError) as caught:
        check(load(path), path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


def test_good_models_pass(tmp_path, fashion_bundle, faces_bundle):
    good = tmp_path / "decoder.onnx"
    onnx.save(decoder(), good)
    for path in (good, *fashion_bundle.glob("*.onnx"), *faces_bundle.glob("*.onnx")):
        check(load(path), path)


def test_the_newest_opset_and_format_are_those_of_the_runtime():
    def opens(**versions) -> bool:
        try:
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4
            onnxruntime.InferenceSession(
                decoder(**versions).SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception:  # noqa: BLE001 - the runtime's own exceptions
            return False
        return True

    assert opens(opset=MAX_OPSET)
    assert opens(ir=MAX_IR_VERSION)
    assert not opens(opset=MAX_OPSET + 1)
    assert not opens(ir=MAX_IR_VERSION + 1)


def test_newer_opsets_and_formats_are_refused(tmp_path):
    assert f"operator set {MAX_OPSET + 1}" in refusal(tmp_path, decoder(opset=MAX_OPSET + 1))
    assert f"version {MAX_IR_VERSION + 1}" in refusal(tmp_path, decoder(ir=MAX_IR_VERSION + 1))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"This is no model.\n" * 50, "no ONNX model"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        (b"PK\x03\x04" + bytes(60), "PyTorch"),
        (b"<!DOCTYPE html><html></html>", "web page"),
    ],
)
def test_files_that_are_something_else_say_what(tmp_path, content, words):
    assert words in refusal(tmp_path, content)


def test_what_is_no_file_says_so(tmp_path):
    for path, words in ((tmp_path / "nothing.onnx", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(ExplorerError, match=words):
            load(path)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among Windows' files")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(ExplorerError, match="no regular file"):
        load(tmp_path / "pipe.onnx")


def test_truncated_files_are_refused(tmp_path, fashion_bundle):
    whole = (fashion_bundle / "decoder.onnx").read_bytes()
    for part in range(20):
        refusal(tmp_path, whole[: len(whole) * part // 20])


def test_flipped_bits_end_in_a_sentence_or_a_model_and_soon(tmp_path, fashion_bundle):
    whole = (fashion_bundle / "decoder.onnx").read_bytes()
    draw, path, passed = random.Random(0), tmp_path / "model.onnx", 0
    started = time.monotonic()
    for _ in range(200):
        broken = bytearray(whole)
        for _ in range(draw.choice((1, 8, 64))):
            # The graph's own text lies at both ends; a flip in the weights between does no harm to the form.
            spot = draw.choice((draw.randrange(3000), draw.randrange(len(whole) - 6000, len(whole))))
            broken[spot] ^= 1 << draw.randrange(8)
        path.write_bytes(broken)
        with suppress(ExplorerError):
            check(load(path), path)
            passed += 1
    assert 0 < passed < 200
    assert time.monotonic() - started < 30


def test_empty_graphs_are_refused(tmp_path):
    assert "empty graph" in refusal(tmp_path, model([], [value("x", [1])], []))
    assert "empty graph" in refusal(tmp_path, onnx.ModelProto(ir_version=8).SerializeToString())
    constant = helper.make_node("RandomNormal", [], ["y"], shape=[1, 4])
    assert "takes no input" in refusal(tmp_path, model([constant], [], [value("y", [1, 4])]))


def test_cyclic_graphs_are_refused(tmp_path):
    ring = [helper.make_node("Add", ["x", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"])]
    assert "cycle" in refusal(tmp_path, model(ring, [value("x", [1, 4])], [value("b", [1, 4])]))


def test_deep_graphs_are_walked(tmp_path):
    deep = [helper.make_node("Relu", [f"t{i}"], [f"t{i + 1}"]) for i in range(20_000)]
    path = tmp_path / "deep.onnx"
    onnx.save(model(deep, [value("t0", ["N", 4])], [value("t20000", ["N", 4])]), path)
    check(load(path), path)


def test_nested_graphs_see_the_tensors_around_them_and_no_others(tmp_path):
    def branching(name: str) -> onnx.ModelProto:
        branches = {
            f"{branch}_branch": helper.make_graph(
                [helper.make_node("Relu", [name], [f"{branch}_out"])],
                branch,
                [],
                [value(f"{branch}_out", None)],
            )
            for branch in ("then", "else")
        }
        node = helper.make_node("If", ["switch"], ["y"], **branches)
        switch = value("switch", [], TensorProto.BOOL)
        return model([node], [value("z", ["N", 4]), switch], [value("y", ["N", 4])])

    path = tmp_path / "branch.onnx"
    onnx.save(branching("z"), path)
    check(load(path), path)
    assert "nothing in it makes" in refusal(tmp_path, branching("elsewhere"))


def test_dangling_and_doubled_tensors_are_refused(tmp_path):
    lost = [helper.make_node("Relu", ["elsewhere"], ["y"])]
    assert "“elsewhere”" in refusal(tmp_path, model(lost, [value("x", [1, 4])], [value("y", [1, 4])]))
    twice = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Neg", ["x"], ["y"])]
    assert "same tensor" in refusal(tmp_path, model(twice, [value("x", [1, 4])], [value("y", [1, 4])]))


def test_names_that_are_no_text_are_refused(tmp_path):
    spoiled = decoder().SerializeToString().replace(b"flat", b"\xff\xfeat")
    assert "no text" in refusal(tmp_path, spoiled)


def test_custom_operators_are_refused_but_a_file_s_own_functions_are_not(tmp_path):
    node = helper.make_node("Twice", ["x"], ["y"], domain="my.own")
    outside = [value("x", ["N", 4])], [value("y", ["N", 4])]
    assert "“Twice” of “my.own”" in refusal(tmp_path, model([node], *outside))
    assert "“Twice”, which is no ONNX operator" in refusal(
        tmp_path, model([helper.make_node("Twice", ["x"], ["y"])], *outside)
    )
    opsets = [helper.make_opsetid("", 17)]
    twice = helper.make_function(
        "my.own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], opsets
    )
    path = tmp_path / "function.onnx"
    onnx.save(model([node], *outside, functions=[twice]), path)
    check(load(path), path)


def test_absurd_shapes_are_refused(tmp_path):
    absurd = decoder()
    absurd.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 2**40
    assert "more than any memory holds" in refusal(tmp_path, absurd)
    shape = numpy_helper.from_array(np.array([2**20, 2**20]), "shape")
    huge = [
        helper.make_node("ConstantOfShape", ["shape"], ["nought"]),
        helper.make_node("Add", ["x", "nought"], ["y"]),
    ]
    assert "1048576×1048576" in refusal(
        tmp_path, model(huge, [value("x", [1, 4])], [value("y", None)], [shape])
    )


@pytest.mark.parametrize("dims", [[2**40], [2**20, 2**20], [-4, 9], [4, 37], [4]])
def test_weights_declared_of_another_size_than_they_have_are_refused(tmp_path, dims):
    broken = decoder()
    del broken.graph.initializer[0].dims[:]
    broken.graph.initializer[0].dims.extend(dims)
    assert "“w”" in refusal(tmp_path, broken)


def external(folder: Path, location: str, **entries: object) -> onnx.ModelProto:
    """The good decoder with its weights in the file ``location``, which is written too."""
    moved = decoder()
    tensor = moved.graph.initializer[0]
    data = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, entry in {"location": location, "offset": 0, "length": len(data), **entries}.items():
        tensor.external_data.add(key=key, value=str(entry))
    target = folder / location
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.write_bytes(data)
    return moved


def test_weights_in_a_file_beside_pass(tmp_path):
    for name in ("weights.bin", "deeper/weights.bin"):
        path = tmp_path / "model.onnx"
        onnx.save(external(tmp_path, name), path)
        check(load(path), path)


def test_weights_in_a_file_that_is_missing_or_short_are_refused(tmp_path):
    gone = external(tmp_path, "weights.bin")
    (tmp_path / "weights.bin").unlink()
    assert "which is not there" in refusal(tmp_path, gone)
    (tmp_path / "weights.bin").write_bytes(bytes(100))
    assert "do not fit together" in refusal(tmp_path, gone)
    for entries in ({"offset": -4}, {"length": 10**15}, {"offset": "far"}):
        assert "do not fit together" in refusal(tmp_path, external(tmp_path, "other.bin", **entries))


def test_weights_outside_the_model_s_folder_are_refused(tmp_path):
    outside, folder = tmp_path / "outside.bin", tmp_path / "models"
    folder.mkdir()
    outside.write_bytes(bytes(4 * 4 * 36))
    (folder / "link.bin").symlink_to(outside)
    (folder / "circle.bin").symlink_to(folder / "circle.bin")
    for location in (
        str(outside),
        "../outside.bin",
        "models/../../outside.bin",
        "link.bin",
        "C:\\outside.bin",
    ):
        moved = external(folder, "inside.bin")
        moved.graph.initializer[0].external_data[0].value = location
        assert "outside its own folder" in refusal(folder, moved), location
    moved.graph.initializer[0].external_data[0].value = "circle.bin"
    refusal(folder, moved)


def test_links_into_the_store_that_holds_the_model_too_pass(tmp_path):
    """A cache that keeps each file under its hash and links it under its name."""
    store, shown = tmp_path / "blobs", tmp_path / "snapshot"
    store.mkdir()
    shown.mkdir()
    onnx.save(external(store, "5d1f.bin"), store / "a77c")
    linked = external(store, "5d1f.bin")
    linked.graph.initializer[0].external_data[0].value = "model.bin"
    onnx.save(linked, store / "a77c")
    (shown / "model.onnx").symlink_to(store / "a77c")
    (shown / "model.bin").symlink_to(store / "5d1f.bin")
    check(load(shown / "model.onnx"), shown / "model.onnx")


def codebook(size: int = 16) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ones((size, 4), np.float32), "codebook")


def test_discrete_latents_are_refused(tmp_path):
    codes = value("codes", ["N", 7, 7], TensorProto.INT64)
    gather = helper.make_node("Gather", ["codebook", "codes"], ["y"])
    taking = model([gather], [codes], [value("y", ["N", 7, 7, 4])], [codebook()])
    assert "it takes whole numbers, “codes”" in refusal(tmp_path, taking)

    picture = value("image", ["N", 4, 7, 7])
    pick = helper.make_node("ArgMin", ["image"], ["codes"], axis=1)
    giving = model([pick], [picture], [codes])
    assert "it gives whole numbers, “codes”" in refusal(tmp_path, giving)

    quantised = model([pick, gather], [picture], [value("y", None)], [codebook()])
    assert "picks codes by ArgMin" in refusal(tmp_path, quantised)

    conv = helper.make_node("Conv", ["codes", "kernel"], ["y"])
    kernel = numpy_helper.from_array(np.ones((6, 8192, 1, 1), np.float32), "kernel")
    logits = value("codes", ["N", 8192, 32, 32])
    one_hot = model([conv], [logits], [value("y", ["N", 6, 32, 32])], [kernel])
    assert "8192 codes at every place" in refusal(tmp_path, one_hot)


def test_labels_are_no_discrete_latents(tmp_path):
    label = value("label", ["N"], TensorProto.INT64)
    conditional = model(
        [
            helper.make_node("Gather", ["codebook", "label"], ["embedding"]),
            helper.make_node("Add", ["z", "embedding"], ["y"]),
        ],
        [value("z", ["N", 4]), label],
        [value("y", ["N", 4])],
        [codebook()],
    )
    one_hot_label = model(
        [
            helper.make_node("ArgMax", ["label"], ["index"], axis=1, keepdims=0),
            helper.make_node("Gather", ["codebook", "index"], ["embedding"]),
            helper.make_node("Add", ["z", "embedding"], ["y"]),
        ],
        [value("z", ["N", 64]), value("label", ["N", 16])],
        [value("y", None)],
        [codebook()],
    )
    for number, passing in enumerate((conditional, one_hot_label)):
        path = tmp_path / f"{number}.onnx"
        onnx.save(passing, path)
        check(load(path), path)
