"""Where the sidecars lie."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".latent-explorer.json"


def beside(path: Path) -> Path:
    """The sidecar's place beside the decoder, or beside the only file."""
    return path.with_name(path.stem + SUFFIX)


def own_folder() -> Path:
    """Where the sidecars of models lie whose own folder cannot be written: among the user's settings."""
    import platformdirs

    return Path(platformdirs.user_config_dir("latent-explorer")) / "sidecars"


def own(fingerprint: str) -> Path:
    """The sidecar's place among the user's settings."""
    return own_folder() / f"{fingerprint}.json"
