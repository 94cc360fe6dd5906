"""Child processes of the launcher: each in its own group, with its own log, and never left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class UnableToStart(Exception):
    """Something needed could not be started; the message is one sentence for the person at the terminal."""


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C, or sent a signal that asks to end."""


_asked_to_stop = False


def stop_on(*signals: signal.Signals) -> None:
    """From now on, have any of `signals` end every wait of this module with StopRequested.

    The signal only leaves a note: an exception raised in its handler is lost when it comes while Python forks.
    """

    def note(_number: int, _frame: FrameType | None) -> None:
        global _asked_to_stop
        _asked_to_stop = True

    for number in signals:
        signal.signal(number, note)


class Part(Protocol):
    """Something the launcher minds: it has a name, a log, may die, and can be told to stop."""

    name: str
    log: Path

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""

    def ask_to_stop(self) -> None:
        """Begin an orderly stop; returns at once."""

    def make_sure_it_ended(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds), then kill what is left of it."""


def _die_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """On Linux, have the kernel stop the child should the launcher itself be killed outright."""
    if _libc is None:
        return None
    libc = _libc

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(with_signal))

    return before_exec


@dataclass
class Child:
    """One process, started by `start`, with everything it writes going to `log`."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str]
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    user: tuple[int, int] | None = None
    process: "subprocess.Popen[bytes]" = field(init=False)

    def start(self) -> "Child":
        """Start it in a session of its own, so that a Ctrl-C reaches only the launcher."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        uid, gid = self.user or (None, None)
        with self.log.open("wb") as log:
            try:
                self.process = subprocess.Popen(
                    list(self.argv),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(self.env),
                    cwd=self.cwd,
                    start_new_session=True,
                    user=uid,
                    group=gid,
                    extra_groups=[] if uid is not None else None,
                    preexec_fn=_die_with_parent(self.stop_signal),
                )
            except OSError as error:
                raise UnableToStart(f"The {self.name} could not be started: {error}.") from error
        return self

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.process.poll()

    def ask_to_stop(self) -> None:
        """Send the stop signal to the process; it tells its own children."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)

    def make_sure_it_ended(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds), then kill whatever is left in its group."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, within: float = 8.0) -> None:
        """Stop it and wait, at most `within` seconds before it is killed."""
        self.ask_to_stop()
        self.make_sure_it_ended(time.monotonic() + within)


def last_lines(log: Path, count: int = 12) -> str:
    """The last `count` lines of a log, indented, to be shown under a sentence saying what went wrong."""
    try:
        lines = log.read_text(errors="replace").rstrip().splitlines()
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-count:])


def wait_until(
    answers: Callable[[], bool], *, minded: Sequence[Part], within: float, otherwise: str, every: float = 0.1
) -> None:
    """Wait until `answers()` is true.

    Raises UnableToStart with the sentence `otherwise` after `within` seconds, or at once, naming the part and
    ending with its log, when one of `minded` ends meanwhile.
    """
    deadline = time.monotonic() + within
    while not answers():
        complain_if_ended(minded)
        if time.monotonic() > deadline:
            raise UnableToStart(otherwise)
        time.sleep(every)


def complain_if_ended(parts: Sequence[Part]) -> None:
    """Raise UnableToStart naming the first of `parts` that is no longer running, with the end of its log.

    Raises StopRequested where we were asked to stop; every loop that waits calls this.
    """
    if _asked_to_stop:
        raise StopRequested
    for part in parts:
        code = part.poll()
        if code is not None:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise UnableToStart(
                f"The {part.name} {how}. Its last words ({part.log}):\n{last_lines(part.log)}"
            )


def stop_all(parts: Sequence[Part], *, within: float = 8.0) -> None:
    """Stop every part, the last started first to be told, all within about `within` seconds."""
    deadline = time.monotonic() + within
    for part in reversed(parts):
        part.ask_to_stop()
    for part in reversed(parts):
        part.make_sure_it_ended(deadline)
