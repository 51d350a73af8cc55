"""Training a model: the process that does it, the folder it works in, and what comes of it.

A folder of a trained model holds ``training/`` (the packed pictures, the checkpoint, ``run.json``) and, once
exported, what opens: the ONNX files, curves, sheet and card. The process is started here and spoken to in
JSON lines; nothing of it is imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.progress import Progress

if TYPE_CHECKING:
    from explorer.core.dataset import Dataset
    from explorer.core.training_data import Packed, Proposal
    from explorer.core.workspace import Workspace

PACKED, RUN, NOTE, CHECKPOINT = "pictures.npy", "training", "run.json", "checkpoint.pt"
LAST = ("done", "stopped", "failed")
"""The events of which one is a training's last."""

NEEDED = ("torch", "onnxscript")
REQUIREMENT = "latent-explorer[train]"

USUAL_RATES = {"vae": 1.5e-3, "ae": 1.5e-3, "gan": 5e-4}
"""The trainer's own learning rates."""

SMALLEST, LARGEST = 12, 256
"""Sides of pictures that can be trained on, in pixels."""

_NICENESS = 10
Event = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """What a folder remembers of its training.

    Attributes:
        folder: that of the model.
        data: the pictures it was trained on.
        kind: ``vae``, ``ae`` or ``gan``.
        epochs: how many are planned in all.
        epoch: how many are done.
    """

    folder: Path
    data: Path
    kind: str
    epochs: int
    epoch: int = 0

    @property
    def can_go_on(self) -> bool:
        """Whether there is a checkpoint, and the pictures that it was made of."""
        run = self.folder / RUN
        return (run / CHECKPOINT).is_file() and (run / PACKED).is_file()

    @property
    def is_exported(self) -> bool:
        """Whether there is a model to open that is as new as the checkpoint, but for what an export takes."""
        decoder = self.folder / "decoder.onnx"
        with suppress(OSError):
            return decoder.stat().st_mtime >= (self.folder / RUN / CHECKPOINT).stat().st_mtime
        return decoder.exists()

    def write(self) -> None:
        """Keep it in the folder. Raises ``ExplorerError`` where that cannot be written."""
        facts = asdict(self) | {"data": os.fspath(self.data.absolute())}
        del facts["folder"]
        with atomic_path(self.folder / RUN / NOTE) as beside:
            beside.write_text(json.dumps(facts), encoding="utf-8")


def kept_in(folder: Path) -> Kept | None:
    """What ``folder`` remembers of its training; None where there is nothing, or nothing legible."""
    try:
        facts = json.loads((folder / RUN / NOTE).read_text(encoding="utf-8"))
        return Kept(
            folder, Path(facts["data"]), str(facts["kind"]), int(facts["epochs"]), int(facts["epoch"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def lacking() -> list[str]:
    """Those of the packages that training needs which are not installed."""
    return [name for name in NEEDED if find_spec(name) is None]


def check_torch() -> None:
    """Raise ``ExplorerError`` where what trains is not installed."""
    if lacking():
        raise ExplorerError(
            f"Training needs PyTorch, which is not installed; `pip install '{REQUIREMENT}'` would get it."
        )


def trainer() -> tuple[list[str], dict[str, str]]:
    """The command that trains, and its environment: the module of the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    module = "explorer.models.train" if (package / "models").is_dir() else "models.train"
    paths = os.pathsep.join(filter(None, [str(package.parent), os.environ.get("PYTHONPATH", "")]))
    return [sys.executable, "-P", "-m", module], {**os.environ, "PYTHONPATH": paths}


def check_place(folder: Path, data: Path) -> None:
    """Raise ``ExplorerError`` where a new model cannot be trained into ``folder``."""
    if (folder / RUN / CHECKPOINT).exists():
        raise ExplorerError(
            f"{folder / RUN} keeps an earlier training; go on with it (--resume), or choose another folder."
        )
    if data.is_dir() and folder.resolve().is_relative_to(data.resolve()):
        raise ExplorerError(f"{folder} lies among the pictures; choose a folder outside of {data}.")
    if folder.exists() and (not folder.is_dir() or any(one.name != RUN for one in folder.iterdir())):
        raise ExplorerError(f"{folder} holds something else already; choose a new folder.")


def adjusted(proposal: Proposal, **wanted: int) -> Proposal:
    """``proposal`` with some settings otherwise; a GAN's encoder keeps its share of the epochs.

    Raises ``ExplorerError`` for what cannot be trained.
    """
    if min(wanted.values(), default=1) < 1:
        raise ExplorerError("Latent size, epochs and features must be at least 1.")
    sides = wanted.get("height", proposal.height), wanted.get("width", proposal.width)
    if not all(SMALLEST <= side <= LARGEST and side % 2 == 0 for side in sides):
        raise ExplorerError(
            f"Pictures of {sides[1]} × {sides[0]} cannot be trained on; "
            f"even sides from {SMALLEST} to {LARGEST} would work."
        )
    if proposal.encoder_epochs and "epochs" in wanted:
        epochs = wanted["epochs"]
        wanted["encoder_epochs"] = min(max(1, epochs // 6), epochs - 1)
    return replace(proposal, **wanted)  # type: ignore[arg-type]  # its numbers alone


def prepare(dataset: Dataset, proposal: Proposal, folder: Path, progress: Progress) -> Packed:
    """Pack the pictures for a training in ``folder``.

    Raises ``ExplorerError`` where that is not possible; an earlier training is left as it was.
    """
    from explorer.core.training_data import pack

    check_place(folder, dataset.path)
    shape, note = (proposal.height, proposal.width, proposal.channels), folder / RUN / NOTE
    try:
        Kept(folder, dataset.path, proposal.kind, proposal.epochs).write()
        return pack(dataset, shape, folder / RUN / PACKED, progress)
    except BaseException:
        with suppress(OSError):  # nothing is left of what was only begun
            note.unlink()
            note.parent.rmdir()
            folder.rmdir()
        raise


def arguments(
    folder: Path, name: str, proposal: Proposal | None = None, seed: int = 42, slower: float = 1.0
) -> list[str]:
    """The trainer's command line for the data set ``name`` that is packed in ``folder``.

    ``slower`` is the learning rate beside the usual one. Without a ``proposal`` it goes on with the
    checkpoint. Raises ``ExplorerError`` where there is none.
    """
    run = folder / RUN
    given = [f"--data={run / PACKED}", f"--data-name={name}", f"--out={run}", f"--bundle={folder}"]
    if proposal is not None:
        given += [*proposal.arguments(), f"--seed={seed}", "--precision=auto"]
        return given if slower == 1 else [*given, f"--learning-rate={slower * USUAL_RATES[proposal.kind]:g}"]
    if not (run / CHECKPOINT).exists():
        raise ExplorerError(f"{run} holds no checkpoint to go on from; begin a new training.")
    return [*given, "--resume"]


class Training:
    """A training in a process of its own, of low priority; one alone works in a ``folder``.

    It ends by itself, and keeps what is done, when the program that started it has gone. Raises
    ``ExplorerError`` where another one is at work there.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self._folder = folder
        command, environment = trainer()
        windows = sys.platform == "win32"
        with _only_one(folder / RUN) as lock:
            self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
            self.process = subprocess.Popen(
                [*command, *arguments, "--events"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl+C is for us; the trainer gets a word
                creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0) if windows else 0,
                pass_fds=lock,
            )
        if not windows:
            with suppress(OSError):
                own = os.getpriority(os.PRIO_PROCESS, 0)
                os.setpriority(os.PRIO_PROCESS, self.process.pid, max(own, _NICENESS))

    def pause(self) -> None:
        """Hold it after the present step; what is done is written."""
        self._say("pause")

    def go_on(self) -> None:
        """Let it go on."""
        self._say("go on")

    def stop(self) -> None:
        """End it after the present step; what is done is kept and exported."""
        self._say("stop")

    def leave(self) -> None:
        """Let it keep what is done and end, without an export."""
        with suppress(OSError):
            assert self.process.stdin
            self.process.stdin.close()

    def kill(self) -> None:
        """End it at once; its last checkpoint stays."""
        self.process.kill()

    def events(self) -> Iterator[Event]:
        """Each event as it comes; the last is ``done``, ``stopped`` or ``failed``, whatever happens."""
        last: Event = {}
        assert self.process.stdout
        with self.process, self._words:
            for line in self.process.stdout:
                with suppress(ValueError):  # a library's own words
                    event = json.loads(line)
                    if isinstance(event, dict) and isinstance(event.get("event"), str):
                        last = event
                        self._note(event)
                        yield event
            self.leave()
            self.process.wait()
            if last.get("event") not in LAST:
                yield {"event": "failed", "sentence": self._early(), "checkpoint": self._checkpoint()}

    def _say(self, word: str) -> None:
        with suppress(OSError, ValueError):  # it has ended, which its last event says
            assert self.process.stdin
            self.process.stdin.write(f"{word}\n")
            self.process.stdin.flush()

    def _note(self, event: Event) -> None:
        kept = kept_in(self._folder)
        if kept is None or event["event"] not in ("started", "epoch"):
            return
        with suppress(ExplorerError):  # a full disk, of which the trainer will tell
            replace(kept, epoch=event["epoch"], epochs=event.get("epochs", kept.epochs)).write()

    def _checkpoint(self) -> str | None:
        path = self._folder / RUN / CHECKPOINT
        return str(path) if path.exists() else None

    def _early(self) -> str:
        self._words.seek(0)
        words = self._words.read().decode("utf-8", "replace").split("\n")
        said = next((line.strip() for line in reversed(words) if line.strip()), "")
        if not said:
            code = self.process.returncode
            said = f"signal {-code}, as when memory runs out" if code < 0 else f"exit status {code}"
        kept = " Its last checkpoint is kept; the training can go on from there."
        return f"The trainer ended early ({said})." + (kept if self._checkpoint() else "")


@contextmanager
def _only_one(run: Path) -> Iterator[tuple[int, ...]]:
    """A lock on the folder of a run, for the process that inherits it: it lasts as long as that one.

    Raises ``ExplorerError`` where another one has it. Empty where the system has no such locks.
    """
    try:
        import fcntl
    except ImportError:
        yield ()
        return
    with (run / ".lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ExplorerError(
                f"{run.parent} is being trained already; wait until that has ended."
            ) from error
        yield (file.fileno(),)


def encode_trained(folder: Path, dataset: Dataset, progress: Progress) -> Workspace:
    """The pictures' latents under the model just trained in ``folder``, kept there; of a generator, samples.

    Raises ``ExplorerError`` where the model does not open.
    """
    from explorer.core.dataset_sampled import sample
    from explorer.core.encoding import encode
    from explorer.core.model_pair import ModelPair

    pair = ModelPair.open(folder)
    return encode(pair, dataset, folder, progress) if pair.can_encode else sample(pair, folder, progress)
