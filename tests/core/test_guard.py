"""The child process in which unknown models are tried, and what is remembered of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import platformdirs
import pytest

from explorer.core import bundles
from explorer.core.detection import sidecar
from explorer.core.detection.inspection import inspect
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.guard import inspected, limits, prepare
from explorer.core.guard.child import CHILD
from explorer.core.plan import SelfTest
from explorer.core.progress import Progress
from tests import broken_models

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A pair that nobody has seen before."""
    return broken_models.small_pair(tmp_path / "model")


@pytest.fixture
def endless(tmp_path: Path) -> tuple[Path, ...]:
    """A pair whose decoder never comes to an end."""
    return _made(tmp_path, "a loop without an end")


@pytest.fixture
def no_child() -> Iterator[None]:
    """Nothing is started ahead, so that whether a child was needed can be seen."""
    CHILD.close()
    yield
    CHILD.close()


def _made(folder: Path, what: str) -> tuple[Path, ...]:
    small = broken_models.small_pair(folder / "small")
    (broken,) = broken_models.made(small, folder / "made", only=what)
    return broken.paths


def _wait_for(what: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def _kept() -> list[Path]:
    return sorted((Path(platformdirs.user_cache_dir("latent-explorer")) / "plans").glob("*.json"))


def test_the_child_finds_what_would_be_found_here(pair: tuple[Path, Path]) -> None:
    assert inspected(pair) == inspect(pair)
    assert inspected(pair[0].parent) == inspect(pair[0].parent)
    assert inspected(pair[1], {"prior": "data"}) == inspect(pair[1], {"prior": "data"})


def test_what_is_known_needs_no_child(pair: tuple[Path, Path], no_child: None) -> None:
    first = inspected(pair)
    assert CHILD.id is not None
    CHILD.close()
    assert inspected(pair) == first
    assert CHILD.id is None


def test_what_came_with_the_program_needs_no_child(fashion_bundle: Path, no_child: None) -> None:
    assert inspected(fashion_bundle).kind == "VAE"
    assert CHILD.id is None


@pytest.mark.parametrize("name", ["faces-vae", "fashion-ae", "fashion-gan", "fashion-vae"])
def test_what_is_shipped_with_a_bundle_is_what_an_inspection_finds(name: str, no_child: None) -> None:
    folder = bundles.bundle_folder(name)
    known, found = inspected(folder), inspect(folder)
    for part in ("error", "baseline"):  # the runtime's rounding differs from processor to processor
        assert getattr(known.self_test, part) == pytest.approx(getattr(found.self_test, part), rel=0.05)
    ours, theirs = (replace(plan, self_test=SelfTest(), facts=()) for plan in (known, found))
    assert ours == theirs
    assert [(fact.name, fact.source) for fact in known.facts] == [
        (fact.name, fact.source) for fact in found.facts
    ]


def test_a_sidecar_of_the_users_own_counts_for_a_bundle(fashion_bundle: Path, no_child: None) -> None:
    plan = inspected(fashion_bundle)
    assert plan.decoder is not None
    kept = sidecar.write(plan.decoder.path, plan.fingerprint, {"name": "mine"})
    assert inspected(fashion_bundle).name == "mine"
    kept.unlink()
    assert inspected(fashion_bundle) == plan


def test_other_overrides_are_another_question(pair: tuple[Path, Path]) -> None:
    assert inspected(pair).prior != "uniform"
    assert inspected(pair, {"prior": "uniform"}).prior == "uniform"
    assert inspected(pair).prior != "uniform"


def test_a_sidecar_that_comes_changes_or_goes_is_noticed(pair: tuple[Path, Path]) -> None:
    first = inspected(pair)
    sidecar.write(pair[1], first.fingerprint, {"prior": "uniform"})
    assert inspected(pair).prior == "uniform"
    sidecar.write(pair[1], first.fingerprint, {"prior": "data"})
    assert inspected(pair).prior == "data"
    sidecar.write(pair[1], first.fingerprint, {})
    assert inspected(pair) == first


def test_other_weights_of_the_same_size_and_date_are_noticed(pair: tuple[Path, Path], tmp_path: Path) -> None:
    first = inspected(pair)
    status = pair[1].stat()
    model = onnx.load(pair[1])
    weights = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    weights.raw_data = (np.frombuffer(weights.raw_data, np.float32) * 0.999).astype(np.float32).tobytes()
    pair[1].write_bytes(model.SerializeToString())
    os.utime(pair[1], ns=(status.st_atime_ns, status.st_mtime_ns))
    assert pair[1].stat().st_size == status.st_size
    assert inspected(pair).fingerprint != first.fingerprint


def test_odd_things_in_the_cache_are_passed_over(pair: tuple[Path, Path]) -> None:
    before = set(_kept())
    first = inspected(pair)
    (kept,) = set(_kept()) - before
    good = kept.read_text(encoding="utf-8")
    wrong = json.loads(good)
    wrong["plan"] = wrong["plan"].replace('"prior": ', '"prayer": ')
    for odd in ("", "[]", "{}", "{" * 100_000, good[: len(good) // 2], json.dumps(wrong), "\x00"):
        kept.write_text(odd, encoding="utf-8")
        assert inspected(pair) == first
        assert kept.read_text(encoding="utf-8") == good


def test_a_cache_that_cannot_be_written_costs_only_time(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "no folder"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setenv("WIN_PD_OVERRIDE_LOCAL_APPDATA", str(blocked))
    assert inspected(pair) == inspected(pair)


def test_a_plan_for_files_that_are_gone_is_not_given_out(pair: tuple[Path, Path]) -> None:
    inspected(pair)
    pair[0].unlink()
    with pytest.raises(ExplorerError, match="does not exist"):
        inspected(pair)


def test_a_model_without_an_end_ends_in_a_sentence_within_5_seconds(
    endless: tuple[Path, ...], pair: tuple[Path, Path]
) -> None:
    prepare()
    inspected(pair)
    start = time.monotonic()
    with pytest.raises(ExplorerError, match=r"decoder\.onnx gave no answer within \d+ seconds"):
        inspected(endless)
    assert time.monotonic() - start < 5.0 * limits.crowd()
    assert inspected(pair, {"prior": "uniform"}).prior == "uniform"


def test_a_child_that_is_taken_down_is_told_and_replaced(
    endless: tuple[Path, ...], pair: tuple[Path, Path]
) -> None:
    prepare()
    crash = getattr(signal, "SIGSEGV", signal.SIGTERM)
    before = CHILD.id
    threading.Timer(1.5, lambda: os.kill(CHILD.id or 0, crash)).start()
    with pytest.raises(
        ExplorerError, match=r"decoder\.onnx took down the process that was trying it \(.+\);"
    ):
        inspected(endless)
    assert CHILD.id != before
    assert inspected(pair) == inspect(pair)


def test_a_child_that_died_while_nobody_asked_is_replaced(pair: tuple[Path, Path]) -> None:
    prepare()
    before = CHILD.id
    assert before is not None
    os.kill(before, signal.SIGTERM)
    assert inspected(pair) == inspect(pair)
    assert CHILD.id != before


def test_a_cancel_ends_the_attempt(endless: tuple[Path, ...], pair: tuple[Path, Path]) -> None:
    prepare()
    inspected(pair)
    progress = Progress()
    threading.Timer(0.5, progress.cancel).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        inspected(endless, progress=progress)
    assert time.monotonic() - start < 2.0
    assert inspected(pair, {"prior": "uniform"}).prior == "uniform"


def test_several_threads_may_ask(pair: tuple[Path, Path]) -> None:
    found = []
    asking = [
        threading.Thread(target=lambda prior=prior: found.append(inspected(pair, {"prior": prior}).prior))
        for prior in ("uniform", "data", "normal", "sphere")
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert sorted(found) == ["data", "normal", "sphere", "uniform"]


def test_asking_a_warm_child_costs_next_to_nothing(pair: tuple[Path, Path], tmp_path: Path) -> None:
    inspected(pair)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        with pytest.raises(ExplorerError, match="does not exist"):
            inspected(tmp_path / "none.onnx")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.005


def test_a_relative_path_means_the_same_in_the_child(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pair[0].parent)
    relative = tuple(Path(path.name) for path in pair)
    plan = inspected(relative)
    assert replace(plan, name="") == replace(inspect(pair), name="")


def _inspector(requests: list[dict], folder: Path) -> subprocess.CompletedProcess[str]:
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "explorer.core.guard.inspector"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(lines)
    process.stdin.flush()
    said = []
    while sum(1 for line in said if "plan" in line or "error" in line) < len(requests):
        said.append(json.loads(process.stdout.readline()))
    process.stdin.close()
    assert process.wait(timeout=5) == 0
    process.stdout.close()
    return said


def test_the_inspector_speaks_json_alone(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Whatever lies in the folder that it is started in, and whatever the runtime prints."""
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    loud = _made(tmp_path, "a row behind the end")
    asked = [{"paths": list(map(str, paths)), "overrides": {}} for paths in (loud, pair)]
    said = _inspector(asked, tmp_path)
    assert "failed while running" in next(line["error"] for line in said if "error" in line)
    assert "plan" in said[-1]


def test_the_inspector_ends_with_the_program(endless: tuple[Path, ...]) -> None:
    """Even in the middle of a model, and even where the program could not say good-bye."""
    code = (
        "import os, sys, threading, time\nfrom pathlib import Path\n"
        "from explorer.core.guard import inspected\nfrom explorer.core.guard.child import CHILD\n"
        "ask = lambda: inspected([Path(name) for name in sys.argv[1:]])\n"
        "threading.Thread(target=ask, daemon=True).start()\ntime.sleep(2.0)\n"
        "print(CHILD.id, flush=True)\nos._exit(3)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, endless)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3
    child = int(done.stdout)

    def gone() -> bool:
        try:
            os.kill(child, 0)
        except OSError:
            return True
        status = Path(f"/proc/{child}/status")  # where nobody collects it, it stays as a name without a body
        return status.exists() and "\nState:\tZ" in status.read_text()

    _wait_for(gone, 5.0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to its memory")
def test_a_model_that_wants_too_much_memory_is_kept_to_its_share(tmp_path: Path) -> None:
    grows = _made(tmp_path, "a picture that grows step by step")
    with pytest.raises(ExplorerError, match="failed while running"):
        inspected(grows)
    status = Path(f"/proc/{CHILD.id}/status").read_text()
    assert int(status.split("VmHWM:")[1].split()[0]) < 2 << 20  # in KiB


def test_a_large_model_may_take_longer_and_more() -> None:
    tiny, large = 1 << 20, 500 << 20
    assert limits.seconds_allowed(tiny, numbers=28 * 28) < 3.5
    assert limits.seconds_allowed(large) > 30
    assert limits.seconds_allowed(tiny, numbers=2 * 3 * 512 * 512) > 6
    assert limits.seconds_allowed(tiny, numbers=1 << 40) < 60
    plenty = 64 << 30
    assert limits.memory_allowed(tiny, 0, plenty) < 2 << 30
    assert limits.memory_allowed(large, 0, plenty) > 5 << 30
    assert limits.memory_allowed(large, 0, 4 << 30) < 4 << 30


def test_the_end_of_a_process_is_put_into_words() -> None:
    assert limits.end_text(-signal.SIGABRT) == "the runtime gave up"
    assert limits.end_text(0xC0000005) == "it read memory that is not there"
    assert limits.end_text(7) == "exit status 7"
