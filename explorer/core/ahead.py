"""Opening what the window will show first, while the window itself is still being loaded."""

from __future__ import annotations

import threading
from pathlib import Path

import platformdirs

from explorer.core.bundles import FIRST, bundle_folder
from explorer.core.opening import SESSION_SUFFIX, Opened, Plan, open_now
from explorer.core.progress import Progress, Report

NAME = "latent-explorer"
DEVICE = "auto"


class Ahead:
    """What ``plan`` names, being opened on a thread of its own; for whoever wants it first.

    Attributes:
        plan, device: what is opened, and on which device.
    """

    def __init__(self, plan: Plan, device: str = DEVICE) -> None:
        self.plan, self.device = plan, device
        self._progress = Progress(self._tell)
        self._listener: Progress | None = None
        self._opened: Opened | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="Opening ahead", daemon=True)
        self._thread.start()

    def result(self, progress: Progress) -> Opened:
        """Wait for it; ``progress`` hears the rest and can cancel it. Raises what ``open_now`` raises."""
        self._listener = progress
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._opened is not None
        return self._opened

    def _tell(self, report: Report) -> None:
        if self._listener is not None:
            self._listener(report.done, report.total, report.text, report.unit)

    def _run(self) -> None:
        try:
            self._opened = open_now(self.plan, None, self._progress, self.device)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error


def data_folder() -> Path:
    """Where the program keeps what it makes for the user."""
    return Path(platformdirs.user_data_dir(NAME))


def last_session() -> Path:
    """The session of last time, where there was one."""
    return data_folder() / f"last{SESSION_SUFFIX}"


def first_plan() -> Plan:
    """What a start without paths opens: the session of last time, else the first of the demos."""
    last = last_session()
    return Plan(session=last) if last.exists() else Plan(workspace=bundle_folder(FIRST))
