"""Where a model lies that is known by its hash: among the demos, the workspaces, what was open before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from explorer.core.bundles import assets
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.opening import Plan, classify, pair_of
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace, workspaces_folder
from explorer.core.workspace_file import read_description


def known_model(fingerprint: str) -> Plan | None:
    """How to open the model of this ``fingerprint``, with its data where they are known; None for a stranger.

    Files are only seen to be there; whether they are still the same shows when they are opened.
    """
    from explorer.core.guard.remembered import files_of

    for folder in _workspaces():
        try:
            model = read_description(folder)["model"]
            files = [folder / model[half] for half in ("encoder", "decoder") if model.get(half)]
            if model["fingerprint"] == fingerprint and files and all(file.exists() for file in files):
                return Plan(workspace=folder)
        except (ExplorerError, KeyError, TypeError, AttributeError):  # damaged, or none
            continue
    files = files_of(fingerprint)
    return Plan(model=tuple(files)) if files else None


def open_model(paths: Sequence[Path], device: str = "auto", progress: Progress | None = None) -> ModelPair:
    """The model of files, a folder or a workspace.

    Raises ``ExplorerError`` for what is no model, and ``Cancelled``.
    """
    plan = classify(paths)
    if plan.workspace is not None and not plan.model:
        return pair_of(Workspace.open(plan.workspace), device, progress)
    return ModelPair.open(plan.model or paths, device, progress=progress)


def _workspaces() -> Iterator[Path]:
    for root in (assets(), workspaces_folder()):
        if root.is_dir():
            yield from sorted(root.iterdir())
