"""``python -m tests``: installs what the tests need, where it is missing, and runs them, a process a core.

Arguments go to pytest, as in ``python -m tests -k raster``; ``-n 0`` asks for one process.
"""

from __future__ import annotations

import os
import sys

from explorer import bootstrap

# More processes than that gain nothing: the longest tests are then the time it takes.
PROCESSES = ["-n", "logical", "--maxprocesses", "4", "--dist", "worksteal"]


def main() -> int:
    """Run pytest on this clone; its exit status."""
    bootstrap.ensure_packages("test", module="tests")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    bootstrap.ensure_qt()
    os.chdir(bootstrap.ROOT)
    import pytest

    return pytest.main([*PROCESSES, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
