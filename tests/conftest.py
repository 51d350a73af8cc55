"""What every test shares: no display, and no way to the user's own files."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import numpy as np
import platformdirs
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Several processes of tests share the cores: threads that spin while they wait would take them away.
_beside = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // _beside)))

# No test is about how fast the machine is.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

# What tests fetch or build once and keep; asked for while the folders are still the user's.
os.environ.setdefault("LATENT_EXPLORER_TEST_CACHE", platformdirs.user_cache_dir("latent-explorer-tests"))

# Set before anything asks for a folder; the app's data, settings and caches all hang on these names.
_HOME = Path(tempfile.mkdtemp(prefix="latent-explorer-tests-"))
for _variable, _folder in {
    "HOME": "",
    "USERPROFILE": "",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "WIN_PD_OVERRIDE_APPDATA": "roaming",
    "WIN_PD_OVERRIDE_LOCAL_APPDATA": "local",
}.items():
    os.environ[_variable] = str(_HOME / _folder)


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled code with pytest's cache: one process compiles for all, in this run and the next."""
    assert config.cache is not None
    os.environ.setdefault("NUMBA_CACHE_DIR", str(config.cache.mkdir("compiled-code")))


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on garbage is collected between tests and by this thread alone, as the window does it."""
    gc.disable()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Collect what the last tests left, widgets among it; what lives longer, at the end of a file."""
    if gc.get_count()[0] > 20_000:
        gc.collect(1 if nextitem is not None and nextitem.path == item.path else 2)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the session's home."""
    shutil.rmtree(_HOME, ignore_errors=True)


ASSETS = Path(__file__).resolve().parent.parent / "assets"


@pytest.fixture(scope="session")
def fashion_bundle() -> Path:
    """The bundled Fashion-MNIST pair with its data."""
    return ASSETS / "fashion-vae"


@pytest.fixture(scope="session")
def faces_bundle() -> Path:
    """The bundled faces pair with its data."""
    return ASSETS / "faces-vae"


@pytest.fixture(scope="session")
def fashion_pictures(fashion_bundle: Path) -> np.ndarray:
    """400 of the bundled test pictures, ``uint8 (400, 28, 28, 1)``."""
    with np.load(fashion_bundle / "fashion.npz", allow_pickle=False) as data:
        return data["images"][:400].reshape(400, 28, 28, 1)
