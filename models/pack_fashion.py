"""Pack the test set of Fashion-MNIST, pictures and named labels, into one NPZ file.

python -m models.pack_fashion --data /usr/share/datasets/fashion-mnist --out fashion.npz
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from .data import DataError, read_idx

NAMES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot"]


def main(arguments: list[str] | None = None) -> int:
    """Write the NPZ that the command line asks for; 0, or 1 after one sentence on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m models.pack_fashion",
        description="Pack the test set of Fashion-MNIST into one NPZ file.",
        epilog="example: python -m models.pack_fashion --data /usr/share/datasets/fashion-mnist "
        "--out fashion.npz",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the four IDX files (.gz)")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        images = read_idx(options.data / "t10k-images-idx3-ubyte.gz")
        labels = read_idx(options.data / "t10k-labels-idx1-ubyte.gz")
        names = np.array(NAMES)
        name = np.array("Fashion-MNIST")
        np.savez_compressed(options.out, images=images, name=name, label=labels, label_names=names)
    except (DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
