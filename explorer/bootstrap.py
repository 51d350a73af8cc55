"""What a fresh machine lacks: the packages, in a ``.venv`` beside the source, and Qt's system libraries.

Only the standard library is used, and older Pythons can read this file, so that they get a sentence
and no traceback. Where all is there, nothing is imported and nothing is started.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)

# What each extra of pyproject.toml brings, by the names that are imported.
# fmt: off
_BASE = (
    "PIL", "PySide6", "numba", "numpy", "onnx", "onnxruntime", "platformdirs", "scipy", "threadpoolctl",
    "umap",
)
_TEST = (
    "av", "hypothesis", "jsonschema", "onnxscript", "psutil", "pyarrow", "pytest", "pytest_timeout",
    "pytestqt", "torch", "xdist",
)
# fmt: on
MODULES = {"": _BASE, "test": _BASE + _TEST, "dev": (*_BASE, *_TEST, "mypy", "pre_commit", "ruff")}

# What Qt opens: each library, and the Debian package that holds it.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WINDOW_LIBRARIES = {
    "xcb": {
        "libX11-xcb.so.1": "libx11-xcb1",
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-image.so.0": "libxcb-image0",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-randr.so.0": "libxcb-randr0",
        "libxcb-render-util.so.0": "libxcb-render-util0",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxcb-sync.so.1": "libxcb-sync1",
        "libxcb-xfixes.so.0": "libxcb-xfixes0",
        "libxcb-xkb.so.1": "libxcb-xkb1",
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    },
    "wayland": {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
    },
}
FONT_PACKAGE = "fonts-dejavu-core"
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
_FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".pfb", ".pcf.gz")

_WITHOUT_DISPLAY = (
    "Without one, `latent-explorer demo --headless OUT` does the whole work and leaves pictures in OUT."
)
_NO_NETWORK = ("connection broken", "NewConnectionError", "Max retries exceeded", "Temporary failure in name")


# --- the packages ---------------------------------------------------------------------------------


def ensure_packages(extra: str = "", module: str = "explorer") -> None:
    """Return where all packages of ``extra`` can be imported; else install them and start again there.

    From a clone they go into ``.venv`` beside ``pyproject.toml``, never into the user's own environment,
    and ``python -m module`` starts again from there with the same arguments. Ends the program with one
    sentence where that is not possible.
    """
    python = python_with(extra)
    if python == sys.executable:
        return
    arguments = [python, "-m", module, *sys.argv[1:]]
    sys.stdout.flush()
    if sys.platform == "win32":  # execv would give the console back before the program ends
        import subprocess

        sys.exit(subprocess.run(arguments, check=False).returncode)
    os.execv(python, arguments)  # noqa: S606


def python_with(extra: str = "") -> str:
    """The Python that has all packages of ``extra``: this one, or that of ``.venv``, completed if need be."""
    fits = OLDEST <= sys.version_info[:2] <= NEWEST
    missing = _missing_modules(extra)
    if fits and not missing:
        return sys.executable
    if not (ROOT / "pyproject.toml").is_file():
        if not fits:
            _stop(_version_sentence())
        _stop(
            f"{', '.join(missing)} cannot be imported; `pip install --force-reinstall latent-explorer` helps."
        )
    environment = ROOT / ".venv"
    if Path(sys.prefix).resolve() != environment.resolve():
        return _complete_environment(environment, extra)
    if not fits:
        _stop(f"{environment} cannot be used: {_version_sentence()} Remove it and start again.")
    (environment / _STAMP.format(extra)).unlink(missing_ok=True)  # it promised what is not there
    _complete_environment(environment, extra)
    importlib.invalidate_caches()
    missing = _missing_modules(extra)
    if missing:
        _stop(f"{', '.join(missing)} cannot be imported from {environment}; remove it and start again.")
    return sys.executable


def _missing_modules(extra: str) -> list[str]:
    return [name for name in MODULES[extra] if importlib.util.find_spec(name) is None]


_STAMP = "latent-explorer{}.stamp"


def _complete_environment(environment: Path, extra: str) -> str:
    """The Python of ``environment``, made and filled unless its stamp says that this was done."""
    import hashlib
    import subprocess

    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # An editable installation points at the clone's place, so a moved clone is installed anew.
    facts = (ROOT / "pyproject.toml").read_bytes() + os.fsencode(ROOT)
    digest = hashlib.sha256(facts).hexdigest()
    stamp = environment / _STAMP.format(extra)
    if python.exists() and stamp.is_file() and stamp.read_text() == digest:
        return str(python)

    if not _succeeds(str(python), "-m", "pip", "--version"):
        _make_environment(environment)
    target = f".[{extra}]" if extra else "."
    _say(f"Installing into {environment} what is needed (some hundred megabytes, once).")
    # A setting that sends packages elsewhere must not lead out of the environment.
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PIP_TARGET", "PIP_PREFIX", "PIP_USER")
    }
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--editable", target]
    with subprocess.Popen(
        command, cwd=ROOT, env=clean, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as pip:
        complaints = pip.communicate()[1]
    if pip.returncode:
        if any(sign in complaints for sign in _NO_NETWORK):
            _stop("The packages could not be fetched: the network or the package index does not answer.")
        _stop(f"{complaints.strip()}\n\npip could not install the packages; its own words are above.")
    stamp.write_text(digest)
    return str(python)


def _make_environment(environment: Path) -> None:
    import subprocess

    python = _fitting_python()
    _say(f"Making {environment}.")
    if not _succeeds(python, "-c", "import venv, ensurepip"):
        version = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        package = f"python{version}-venv"
        if not _apt_install([package]) or not _succeeds(python, "-c", "import venv, ensurepip"):
            _stop(
                "This Python cannot make a virtual environment. On Debian or Ubuntu the line to type is\n"
                f"  sudo apt-get install {package}\n"
                "Elsewhere install Python from python.org; then start again."
            )
    made = subprocess.run([python, "-m", "venv", "--clear", str(environment)], check=False)
    if made.returncode:
        _stop(f"{environment} could not be made; the reason is above.")


def _fitting_python() -> str:
    """This Python, or where it is too old or too new another one on the path."""
    import shutil

    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other and _succeeds(other, "-c", "import sys"):  # a version manager's stub may lead nowhere
            return other
    return _stop(_version_sentence())


def _version_sentence() -> str:
    found, oldest, newest = ("{}.{}".format(*version) for version in (sys.version_info, OLDEST, NEWEST))
    return f"This is Python {found}; latent-explorer needs Python {oldest} to {newest}."


# --- Qt's system libraries ------------------------------------------------------------------------


def ensure_qt() -> None:
    """Return where Qt finds what it needs of the system to be imported and to show a window.

    Looks on Linux only: elsewhere the wheels hold everything. What is missing is installed where that is
    possible (Debian or Ubuntu, as root or with a passwordless sudo); else the program ends with the one
    line to type. ``QT_QPA_PLATFORM=offscreen`` asks for no display.
    """
    if not sys.platform.startswith("linux"):
        return
    windows = _window_systems()
    missing = _missing_for_qt(windows)
    if missing:
        _say(f"Qt needs of this system: {', '.join(missing)}.")
        if not _apt_install(sorted(set(missing.values()))) or _missing_for_qt(windows):
            _stop(_line_to_type(missing))
    if windows == ["xcb"] and not _x_server_answers():
        _stop(f"The display {os.environ.get('DISPLAY', '')!r} does not answer. {_WITHOUT_DISPLAY}")


def _window_systems() -> list[str]:
    """Those among "xcb" and "wayland" that Qt may use here, the preferred first; none for ``offscreen``."""
    asked = os.environ.get("QT_QPA_PLATFORM")
    if asked:
        return [name for name in ("wayland", "xcb") if name in asked]
    found = [
        name
        for name, variable in (("wayland", "WAYLAND_DISPLAY"), ("xcb", "DISPLAY"))
        if os.environ.get(variable)
    ]
    if not found:
        _stop(f"There is no display here. {_WITHOUT_DISPLAY}")
    return found


def _missing_for_qt(windows: list[str]) -> dict[str, str]:
    """What Qt would miss, with the Debian package of each: libraries, or a font to write with.

    One complete window system is enough.
    """
    missing = _missing_libraries(QT_LIBRARIES)
    by_system = [_missing_libraries(WINDOW_LIBRARIES[name]) for name in windows]
    if all(by_system):
        for names in by_system:
            missing.update(names)
    if not _font_found():
        missing["a font"] = FONT_PACKAGE
    return missing


def _missing_libraries(libraries: dict[str, str]) -> dict[str, str]:
    import ctypes

    missing = {}
    for name, package in libraries.items():
        try:
            ctypes.CDLL(name)
        except OSError:
            missing[name] = package
    return missing


def _font_found() -> bool:
    configured: list[str] = []
    try:
        import re

        configured = re.findall(r"<dir>([^<]+)</dir>", Path("/etc/fonts/fonts.conf").read_text())
    except OSError:
        pass
    for folder in (*_FONT_FOLDERS, *configured):
        for _, _, files in os.walk(os.path.expanduser(folder)):  # noqa: PTH111 (a home may be unknown)
            if any(name.lower().endswith(_FONT_SUFFIXES) for name in files):
                return True
    return False


def _x_server_answers() -> bool:
    import ctypes

    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not failed


def _line_to_type(missing: dict[str, str]) -> str:
    import shutil

    if shutil.which("apt-get"):
        line = f"sudo apt-get install {' '.join(sorted(set(missing.values())))}"
    elif shutil.which("dnf") or shutil.which("zypper"):  # both take the name of a library for its package
        tool = "dnf" if shutil.which("dnf") else "zypper"
        names = [f"'{name}()(64bit)'" if ".so" in name else "dejavu-sans-fonts" for name in missing]
        line = f"sudo {tool} install {' '.join(names)}"
    else:
        return f"Install the packages of your system that hold {', '.join(missing)}; then start again."
    return f"Install what is missing with this line; then start again:\n  {line}"


# --- the system -----------------------------------------------------------------------------------


def _apt_install(packages: list[str]) -> bool:
    """Install Debian packages as root or with a passwordless sudo; False where that is not possible."""
    import shutil
    import subprocess

    if not shutil.which("apt-get"):
        return False
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and not (shutil.which("sudo") and _succeeds(*rights, "true")):
        return False
    _say(f"Installing with apt-get: {' '.join(packages)}")
    apt = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*apt, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    if done.returncode:  # a failed update alone does not matter
        _say(done.stdout.strip())
    return done.returncode == 0


def _succeeds(*command: str) -> bool:
    import subprocess

    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _stop(sentence: str) -> NoReturn:
    _say(sentence)
    sys.exit(1)
