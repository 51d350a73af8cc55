"""How long a model may take to be tried and how much memory, and what its process's end says."""

from __future__ import annotations

import os
import signal
import sys

START_SECONDS = 60.0
"""For the child's own imports, which on a cold disk take long; they are no model's fault."""
MOST_RUNS = 100
"""Runs that are given time of their own; the inspection needs far fewer."""

_MIB = 1 << 20
_SECONDS, _BYTES_A_SECOND = 3.0, 10 * _MIB
_MOST_SECONDS, _NUMBERS_A_SECOND = 30.0, 250_000
_MEMORY, _MEMORY_A_BYTE = 1536 * _MIB, 12
_STACK = 8 * _MIB

# Windows tells how a process died by numbers that have no names in Python.
_WINDOWS_ENDS = {
    0xC0000005: "it read memory that is not there",
    0xC0000017: "the memory was used up",
    0xC00000FD: "its steps lie too deep within each other",
    0xC0000374: "it damaged the memory",
    0xC0000409: "it damaged the memory",
}
_SIGNALS = {
    "SIGSEGV": "it read memory that is not there",
    "SIGBUS": "it read memory that is not there",
    "SIGFPE": "it divided by zero",
    "SIGABRT": "the runtime gave up",
    "SIGILL": "the runtime gave up",
    "SIGTRAP": "the runtime gave up",
    "SIGKILL": "the memory was used up",
}


def seconds_allowed(size: int, numbers: int = 0) -> float:
    """How long a model of ``size`` bytes may take to be read and opened, or for one run.

    Nothing that is broken needs long; what is large may, on a slow disk and a slow processor. ``numbers`` go
    into that run and come out of it: a small model may well work long on large pictures.
    """
    return _SECONDS + size / _BYTES_A_SECOND + min(_MOST_SECONDS, numbers / _NUMBERS_A_SECOND)


def crowd() -> float:
    """How many programs share one core at present, so how many times as long all takes; 1 on Windows."""
    if sys.platform == "win32":
        return 1.0
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def memory_allowed(size: int, threads: int, free: int) -> int:
    """Bytes that a model of ``size`` bytes may take to be tried, over what the process holds already.

    Never more than most of what the machine has ``free``: beyond that the system would end any program, even
    this one. The stacks of ``threads`` are promised to them but hardly ever used, so they count on top. A
    convolutional decoder's layers are far larger than its weights, hence the factor.
    """
    wanted = _MEMORY + _MEMORY_A_BYTE * size
    return min(wanted, int(0.8 * free)) + threads * _STACK


def end_text(status: int) -> str:
    """What the exit status of a process that went down means, in a few words."""
    if sys.platform == "win32" or status > 255:
        return _WINDOWS_ENDS.get(status & 0xFFFFFFFF, f"exit status {status:#x}")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"exit status {status}"
    return _SIGNALS.get(name, name)
