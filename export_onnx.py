"""Export a checkpoint of ``models.train`` as ONNX files: ``models.export``, where one looks for it."""

from __future__ import annotations

import sys

from models.export import main

if __name__ == "__main__":
    sys.exit(main())
