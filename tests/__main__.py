"""``python -m tests``: installs what the tests need, where it is missing, and runs them.

Arguments go to pytest, as in ``python -m tests -k raster``.
"""

from __future__ import annotations

import os
import sys

from explorer import bootstrap


def main() -> int:
    """Run pytest on this clone; its exit status."""
    bootstrap.ensure_packages("test", module="tests")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    bootstrap.ensure_qt()
    os.chdir(bootstrap.ROOT)
    import pytest

    return pytest.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
