"""What the command line does, a file for each command: ``parser()`` and ``run(parsed)``."""

from __future__ import annotations

COMMANDS = {
    "demo": "the bundled demo; with --headless OUT the whole main job on a machine without display",
    "info": "what a model is",
    "encode": "a data set into a workspace",
    "map": "a workspace's latents into two dimensions",
    "decode": "places, samples or latents into a picture",
    "gallery": "samples into a sheet and single pictures",
    "train": "a model from pictures",
    "report": "models measured on the same data, each figure with its interval",
    "table": "a workspace's names, labels, numbers and places as CSV or Parquet",
}
"""The commands without a window, and what they are about. Each is the module of its name."""
