"""Bounds of time and memory around one call of a reader, in a process of its own."""

import faulthandler
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 256 << 20
"""Above what the process held before."""
ADDRESSES_BYTES = 3 << 30
"""Addresses beyond those in use at the start: an allocation that no machine has fails at once."""
MOST_CPU_S = 10.0
MOST_WALL_S = 120.0
"""C code that never returns ends the process with its traceback."""
RENEWED_EVERY = 25


class Exceeded(Exception):  # noqa: N818 - what the guard tells
    """More time or memory than a reader may take."""


def status_bytes(field: str) -> int:
    """A line of ``/proc/self/status``: ``VmRSS``, ``VmHWM`` or ``VmSize``."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.split(f"{field}:")[1].split()[0]) * 1024


def forget_peak() -> int:
    """Let the peak be counted anew; bytes resident now. (getrusage counts a parent's peak too.)"""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return status_bytes("VmRSS")


class Guard:
    """Watches calls, one at a time.

    Attributes:
        peak_bytes: The most that any call added.
    """

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._calls = 0
        self._resident = forget_peak()
        limit = status_bytes("VmSize") + ADDRESSES_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        signal.signal(signal.SIGPROF, _too_long)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around one call.

        Raises:
            Exceeded: It took more than it may.
        """
        if self._calls % RENEWED_EVERY == 0:
            self._resident = forget_peak()
        self._calls += 1
        faulthandler.dump_traceback_later(MOST_WALL_S, exit=True)
        signal.setitimer(signal.ITIMER_PROF, MOST_CPU_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.cancel_dump_traceback_later()
        added = status_bytes("VmHWM") - self._resident
        self.peak_bytes = max(self.peak_bytes, added)
        if added > MOST_BYTES:
            self._calls = 0
            raise Exceeded(f"{added >> 20} MiB above the process's own")


def _too_long(*_: object) -> None:
    raise Exceeded(f"more than {MOST_CPU_S:.0f} s of processor time")
