"""A corpus of broken models, made from small real pairs: damaged, careless and hostile files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import onnx
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper

from tests.onnx_pairs import write_pair

TERA = 1 << 40
Change = Callable[[ModelProto], None]


@dataclass(frozen=True)
class Broken:
    """One member of the corpus: what is wrong with it, and what a person would open."""

    what: str
    paths: tuple[Path, ...]


def small_pair(folder: Path) -> tuple[Path, Path]:
    """A pair of a few KiB, of which half is structure: most bits of it matter."""
    pictures = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 1)).astype(np.uint8)
    return write_pair(folder, pictures, size=3)


def truncated(pair: tuple[Path, Path], folder: Path, places: int = 20) -> Iterator[Broken]:
    """The decoder cut off at ``places`` places, evenly from nothing at all to nearly whole."""
    whole = pair[1].read_bytes()
    for i in range(places):
        length = len(whole) * i // places
        paths = _beside(pair, folder / f"cut-{i}")
        paths[1].write_bytes(whole[:length])
        yield Broken(f"cut off after {length} of {len(whole)} bytes", paths)


def flipped(pair: tuple[Path, Path], folder: Path, copies: int, seed: int = 0) -> Iterator[Broken]:
    """``copies`` with one bit flipped or four, in the encoder or the decoder, mostly outside of weights."""
    draw = Random(seed)
    whole = [path.read_bytes() for path in pair]
    structure = [_structure(data) for data in whole]
    for i in range(copies):
        which = draw.randrange(2)
        paths = _beside(pair, folder / f"flip-{i}")
        data = bytearray(whole[which])
        for _ in range(draw.choice((1, 1, 1, 4))):
            inside = draw.random() < 0.8
            place = draw.choice(structure[which]) if inside else draw.randrange(len(data))
            bit = draw.randrange(8)
            data[place] ^= 1 << bit
        paths[which].write_bytes(data)
        yield Broken(f"bit {bit} of byte {place} of the {paths[which].stem} flipped, copy {i}", paths)


def made(pair: tuple[Path, Path], folder: Path, *, only: str = "") -> Iterator[Broken]:
    """Decoders with one thing wrong on purpose, and files that are no models at all; or the ``only`` one."""
    changes: dict[str, Change] = {**_GRAPHS, **_SIZES, **_CALCULATIONS, **_WEIGHTS, **_VERSIONS}
    for i, what in enumerate([*changes, *_FILES]):
        if only not in ("", what):
            continue
        paths = _beside(pair, folder / f"made-{i}")
        if what in changes:
            model = onnx.load(pair[1])
            changes[what](model)
            paths[1].write_bytes(model.SerializeToString())
        else:
            paths[1].unlink()
            _FILES[what](paths[1])
        yield Broken(what, paths)


def _beside(pair: tuple[Path, Path], folder: Path) -> tuple[Path, Path]:
    """A copy of the pair in a folder of its own."""
    folder.mkdir(parents=True)
    encoder, decoder = (Path(shutil.copy(path, folder / path.name)) for path in pair)
    return encoder, decoder


def _structure(data: bytes) -> list[int]:
    """The places in a model's bytes that belong to no weights."""
    free = np.ones(len(data), bool)
    for tensor in onnx.load_from_string(data).graph.initializer:
        start = data.find(tensor.raw_data) if len(tensor.raw_data) > 16 else -1
        if start >= 0:
            free[start : start + len(tensor.raw_data)] = False
    return [int(place) for place in np.flatnonzero(free)]


# --- graphs that make no sense


def _cycle(model: ModelProto) -> None:
    model.graph.node[0].input[0] = model.graph.node[-1].input[0]


def _itself(model: ModelProto) -> None:
    model.graph.node[1].input[0] = model.graph.node[1].output[0]


def _recursion(model: ModelProto) -> None:
    """A function that calls itself."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    call = helper.make_node("Again", ["x"], ["y"], domain="local")
    model.functions.append(helper.make_function("local", "Again", ["x"], ["y"], [call], opsets))
    model.opset_import.append(helper.make_opsetid("local", 1))
    _last(model, lambda a, b: [helper.make_node("Again", [a], [b], domain="local")])


def _doubling(model: ModelProto) -> None:
    """Functions of which each calls the next twice, 40 deep: a trillion nodes once they are put in place."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    for i in range(40):
        calls = [
            helper.make_node(f"F{i + 1}" if i < 39 else "Neg", [a], [b], domain="local" if i < 39 else "")
            for a, b in (("x", "m"), ("m", "y"))
        ]
        model.functions.append(helper.make_function("local", f"F{i}", ["x"], ["y"], calls, opsets))
    model.opset_import.append(helper.make_opsetid("local", 1))
    _last(model, lambda a, b: [helper.make_node("F0", [a], [b], domain="local")])


def _nested(depth: int) -> Change:
    def change(model: ModelProto) -> None:
        kind = helper.make_tensor_value_info
        inner = helper.make_graph(
            [helper.make_node("Identity", [model.graph.node[0].output[0]], ["deep"])],
            "g",
            [],
            [kind("deep", TensorProto.FLOAT, None)],
        )
        for i in range(depth):
            node = helper.make_node("If", ["yes"], [f"deep{i}"], then_branch=inner, else_branch=inner)
            if inner.ByteSize() > 1 << 20:
                break  # both branches double it; what is there is deep enough
            inner = helper.make_graph([node], "g", [], [kind(f"deep{i}", TensorProto.FLOAT, None)])
        model.graph.initializer.append(helper.make_tensor("yes", TensorProto.BOOL, [], [True]))
        model.graph.node.append(inner.node[0])

    return change


def _chain(model: ModelProto) -> None:
    """20,000 nodes in a row, each of one byte's worth of work: valid, but long."""
    _last(
        model,
        lambda a, b: [
            helper.make_node("Neg", [a if i == 0 else f"n{i}"], [b if i == 19_999 else f"n{i + 1}"])
            for i in range(20_000)
        ],
    )


def _endless(model: ModelProto) -> None:
    """A loop that goes on for ever before it hands the picture on."""
    kind = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Neg", ["x"], ["y"])],
        "body",
        [
            kind("i", TensorProto.INT64, []),
            kind("go", TensorProto.BOOL, []),
            kind("x", TensorProto.FLOAT, None),
        ],
        [kind("on", TensorProto.BOOL, []), kind("y", TensorProto.FLOAT, None)],
    )
    model.graph.initializer.append(helper.make_tensor("often", TensorProto.INT64, [], [(1 << 62)]))
    model.graph.initializer.append(helper.make_tensor("yes", TensorProto.BOOL, [], [True]))
    _last(model, lambda a, b: [helper.make_node("Loop", ["often", "yes", a], [b], body=body)])


def _same_name(model: ModelProto) -> None:
    model.graph.node[1].output[0] = model.graph.node[0].output[0]


def _attribute_of_wrong_type(model: ModelProto) -> None:
    _last(model, lambda a, b: [helper.make_node("Transpose", [a], [b], perm="0123")])


def _attribute_of_two_types(model: ModelProto) -> None:
    node = helper.make_node("Flatten", [model.graph.node[0].output[0]], ["torn"], axis=1)
    node.attribute[0].type = AttributeProto.GRAPH
    model.graph.node.append(node)


_GRAPHS: dict[str, Change] = {
    "a graph in a circle": _cycle,
    "a node that needs itself": _itself,
    "an empty graph": lambda model: model.graph.Clear(),
    "no nodes": lambda model: model.graph.ClearField("node"),
    "no inputs": lambda model: model.graph.ClearField("input"),
    "no outputs": lambda model: model.graph.ClearField("output"),
    "no model at all but a valid file": lambda model: model.Clear(),
    "weights that are not there": lambda model: model.graph.ClearField("initializer"),
    "two tensors of one name": _same_name,
    "a function that calls itself": _recursion,
    "functions that double": _doubling,
    "conditions in conditions": _nested(12),
    "a loop without an end": _endless,
    "twenty thousand nodes": _chain,
    "an attribute of a wrong type": _attribute_of_wrong_type,
    "an attribute that lies about its type": _attribute_of_two_types,
    "a picture without a name": lambda model: setattr(model.graph.output[0], "name", ""),
    "names that are no text": lambda model: setattr(model.graph.node[0], "op_type", "\0\x01"),
}


# --- sizes that no machine has


def _declare(which: str, *sizes: int) -> Change:
    def change(model: ModelProto) -> None:
        shape = getattr(model.graph, which)[0].type.tensor_type.shape
        shape.ClearField("dim")
        for size in sizes:
            shape.dim.add(dim_value=size)

    return change


def _grown(op: str, *numbers: int, **attributes: int) -> Change:
    """The picture made huge by an operator whose second input is a list of whole numbers."""

    def change(model: ModelProto) -> None:
        model.graph.initializer.append(helper.make_tensor("much", TensorProto.INT64, [len(numbers)], numbers))
        _last(model, lambda a, b: [helper.make_node(op, [a, "much"], [b], **attributes)])

    return change


def _fill(model: ModelProto) -> None:
    """A terabyte of zeros, added to what the picture is made of."""
    model.graph.initializer.append(helper.make_tensor("much", TensorProto.INT64, [2], [1 << 19, 1 << 19]))
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["much"], ["zeros"]))
    _last(model, lambda a, b: [helper.make_node("Sum", [a, "zeros"], [b])])


def _range(model: ModelProto) -> None:
    for name, number in (("from", 0), ("to", TERA), ("by", 1)):
        model.graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, [], [number]))
    model.graph.node.insert(0, helper.make_node("Range", ["from", "to", "by"], ["numbers"]))
    model.graph.node.insert(1, helper.make_node("Cast", ["numbers"], ["zeros"], to=TensorProto.FLOAT))
    _last(model, lambda a, b: [helper.make_node("Sum", [a, "zeros"], [b])])


def _gradually(model: ModelProto) -> None:
    """Each node sixteen times the one before, so that no number in the file looks large."""
    model.graph.initializer.append(helper.make_tensor("times", TensorProto.INT64, [4], [1, 1, 4, 4]))
    for _ in range(12):
        _last(model, lambda a, b: [helper.make_node("Tile", [a, "times"], [b])])


def _resize(model: ModelProto) -> None:
    scales = helper.make_tensor("scales", TensorProto.FLOAT, [4], [1.0, 1.0, 1e5, 1e5])
    model.graph.initializer.append(scales)
    _last(model, lambda a, b: [helper.make_node("Resize", [a, "", "scales"], [b], mode="nearest")])


def _convolution(**attributes: object) -> Change:
    def change(model: ModelProto) -> None:
        model.graph.initializer.append(helper.make_tensor("kernel", TensorProto.FLOAT, [1, 1, 1, 1], [1.0]))
        _last(model, lambda a, b: [helper.make_node("Conv", [a, "kernel"], [b], **attributes)])

    return change


_SIZES: dict[str, Change] = {
    "a picture of 2^40 rows": _declare("output", 1, 1, TERA, 6),
    "a picture of negative size": _declare("output", 1, 1, -6, 6),
    "a picture of nothing": _declare("output", 1, 1, 0, 0),
    "a latent of 2^40 numbers": _declare("input", 1, TERA),
    "a latent of no numbers": _declare("input", 1, 0),
    "a latent of 2^62 by 2^62": _declare("input", 1 << 62, 1 << 62),
    "a batch of 2^31": _declare("input", 1 << 31, 3),
    "a picture tiled to a terabyte": _grown("Tile", 1, 1, 1 << 18, 1 << 18),
    "a picture expanded to a terabyte": _grown("Expand", 1 << 30, 1, 6, 6),
    "a picture reshaped to what it is not": _grown("Reshape", 1 << 20, 1 << 20),
    "a picture padded to a terabyte": _grown("Pad", 0, 0, 0, 0, 0, 0, 1 << 19, 1 << 19),
    "a picture padded by minus a billion": _grown("Pad", 0, 0, 0, 0, 0, 0, -(1 << 30), -(1 << 30)),
    "a terabyte of zeros": _fill,
    "a range of a trillion": _range,
    "a picture that grows step by step": _gradually,
    "a picture scaled a hundred thousand times": _resize,
    "padding of 2^30 in a convolution": _convolution(pads=[1 << 30] * 4),
    "negative padding in a convolution": _convolution(pads=[-(1 << 20)] * 4),
    "a stride of 0": _convolution(strides=[0, 0]),
    "a dilation of 0": _convolution(dilations=[0, 0]),
    "no groups": _convolution(group=0),
    "a negative number of groups": _convolution(group=-1),
    "a kernel of another shape than it says": _convolution(kernel_shape=[1 << 20, 1 << 20]),
}


# --- calculations that fail


def _whole_numbers(op: str, number: int) -> Change:
    """A constant 7 divided by ``number`` as whole numbers, turned into the picture's axis."""

    def change(model: ModelProto) -> None:
        for name, value in (("seven", 7), ("other", number)):
            model.graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, [1], [value]))
        model.graph.node.insert(0, helper.make_node(op, ["seven", "other"], ["amount"]))
        model.graph.node.insert(1, helper.make_node("Cast", ["amount"], ["part"], to=TensorProto.FLOAT))
        _last(model, lambda a, b: [helper.make_node("Sum", [a, "part"], [b])])

    return change


def _whole_numbers_late(op: str) -> Change:
    """The same with a divisor that is known only when it runs."""

    def change(model: ModelProto) -> None:
        model.graph.initializer.append(helper.make_tensor("seven", TensorProto.INT32, [1], [7]))
        model.graph.initializer.append(helper.make_tensor("nil", TensorProto.FLOAT, [1], [0.0]))

        def nodes(a: str, b: str) -> list[NodeProto]:
            return [
                helper.make_node("Mul", [a, "nil"], ["zeros"]),
                helper.make_node("Cast", ["zeros"], ["divisor"], to=TensorProto.INT32),
                helper.make_node(op, ["seven", "divisor"], ["whole"]),
                helper.make_node("Cast", ["whole"], [b], to=TensorProto.FLOAT),
            ]

        _last(model, nodes)

    return change


def _picked(index: int) -> Change:
    """A row of the weights far behind their end."""

    def change(model: ModelProto) -> None:
        model.graph.initializer.append(helper.make_tensor("row", TensorProto.INT64, [1], [index]))
        _last(model, lambda a, b: [helper.make_node("Gather", [a, "row"], [b], axis=0)])

    return change


def _not_a_number(model: ModelProto) -> None:
    model.graph.initializer.append(helper.make_tensor("nan", TensorProto.FLOAT, [1], [float("nan")]))
    _last(model, lambda a, b: [helper.make_node("Mul", [a, "nan"], [b])])


def _random(model: ModelProto) -> None:
    _last(model, lambda a, b: [helper.make_node("RandomNormalLike", [a], [b])])


def _text_out(model: ModelProto) -> None:
    _last(model, lambda a, b: [helper.make_node("Cast", [a], [b], to=TensorProto.STRING)])
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.STRING


def _sequence_out(model: ModelProto) -> None:
    _last(model, lambda a, b: [helper.make_node("SequenceConstruct", [a], [b])])
    old = model.graph.output[0]
    model.graph.output[0].CopyFrom(
        helper.make_tensor_sequence_value_info(old.name, TensorProto.FLOAT, [None, 1, 6, 6])
    )


_CALCULATIONS: dict[str, Change] = {
    "a division by zero": _whole_numbers("Div", 0),
    "a remainder of a division by zero": _whole_numbers("Mod", 0),
    "a division by zero when it runs": _whole_numbers_late("Div"),
    "a remainder by zero when it runs": _whole_numbers_late("Mod"),
    "a row behind the end": _picked(1 << 40),
    "a row before the start": _picked(-(1 << 40)),
    "a picture that is not a number": _not_a_number,
    "a picture of noise": _random,
    "a picture made of text": _text_out,
    "a list of pictures": _sequence_out,
}


# --- weights that are not what they say


def _weights(**fields: object) -> Change:
    """The largest weights as if another program had written them."""

    def change(model: ModelProto) -> None:
        tensor = max(model.graph.initializer, key=lambda one: len(one.raw_data))
        for name, value in fields.items():
            if name == "dims":
                tensor.ClearField("dims")
                tensor.dims.extend(value)
            elif name == "external":
                tensor.ClearField("raw_data")
                tensor.data_location = TensorProto.EXTERNAL
                for key, text in value.items():
                    tensor.external_data.add(key=key, value=text)
            else:
                setattr(tensor, name, value)

    return change


_WEIGHTS: dict[str, Change] = {
    "a terabyte of weights by declaration": _weights(dims=[1 << 20, 1 << 20]),
    "a terabyte of weights and no data": _weights(dims=[1 << 20, 1 << 20], raw_data=b""),
    "weights whose size overflows": _weights(dims=[1 << 32, 1 << 32]),
    "weights of negative size": _weights(dims=[-1, 3]),
    "too little data": _weights(raw_data=b"\0" * 5),
    "weights of an unknown type": _weights(data_type=99),
    "weights of no type": _weights(data_type=0),
    "weights of text": _weights(data_type=TensorProto.STRING),
    "missing external data": _weights(external={"location": "weights.bin"}),
    "external data above the folder": _weights(external={"location": "../secret.bin"}),
    "external data by an absolute path": _weights(external={"location": str(Path(os.devnull).absolute())}),
    "external data on another drive": _weights(external={"location": "C:\\Windows\\win.ini"}),
    "external data on another computer": _weights(external={"location": "\\\\host\\share\\weights"}),
    "external data that never end": _weights(external={"location": "../endless"}),
    "external data in the folder itself": _weights(external={"location": "."}),
    "external data without a place": _weights(external={"offset": "0"}),
    "external data of a terabyte": _weights(
        dims=[1 << 19, 1 << 19], external={"location": "encoder.onnx", "length": str(TERA)}
    ),
    "external data far behind the end": _weights(external={"location": "encoder.onnx", "offset": str(TERA)}),
    "external data before the start": _weights(external={"location": "encoder.onnx", "offset": "-4096"}),
    "external data with words for numbers": _weights(external={"location": "encoder.onnx", "offset": "many"}),
}


# --- what this runtime does not know


def _operator(op: str, domain: str) -> Change:
    def change(model: ModelProto) -> None:
        if domain:
            model.opset_import.append(helper.make_opsetid(domain, 1))
        _last(model, lambda a, b: [helper.make_node(op, [a], [b], domain=domain)])

    return change


_VERSIONS: dict[str, Change] = {
    "a custom operator": _operator("Sharpen", "com.example"),
    "an operator that does not exist": _operator("Sharpen", ""),
    "an operator set of the future": lambda model: setattr(model.opset_import[0], "version", 1000),
    "an operator set of a far future": lambda model: setattr(model.opset_import[0], "version", (1 << 62)),
    "an operator set before the first": lambda model: setattr(model.opset_import[0], "version", -3),
    "no operator set": lambda model: model.ClearField("opset_import"),
    "a file format of the future": lambda model: setattr(model, "ir_version", 1000),
    "a file format of none": lambda model: model.ClearField("ir_version"),
}


def _last(model: ModelProto, nodes: Callable[[str, str], list[NodeProto]]) -> None:
    """Put ``nodes`` between the picture and what was made of it so far."""
    final = model.graph.node[-1]
    name = final.output[0]
    before = f"before{len(model.graph.node)}"
    final.output[0] = before
    model.graph.node.extend(nodes(before, name))


# --- files that are no models


def _hole(path: Path) -> None:
    """Three GiB of nothing that take no room on the disk."""
    with path.open("wb") as file:
        file.truncate(3 << 30)


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


_FILES: dict[str, Callable[[Path], None]] = {
    "text": lambda path: path.write_text("This is the decoder.\n" * 50) and None,
    "an empty file": lambda path: path.write_bytes(b"") and None,
    "zeros": lambda path: path.write_bytes(bytes(100_000)) and None,
    "ones": lambda path: path.write_bytes(b"\xff" * 100_000) and None,
    "noise": lambda path: path.write_bytes(Random(1).randbytes(100_000)) and None,
    "a pickle": lambda path: path.write_bytes(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00.") and None,
    "an archive": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(1000)) and None,
    "a web page": lambda path: path.write_text("<!DOCTYPE html><html>Sign in</html>") and None,
    "groups without an end": lambda path: path.write_bytes(b"\x3b" * 100_000) and None,
    "messages in messages": lambda path: path.write_bytes(_russian_doll()) and None,
    "three GiB of nothing": _hole,
    "a folder": lambda path: path.mkdir(),
}
if hasattr(os, "mkfifo"):
    _FILES |= {"a pipe that nobody writes to": _pipe, "a link to itself": _link_to_itself}


def _russian_doll() -> bytes:
    """A graph in an attribute of a node in a graph in an attribute …, as deep as 64 KiB hold."""
    inner = b""
    while len(inner) < 1 << 16:
        for field in (0x32, 0x2A, 0x0A):  # attribute.g, node.attribute, graph.node
            length, size = b"", len(inner)
            while size > 127:
                length += bytes([size & 127 | 128])
                size >>= 7
            inner = bytes([field]) + length + bytes([size]) + inner
    length, size = b"", len(inner)
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return b"\x08\x08\x3a" + length + bytes([size]) + inner
