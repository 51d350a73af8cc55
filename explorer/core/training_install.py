"""Getting what training needs into the program's own environment, by pip in a process of its own."""

from __future__ import annotations

import importlib
import os
import queue
import re
import subprocess
import sys
import threading
from importlib import metadata
from pathlib import Path

from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.core.training import NEEDED, REQUIREMENT, lacking

_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_USER")  # settings that lead out of the environment
_LOOK_SECONDS = 0.1


def requirements() -> list[str]:
    """What the extra ``train`` asks for, as pip takes it."""
    try:
        lines = metadata.requires("latent-explorer") or []
        wanted = [line.split(";")[0].strip() for line in lines if re.search(r"extra\s*==\s*.train\b", line)]
    except metadata.PackageNotFoundError:
        wanted = []
    if not wanted:
        import tomllib

        project = Path(__file__).resolve().parents[2] / "pyproject.toml"
        if project.is_file():
            extras = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
            wanted = list(extras["train"])
    return wanted or list(NEEDED)


def install(progress: Progress) -> None:
    """Install what is lacking. Raises ``ExplorerError`` where that fails."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    clean = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    said: list[str] = []
    with subprocess.Popen(
        [*command, "--progress-bar=off", *requirements()],
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as pip:
        lines: queue.Queue[str | None] = queue.Queue()
        reader = threading.Thread(target=_read, args=(pip, lines), daemon=True)
        reader.start()
        text = "Looking for PyTorch"
        try:
            while True:
                progress(0, 0, text)
                try:
                    line = lines.get(timeout=_LOOK_SECONDS)
                except queue.Empty:
                    continue
                if line is None:
                    break
                said.append(line)
                text = _step(line) or text
        finally:
            if pip.poll() is None and progress.cancelled:
                pip.terminate()
            reader.join()
    importlib.invalidate_caches()
    if pip.returncode:
        raise ExplorerError(_sentence(said))
    if lacking():
        raise ExplorerError(
            f"PyTorch is installed, but {lacking()[0]} is not found yet; start the program again."
        )


def _read(pip: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert pip.stdout
    for line in pip.stdout:
        lines.put(line.strip())
    lines.put(None)


def _step(line: str) -> str:
    """What pip is doing, in a few words; empty for what nobody needs to know."""
    found = re.match(r"Downloading (?:\S*/)?([A-Za-z0-9_.]+)-\S+ \(([^)]+)\)", line)
    if found:
        return f"Downloading {found[1]} ({found[2]})"
    if line.startswith("Installing collected packages"):
        return "Installing"
    return ""


def _sentence(said: list[str]) -> str:
    errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")]
    text = " ".join(said)
    if "No module named pip" in text:
        reason = "pip is not in this environment"
    elif "externally-managed-environment" in text:
        reason = "this Python belongs to the system"
    elif "No space left" in text:
        reason = "the disk is full"
    elif errors and "No matching distribution" in errors[-1]:
        reason = "it is not to be had for this system, or the network is not to be reached"
    else:
        reason = (errors or said or ["pip ended without a word"])[-1][:200].rstrip(".")
    return (
        f"PyTorch could not be installed: {reason}; `pip install '{REQUIREMENT}'` in an environment of your "
        "own would work."
    )
