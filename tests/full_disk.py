"""A disk that really refuses: no file may grow beyond a limit while the context lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def full_disk(limit: int = 4096) -> Iterator[None]:
    """Let every write beyond ``limit`` bytes of a file fail with an ``OSError``."""
    resource = pytest.importorskip("resource", reason="only POSIX can limit the size of files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
