"""Opening while the window is still being loaded."""

from __future__ import annotations

import pytest

from explorer.core.ahead import Ahead
from explorer.core.bundles import bundle_folder
from explorer.core.errors import ExplorerError
from explorer.core.opening import Plan
from explorer.core.progress import Progress


def test_what_was_begun_ahead_is_what_opening_gives():
    opened = Ahead(Plan(workspace=bundle_folder("fashion-vae"))).result(Progress())
    assert opened.pair.can_decode
    assert opened.work is not None
    assert opened.map is not None
    assert len(opened.work) == 10_000


def test_its_refusal_comes_where_it_is_waited_for(tmp_path):
    begun = Ahead(Plan(session=tmp_path / "last.latents"))
    with pytest.raises(ExplorerError, match=r"last\.latents"):
        begun.result(Progress())
