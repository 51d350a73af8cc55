"""Set-up from nothing, with a real environment and a real pip; only the network is left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from explorer import bootstrap

PROJECT = tomllib.loads((bootstrap.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at Linux libraries")


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _requirements(extra: str) -> list[Requirement]:
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    found = []
    for requirement in map(Requirement, lines):
        if requirement.name == PROJECT["name"]:
            found += [inner for part in requirement.extras for inner in _requirements(part)]
        else:
            found.append(requirement)
    return found


@pytest.mark.parametrize("extra", ["", "test"])
def test_the_check_looks_for_every_requirement(extra: str) -> None:
    looked_for = {
        _plain(name)
        for module in bootstrap.MODULES[extra]
        for name in packages_distributions().get(module, [])
    }
    needed = {
        _plain(requirement.name)
        for requirement in _requirements(extra)
        if requirement.marker is None or requirement.marker.evaluate()
    }
    assert needed <= looked_for


def test_exactly_one_build_of_the_runtime_is_asked_for_everywhere() -> None:
    markers = {r.name: r.marker for r in _requirements("") if r.name.startswith("onnxruntime")}
    assert set(markers) == {"onnxruntime", "onnxruntime-gpu"}
    cuda = _requirements("cuda")[0].marker
    for system in ("linux", "win32", "darwin", "freebsd14"):
        for machine in ("x86_64", "AMD64", "aarch64", "arm64", "ARM64", "x86"):
            place = {"sys_platform": system, "platform_machine": machine}

            def holds(marker: Marker | None, place: dict[str, str] = place) -> bool:
                assert marker is not None
                return marker.evaluate(place)

            gpu = holds(markers["onnxruntime-gpu"])
            assert gpu == ((system, machine) in {("linux", "x86_64"), ("win32", "AMD64")})
            assert holds(markers["onnxruntime"]) != gpu
            assert holds(cuda) == gpu


def test_the_span_of_pythons_is_the_project_s() -> None:
    span = SpecifierSet(PROJECT["requires-python"])
    for minor in range(8, 17):
        assert span.contains(f"3.{minor}.0") == (bootstrap.OLDEST <= (3, minor) <= bootstrap.NEWEST)


def test_where_all_is_there_nothing_is_imported() -> None:
    code = (
        "import sys; from explorer import bootstrap; before = set(sys.modules)\n"
        "bootstrap.ensure_packages('test'); print(sorted(set(sys.modules) - before))"
    )
    done = _run(["-c", code], cwd=bootstrap.ROOT)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


# --- from nothing ---------------------------------------------------------------------------------

BACKEND = '''
"""A build backend in twenty lines, so that no network is needed."""
import zipfile

def get_requires_for_build_editable(config_settings=None):
    return []

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    needs = "".join(f"Requires-Dist: {line.strip()}\\n" for line in open("needs.txt"))
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("only_in_the_environment.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n{needs}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
'''
MAIN = """
import sys
from explorer import bootstrap
bootstrap.MODULES = {"": ("only_in_the_environment",)}
bootstrap.ensure_packages()
print(sys.prefix, sys.argv[1:])
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def _run(arguments: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=kept | {"PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _start(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return _run(["-m", "explorer", *arguments], cwd=clone, **environment)


def _write_clone(root: Path) -> Path:
    package = root / "explorer"
    package.mkdir(parents=True)
    shutil.copy(bootstrap.__file__, package)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(MAIN)
    return root


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = _write_clone(tmp_path_factory.mktemp("a clone") / "explorer")
    (root / "backend.py").write_text(BACKEND)
    (root / "needs.txt").touch()
    (root / "pyproject.toml").write_text(PYPROJECT)
    first = _start(root, "some model", "--json")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"{root / '.venv'} ['some model', '--json']\n"  # pip's words are not on stdout
    assert "Making" in first.stderr
    assert "Installing" in first.stderr
    return root


def test_a_second_start_is_silent_and_goes_on_in_the_environment(clone: Path) -> None:
    second = _start(clone, "demo")
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout == f"{clone / '.venv'} ['demo']\n"


def test_a_changed_pyproject_is_installed_once_more(clone: Path) -> None:
    (clone / "pyproject.toml").write_text(PYPROJECT + "# changed\n")
    assert "Installing" in _start(clone).stderr
    assert _start(clone).stderr == ""


def test_a_package_that_has_gone_comes_back(clone: Path) -> None:
    (found,) = (clone / ".venv").rglob("only_in_the_environment.py")
    found.unlink()
    again = _start(clone)
    assert again.returncode == 0, again.stderr
    assert "Installing" in again.stderr
    assert found.exists()


def test_without_a_network_there_is_one_sentence(clone: Path) -> None:
    facts = (clone / "pyproject.toml").read_text()
    (clone / "pyproject.toml").write_text(facts + "# now with a need\n")
    (clone / "needs.txt").write_text("something-that-is-not-installed\n")
    try:
        done = _start(
            clone, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="1", PIP_CONFIG_FILE=os.devnull
        )
    finally:
        (clone / "pyproject.toml").write_text(facts)
        (clone / "needs.txt").write_text("")
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (1, [])
    assert "the network or the package index does not answer" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_outside_a_clone_nothing_is_installed(tmp_path: Path) -> None:
    root = _write_clone(tmp_path)
    done = _start(root)
    assert done.returncode == 1
    assert done.stderr.startswith("only_in_the_environment cannot be imported; `pip install")
    assert sorted(path.name for path in root.iterdir()) == ["explorer"]


def test_a_python_out_of_the_span_is_named(tmp_path: Path) -> None:
    root = _write_clone(tmp_path)
    (root / "pyproject.toml").write_text(PYPROJECT)
    main = root / "explorer" / "__main__.py"
    main.write_text(MAIN.replace("bootstrap.ensure", "bootstrap.NEWEST = (3, 10)\nbootstrap.ensure"))
    done = _start(root, PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"This is Python 3.{sys.version_info[1]}; ")


# --- what Qt needs of the system ------------------------------------------------------------------


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no command can be found, so nothing can be installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@linux_only
@pytest.mark.parametrize(
    ("tool", "line"),
    [
        ("apt-get", "sudo apt-get install fonts-dejavu-core libnowhere1"),
        ("dnf", "sudo dnf install 'libnowhere.so.1()(64bit)' dejavu-sans-fonts"),
        ("zypper", "sudo zypper install 'libnowhere.so.1()(64bit)' dejavu-sans-fonts"),
        ("pacman", "that hold libnowhere.so.1, a font"),
    ],
)
def test_the_line_to_type_suits_the_system(empty_path: Path, tool: str, line: str) -> None:
    (empty_path / tool).touch(0o755)
    missing = bootstrap._missing_libraries({"libnowhere.so.1": "libnowhere1", "libc.so.6": "libc6"})
    assert line in bootstrap._line_to_type(missing | {"a font": bootstrap.FONT_PACKAGE})


@linux_only
def test_a_missing_library_ends_in_one_sentence(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setitem(bootstrap.QT_LIBRARIES, "libnowhere.so.1", "libnowhere1")
    with pytest.raises(SystemExit) as stopped:
        bootstrap.ensure_qt()
    assert stopped.value.code == 1
    assert "libnowhere.so.1" in capsys.readouterr().err


@linux_only
def test_one_complete_window_system_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bootstrap.WINDOW_LIBRARIES, "xcb", {"libnowhere.so.1": "libnowhere1"})
    monkeypatch.setitem(bootstrap.WINDOW_LIBRARIES, "wayland", {"libc.so.6": "libc6"})
    assert "libnowhere.so.1" not in bootstrap._missing_for_qt(["wayland", "xcb"])
    assert "libnowhere.so.1" in bootstrap._missing_for_qt(["xcb"])


@linux_only
@pytest.mark.parametrize("display", ["", ":4242"])
def test_without_a_display_the_headless_command_is_named(display: str) -> None:
    if display and bootstrap._missing_for_qt(["xcb"]):
        pytest.skip("this machine lacks the libraries of a window")
    code = "from explorer import bootstrap; bootstrap.ensure_qt(); print('went on')"
    done = _run(["-c", code], cwd=bootstrap.ROOT, QT_QPA_PLATFORM="", WAYLAND_DISPLAY="", DISPLAY=display)
    assert (done.returncode, done.stdout) == (1, "")
    assert "latent-explorer demo --headless OUT" in done.stderr
    assert "Traceback" not in done.stderr


@linux_only
def test_offscreen_qt_can_be_imported_after_the_check() -> None:
    code = "from explorer import bootstrap; bootstrap.ensure_qt(); import PySide6.QtWidgets"
    done = _run(["-c", code], cwd=bootstrap.ROOT, QT_QPA_PLATFORM="offscreen", WAYLAND_DISPLAY="", DISPLAY="")
    assert (done.returncode, done.stderr) == (0, "")
