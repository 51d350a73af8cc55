"""Who may import whom, read from the sources: the table below is the whole rule."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What is imported → the only places that may import it anywhere, even inside a function.
OWNERS = {
    "PySide6": ("explorer/ui/",),
    "shiboken6": ("explorer/ui/",),
    "onnxruntime": ("explorer/core/engine/", "models/export.py"),  # the export compares raw outputs
    "umap": ("explorer/core/projecting/umap_parts.py",),
    "torch": ("models/",),
    "models": ("models/", "export_onnx.py"),
    "explorer.ui": ("explorer/ui/", "explorer/__main__.py", "explorer/cli.py", "explorer/commands/"),
    # What a picture is; everybody else has samples of some shape (`samples` is the door).
    "explorer.core.picture_files": ("explorer/core/samples.py", "explorer/core/dataset_arrays.py"),
    "explorer.core.pixels": (
        "explorer/core/dataset",  # which files hold pictures, and how they lie in arrays
        "explorer/core/detection/",
        "explorer/core/engine/",
        "explorer/core/guard/files.py",
        "explorer/core/model_pair.py",
        "explorer/core/opening.py",
        "explorer/core/picture_files.py",
        "explorer/core/plan.py",
        "explorer/core/samples.py",
        "explorer/core/training_data.py",
        "explorer/ui/",
    ),
}

# Rooms of core that count a sample's axes: what pictures are, what a model wants of them, what shows them.
KNOW_PICTURES = (
    "explorer/core/axis_sheet.py",
    "explorer/core/detection/",
    "explorer/core/engine/",
    "explorer/core/export/",
    "explorer/core/model_pair.py",  # asks once
    "explorer/core/picture_files.py",
    "explorer/core/pixels.py",
    "explorer/core/recipes/",
    "explorer/core/samples.py",
    "explorer/core/training.py",
    "explorer/core/training_data.py",
)

# What is slow to import → the places that may do so when they are imported themselves.
AT_MODULE_LEVEL = {
    "onnx": ("models/",),
    "umap": (),
    "sklearn": (),
    "pynndescent": (),
    "torch": ("models/",),
    "PIL": ("explorer/core/picture_files.py", "models/"),
    "numba": (
        "explorer/core/grid_kernels.py",
        "explorer/core/projecting/cell_kernels.py",
        "explorer/core/projecting/epoch_kernel.py",
        "explorer/core/raster_kernels.py",
        "explorer/core/regression_kernels.py",
    ),
    "explorer.core.grid_kernels": (),
    "explorer.core.raster_kernels": (),
    "explorer.core.projecting.cell_kernels": (),
    "explorer.core.projecting.epoch_kernel": (),
    "explorer.core.regression_kernels": (),
    "explorer.ui": ("explorer/ui/",),
}

# What may be imported in spite of NEVER: numpy alone, and both sides must measure alike.
SHARED = {"models/": ("explorer.core.metrics", "explorer.core.latent_ops.directions")}

# A room → what nothing in it imports, not even inside a function.
NEVER = {
    "explorer/core/": (
        "explorer.ui",
        "explorer.cli",
        "explorer.commands",
        "explorer.bootstrap",
        "models",
        "PySide6",
        "torch",
    ),
    "models/": ("explorer",),
    "explorer/bootstrap.py": ("explorer", "PySide6", "numpy"),
}

SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("explorer/**/*.py", "models/**/*.py", "*.py")
    for path in ROOT.glob(pattern)
)


def _imports(tree: ast.AST, package: str, inside: bool = False) -> Iterator[tuple[str, bool]]:
    """Each imported name, dotted as far as it is written, and whether a function holds the import back."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((f"{origin}.{alias.name}", inside) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            continue  # not executed
        else:
            held = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(node, package, inside or held)


def _imports_of(source: str) -> list[tuple[str, bool]]:
    package = ".".join(Path(source).parent.parts)
    return list(_imports(ast.parse((ROOT / source).read_text(encoding="utf-8")), package))


def _is_in(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def _breaches(source: str, imports: list[tuple[str, bool]]) -> list[str]:
    found = []
    for name, held in imports:
        for room, owners in OWNERS.items():
            if _is_in(name, room) and not source.startswith(owners):
                found.append(f"{source} imports {name}; only {', '.join(owners)} may")
        for room, places in AT_MODULE_LEVEL.items():
            if _is_in(name, room) and not held and not source.startswith(places):
                found.append(
                    f"{source} imports {name} at module level; move it into the function that needs it"
                )
        for place, rooms in NEVER.items():
            shared = any(_is_in(name, one) for one in SHARED.get(place, ()))
            if source.startswith(place) and not shared and any(_is_in(name, room) for room in rooms):
                found.append(f"{source} imports {name}, which nothing in {place} may")
    return found


@pytest.mark.parametrize("source", SOURCES)
def test_imports_keep_to_the_layers(source: str) -> None:
    assert _breaches(source, _imports_of(source)) == []


def _axes_of_pictures(code: str) -> set[str]:
    """Names in ``code`` that only pictures have."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.keyword(arg=name):
                names.add(str(name))
    return names & {"channels", "picture_shape"}


@pytest.mark.parametrize("source", [one for one in SOURCES if one.startswith("explorer/core/")])
def test_only_who_knows_pictures_counts_their_axes(source: str) -> None:
    found = _axes_of_pictures((ROOT / source).read_text(encoding="utf-8"))
    assert not found or source.startswith(KNOW_PICTURES)


def test_axes_of_pictures_are_seen() -> None:
    assert _axes_of_pictures("def f(height, width, channels): ...") == {"channels"}
    assert _axes_of_pictures("work.samples(rows, pair.image.picture_shape)") == {"picture_shape"}
    assert not _axes_of_pictures("work.samples(rows, pair.sample_shape)")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("explorer/core/encoding.py", "def f():\n    from explorer.core.picture_files import fit_picture"),
        ("explorer/core/workspace.py", "from explorer.core.pixels import Pixels"),
        ("explorer/core/view.py", "from PySide6.QtCore import Qt"),
        ("explorer/core/view.py", "def f():\n    from explorer import ui"),
        ("explorer/core/view.py", "from .. import ui"),
        ("explorer/core/view.py", "import models.config"),
        ("explorer/core/encoding.py", "import onnxruntime as ort"),
        ("explorer/core/projecting/umap_parts.py", "import umap"),
        ("explorer/core/projection.py", "if True:\n    from sklearn.decomposition import PCA"),
        ("explorer/core/raster.py", "from explorer.core import raster_kernels"),
        ("explorer/ui/app.py", "def f():\n    import torch"),
        ("explorer/commands/window.py", "import explorer.ui.app"),
        ("explorer/bootstrap.py", "def f():\n    import PySide6"),
        ("models/train.py", "def f():\n    from explorer.core.errors import ExplorerError"),
    ],
)
def test_a_breach_is_seen(source: str, code: str) -> None:
    package = ".".join(Path(source).parent.parts)
    assert _breaches(source, list(_imports(ast.parse(code), package)))


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (
            "explorer/core/projecting/umap_parts.py",
            "def f():\n    import umap\n    from sklearn.decomposition import PCA",
        ),
        ("explorer/core/raster.py", "def f():\n    from explorer.core import raster_kernels"),
        ("explorer/commands/window.py", "def f():\n    from explorer.ui.app import run"),
        ("explorer/ui/app.py", "from explorer.core.view import View\nfrom PySide6.QtCore import Qt"),
        ("models/train.py", "import torch\nfrom .config import Config"),
        ("models/evaluate.py", "from explorer.core.metrics import are_valid"),
        ("explorer/core/view.py", "import models_of_cars, torchlike"),
    ],
)
def test_what_is_allowed_passes(source: str, code: str) -> None:
    package = ".".join(Path(source).parent.parts)
    assert _breaches(source, list(_imports(ast.parse(code), package))) == []


def test_importing_the_app_stays_light() -> None:
    """The same in truth: every module is imported, and none of the slow libraries comes along."""
    held_back = {
        "explorer/core/grid_kernels.py",
        "explorer/core/projecting/cell_kernels.py",
        "explorer/core/projecting/epoch_kernel.py",
        "explorer/core/raster_kernels.py",
        "explorer/core/regression_kernels.py",
        "explorer/__main__.py",
    }
    modules = [
        source.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for source in SOURCES
        if source.startswith("explorer/") and source not in held_back
    ]
    code = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({'onnx', 'umap', 'sklearn', 'pynndescent', 'torch', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
