"""What was found out about models before, kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from explorer import __version__
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.guard.files import around, model_files, stamp
from explorer.core.plan import PairPlan

_CORE = Path(__file__).resolve().parents[1]


def recall(paths: Sequence[Path], overrides: Mapping[str, str]) -> PairPlan | None:
    """The plan that was found for ``paths`` before; None where there is none, or anything has changed since.

    What lies beside the model is compared by size and time, the model itself by its content too.
    """
    from explorer.core.detection.files import fingerprint

    try:
        kept = json.loads(_place(paths, overrides).read_text(encoding="utf-8"))
        plan = PairPlan.from_json(kept["plan"])
        same = kept["around"] == surroundings(paths, plan) and plan.fingerprint == fingerprint(plan.files)
    except Exception:  # noqa: BLE001  whatever is odd about it, the model is inspected again
        return None
    return plan if same else None


def remember(paths: Sequence[Path], overrides: Mapping[str, str], plan: PairPlan) -> None:
    """Keep ``plan`` for the next time; where that cannot be, the model is inspected again then."""
    with suppress(ExplorerError, OSError):
        kept = {"around": surroundings(paths, plan), "plan": plan.to_json()}
        with atomic_path(_place(paths, overrides)) as beside:
            beside.write_text(json.dumps(kept), encoding="utf-8")


def files_of(fingerprint: str) -> list[Path]:
    """The files of a model that was inspected before and has this fingerprint, if they are still there."""
    for place in sorted(_folder().glob("*.json")):
        with suppress(Exception):  # whatever is odd about it, it is of no use
            plan = PairPlan.from_json(json.loads(place.read_text(encoding="utf-8"))["plan"])
            if plan.fingerprint == fingerprint and all(file.exists() for file in plan.files):
                return list(plan.files)
    return []


def surroundings(paths: Sequence[Path], plan: PairPlan | None = None) -> str:
    """A hash of all that an inspection of ``paths`` looks at, and of what ``plan`` would have run.

    Raises ``ExplorerError`` and ``OSError`` where that cannot be read.
    """
    from explorer.core.detection import places

    own = [places.own(plan.fingerprint)] if plan is not None else []
    return stamp([*around(_models(paths, plan)), *own])


def _place(paths: Sequence[Path], overrides: Mapping[str, str]) -> Path:
    asked = [[str(path.absolute()) for path in paths], sorted(overrides.items()), _version()]
    name = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    return _folder() / f"{name}.json"


def _folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("latent-explorer")) / "plans"


def _version() -> str:
    """What the findings depend on besides the model: in a checkout the code changes without its version."""
    code = [*_CORE.joinpath("detection").glob("*.py"), _CORE / "plan.py", _CORE / "pixels.py"]
    return f"{__version__} {stamp(sorted(code))}"


def _models(paths: Sequence[Path], plan: PairPlan | None) -> list[Path]:
    networks = [plan.encoder, plan.decoder] if plan is not None else []
    run = [network.path for network in networks if network is not None]
    return list(dict.fromkeys([*model_files(paths), *run]))
