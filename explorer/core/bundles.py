"""The demos that come with the program."""

from __future__ import annotations

from pathlib import Path

from explorer.core.errors import ExplorerError

FIRST = "faces-vae"


def assets() -> Path:
    """The folder of the bundled demos: inside an installed package, or beside it in a checkout.

    Raises ``ExplorerError`` where neither is there.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "assets", package.parent / "assets"):
        if folder.is_dir():
            return folder
    raise ExplorerError(f"{package} came without its assets folder; install the program again.")


def is_bundled(folder: Path) -> bool:
    """Whether ``folder`` belongs to the program, so that nothing of the user's may be written there."""
    return folder.resolve().is_relative_to(assets().resolve())


def bundle_folder(name: str) -> Path:
    """The workspace folder of the bundle ``name``."""
    return assets() / name
