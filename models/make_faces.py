"""Draw the faces data set: cartoon busts of which every attribute is known.

The drawings are Open Peeps by Pablo Stanley (design CC0), put together by the npm packages
``@dicebear/core`` and ``@dicebear/open-peeps``. With node 18 or newer:

    npm install --prefix models/faces
    python -m models.make_faces --count 20000 --seed 1 --out faces-train.npz

Skin, hair and clothing colours vary continuously, so that there are faces between any two; their labels
are the nearest named colour.
"""

from __future__ import annotations

import argparse
import colorsys
import contextlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Label → (Open Peeps head, hair colour: "any" where the drawing takes one, facial hair allowed).
HEADS = {
    "afro": ("afro", "black", True),
    "bald": ("noHair1", "none", True),
    "beanie": ("hatBeanie", "covered", True),
    "bob": ("bangs", "any", False),
    "bun": ("grayBun", "any", False),
    "curly": ("dreads2", "black", True),
    "hijab": ("hijab", "covered", False),
    "long": ("long", "black", False),
    "mohawk": ("mohawk", "any", True),
    "ponytail": ("cornrows", "any", False),
    "short": ("grayShort", "any", True),
    "turban": ("turban", "covered", True),
}
EXPRESSIONS = {
    "smile": "smile",
    "grin": "smileBig",
    "calm": "calm",
    "surprised": "awe",
    "serious": "serious",
    "angry": "veryAngry",
}
GLASSES = {"none": None, "round": "glasses2", "dark": "sunglasses2"}
FACIAL_HAIR = {"none": None, "beard": "full4", "moustache": "moustache9"}
SKIN = {"pale": "ffdbb4", "light": "edb98a", "tan": "d08b5b", "brown": "ae5d29", "deep": "694d3d"}
HAIR = {"black": "2c1b18", "brown": "7a4a35", "ginger": "c75a28", "blond": "e5bd68", "grey": "d5d0cc"}
CLOTHING = ["red", "yellow", "green", "teal", "blue", "pink"]  # hues 0°, 60°, …
BACKGROUND = "eaeef3"
CROP = (62, 10, 640)  # the square of the 704-unit drawing that is kept


def along(ramp: dict[str, str], place: float) -> tuple[str, str]:
    """A colour at ``place`` in [0, 1] along a ramp of named colours: (hex, name of the nearest)."""
    names = list(ramp)
    position = place * (len(names) - 1)
    colours = np.array([[int(ramp[name][i : i + 2], 16) for i in (0, 2, 4)] for name in names], float)
    mixed = [np.interp(position, range(len(names)), colours[:, channel]) for channel in range(3)]
    return "".join(f"{round(value):02x}" for value in mixed), names[round(position)]


def clothing(hue: float) -> tuple[str, str]:
    """A soft colour of ``hue`` in [0, 1): (hex, name of the nearest)."""
    red, green, blue = colorsys.hls_to_rgb(hue, 0.66, 0.62)
    return "".join(f"{round(255 * value):02x}" for value in (red, green, blue)), CLOTHING[round(hue * 6) % 6]


def choose(random: np.random.Generator) -> tuple[dict[str, Any], dict[str, str]]:
    """One face: the options that draw it, and its labels."""
    hair = str(random.choice(list(HEADS)))
    head, tint, may_have_beard = HEADS[hair]
    expression = str(random.choice(list(EXPRESSIONS)))
    glasses = str(random.choice(list(GLASSES), p=[0.7, 0.15, 0.15]))
    beard = str(random.choice(list(FACIAL_HAIR), p=[0.6, 0.2, 0.2])) if may_have_beard else "none"
    skin_colour, skin = along(SKIN, random.random())
    hair_colour, hair_name = along(HAIR, random.random())
    if tint == "black":
        hair_colour, hair_name = HAIR["black"], "black"
    clothes_colour, clothes = clothing(random.random())
    options = {
        "head": [head],
        "face": [EXPRESSIONS[expression]],
        "skinColor": [skin_colour],
        "headContrastColor": [hair_colour],
        "clothingColor": [clothes_colour],
        "backgroundColor": [BACKGROUND],
        "accessories": [GLASSES[glasses]] if GLASSES[glasses] else [],
        "accessoriesProbability": 100 if GLASSES[glasses] else 0,
        "facialHair": [FACIAL_HAIR[beard]] if FACIAL_HAIR[beard] else [],
        "facialHairProbability": 100 if FACIAL_HAIR[beard] else 0,
        "maskProbability": 0,
    }
    labels = {
        "hair": hair,
        "skin": skin,
        "clothing": clothes,
        "hair_colour": hair_name if tint in ("any", "black") else tint,
        "expression": expression,
        "glasses": glasses,
        "facial_hair": beard,
    }
    return options, labels


def draw(options: list[dict[str, Any]], size: int) -> NDArray[np.uint8]:
    """The faces drawn by node, uint8 (N, size, size, 3). Raises ``RuntimeError`` where node fails."""
    script = Path(__file__).parent / "faces" / "draw.mjs"
    command = ["node", str(script), str(size), *map(str, CROP)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    stdin = process.stdin

    def feed() -> None:
        # Where node has died its exit status tells; the broken pipe need not.
        with contextlib.suppress(BrokenPipeError), stdin:
            for face in options:
                stdin.write(json.dumps(face).encode() + b"\n")

    writer = threading.Thread(target=feed)
    writer.start()
    pixels = np.empty((len(options), size, size, 3), np.uint8)
    for row in range(len(options)):
        drawn = process.stdout.read(pixels[row].size)
        if len(drawn) != pixels[row].size:
            break
        pixels[row] = np.frombuffer(drawn, np.uint8).reshape(size, size, 3)
        if sys.stderr.isatty() and (row + 1) % 100 == 0:
            print(f"\rdrawn {row + 1:,} of {len(options):,}", end="", file=sys.stderr)
    writer.join()
    process.stdout.close()
    if process.wait() != 0 or len(drawn) != pixels[0].size:
        raise RuntimeError("node did not draw the faces; run `npm install --prefix models/faces` first.")
    return pixels


def make(count: int, size: int, seed: int) -> dict[str, NDArray[Any]]:
    """The arrays of the NPZ: ``images`` uint8 (N, size, size, 3), ``name``, and each label's strings (N,)."""
    random = np.random.default_rng(seed)
    faces = [choose(random) for _ in range(count)]
    arrays: dict[str, NDArray[Any]] = {"images": draw([options for options, _ in faces], size)}
    arrays["name"] = np.array("Drawn faces")
    for field in faces[0][1]:
        arrays[field] = np.array([labels[field] for _, labels in faces])
    return arrays


def save(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write an NPZ file; LZMA makes drawings half as large as numpy's own compression does."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def main() -> int:
    """Draw and write the NPZ that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m models.make_faces",
        description="Draw cartoon faces with known attributes into an NPZ file.",
        epilog="example: python -m models.make_faces --count 20000 --seed 1 --out faces-train.npz",
    )
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    beside = options.out.with_name(f".{options.out.name}.unfinished.npz")
    try:
        save(beside, make(options.count, options.size, options.seed))
        os.replace(beside, options.out)
    except (OSError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        beside.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
