"""Every broken model ends in one sentence or proves to be valid: soon, and in bounded memory."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from explorer.core.errors import ExplorerError
from explorer.core.guard import inspected
from explorer.core.guard.child import CHILD
from explorer.core.guard.limits import crowd
from tests.broken_models import Broken, flipped, made, small_pair, truncated

ROOT = Path(__file__).resolve().parents[2]
SECONDS, MEMORY = 5.0, 2 << 30
SLOW = {"functions that double", "conditions in conditions", "a loop without an end", "twenty thousand nodes"}

# Stands for the window: it opens in its own process what the child has accepted, and decodes once.
WINDOW = """
import sys
from pathlib import Path
import numpy as np
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair

for line in sys.stdin:
    try:
        pair = ModelPair.open([Path(name) for name in line.rstrip("\\n").split("\\t")])
        if pair.can_decode:
            pair.decode(np.zeros((1, pair.latent_size), np.float32))
        print("drawn", flush=True)
    except ExplorerError as error:
        print(str(error).replace("\\n", " "), flush=True)
"""


class _Peak:
    """The largest resident size of the guard's child, whichever process it is, while the context lasts.

    0 where the system does not tell.
    """

    def __enter__(self) -> _Peak:
        self.bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            try:
                status = Path(f"/proc/{CHILD.id}/status").read_text()
                self.bytes = max(self.bytes, int(status.split("VmHWM:")[1].split()[0]) << 10)
            except (OSError, IndexError):
                pass


def _failures(
    corpus: Iterable[Broken], caplog: pytest.LogCaptureFixture
) -> tuple[list[str], list[tuple[Path, ...]]]:
    """What is wrong with the way each member of the corpus ends, and the ones that open."""
    CHILD.start()
    wrong: list[str] = []
    accepted: list[tuple[Path, ...]] = []
    with _Peak() as peak, caplog.at_level(logging.WARNING):
        for broken in corpus:
            caplog.clear()
            sentence, start = "", time.monotonic()
            try:
                inspected(broken.paths)
                accepted.append(broken.paths)
            except ExplorerError as error:
                sentence = str(error)
            seconds = time.monotonic() - start
            if seconds > SECONDS * crowd():
                wrong.append(f"{broken.what}: took {seconds:.1f} s")
            if sentence and (not any(str(path) in sentence for path in broken.paths) or "\n" in sentence):
                wrong.append(f"{broken.what}: {sentence}")
            wrong += [f"{broken.what}: {record.getMessage()}" for record in caplog.records]
    if peak.bytes > MEMORY:
        wrong.append(f"a child took {peak.bytes >> 20} MiB")
    return wrong, accepted


def _opened(accepted: list[tuple[Path, ...]]) -> list[str]:
    """What becomes of all that the guard let pass in the window's own process, which must live through it."""
    asked = "".join("\t".join(map(str, paths)) + "\n" for paths in accepted)
    done = subprocess.run(
        [sys.executable, "-c", WINDOW],
        input=asked, capture_output=True, text=True, cwd=ROOT, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    ends = done.stdout.splitlines()
    assert len(ends) == len(accepted)
    return ends


def test_decoders_cut_off_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    corpus = list(truncated(small_pair(tmp_path / "pair"), tmp_path))
    assert len(corpus) == 20
    assert _failures(corpus, caplog) == ([], [])


def test_models_that_are_wrong_on_purpose(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    corpus = made(small_pair(tmp_path / "pair"), tmp_path)
    wrong, accepted = _failures((broken for broken in corpus if broken.what not in SLOW), caplog)
    assert wrong == []
    assert "drawn" in _opened(accepted)


@pytest.mark.slow
def test_models_that_take_long_on_purpose(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pair = small_pair(tmp_path / "pair")
    corpus = [broken for what in sorted(SLOW) for broken in made(pair, tmp_path, only=what)]
    assert len(corpus) == len(SLOW)
    wrong, accepted = _failures(corpus, caplog)
    assert wrong == []
    _opened(accepted)


def test_models_with_flipped_bits(
    tmp_path: Path, fashion_bundle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    convolutional = fashion_bundle / "encoder.onnx", fashion_bundle / "decoder.onnx"
    small = small_pair(tmp_path / "pair")
    corpus = [*flipped(small, tmp_path / "small", 40, 1), *flipped(convolutional, tmp_path / "large", 20, 2)]
    wrong, accepted = _failures(corpus, caplog)
    assert wrong == []
    assert "drawn" in _opened(accepted)


@pytest.mark.slow
def test_500_models_with_flipped_bits(
    tmp_path: Path, fashion_bundle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    convolutional = fashion_bundle / "encoder.onnx", fashion_bundle / "decoder.onnx"
    small = small_pair(tmp_path / "pair")
    corpus = [
        *flipped(small, tmp_path / "small", 300, 3),
        *flipped(convolutional, tmp_path / "large", 200, 4),
    ]
    wrong, accepted = _failures(corpus, caplog)
    assert wrong == []
    assert "drawn" in _opened(accepted)


@pytest.mark.slow
def test_a_convolutional_decoder_cut_off_anywhere(
    tmp_path: Path, fashion_bundle: Path, caplog: pytest.LogCaptureFixture
) -> None:
    convolutional = fashion_bundle / "encoder.onnx", fashion_bundle / "decoder.onnx"
    assert _failures(truncated(convolutional, tmp_path), caplog) == ([], [])
