"""Real Celery workers, started as fast as they can be killed.

Importing everything takes seconds, and hundreds of workers are to die. So one process imports once, and then forks for
each worker: a process group of its own, a pool of its own, connections of its own.

Run as a program it reads one worker a line from its input, as JSON, and answers with the process id of each.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

from portal.local.environment import ROOT

OPTIONS = ["--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
BEAT = ["beat", "--scheduler", "portal.heartbeat:HeartbeatScheduler", "--pidfile=", "--loglevel", "INFO"]


class Worker:
    """One worker: its process group, and its log."""

    def __init__(self, pid: int, log: Path) -> None:
        self.pid = pid
        self.log = log

    def is_alive(self) -> bool:
        """Whether its main process is there."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """Kill the whole group, now."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        while self.is_alive():
            time.sleep(0.005)


class Nursery:
    """The process that forks them. `environment` is what they all see."""

    def __init__(self, *, environment: dict[str, str], logs: Path) -> None:
        self.logs = logs
        self.born = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.death.nursery"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def worker(self, **shaped: Any) -> Worker:
        """Start one, or with `beats` a beat; `shaped` are the arguments of `shape`."""
        assert self._process.stdin
        assert self._process.stdout
        self.born += 1
        log = self.logs / f"worker-{self.born}.log"
        log.touch()  # whoever waits for a line of it may be faster than the worker
        self._process.stdin.write(json.dumps({"log": str(log), "name": f"w{self.born}", **shaped}) + "\n")
        self._process.stdin.flush()
        return Worker(int(self._process.stdout.readline()), log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=10)


def shape(
    *,
    dies_at: str = "",
    passings: int = 1,
    batch: int = 0,
    limit: int = 0,
    notes_first: bool = False,
    forgets_to_note: bool = False,
    takes_no_lock: bool = False,
    every: float = 0,
    tells_sweeps_to: str = "",
) -> None:
    """Make this process what it is to be: where it dies, how much it does in a run, what it does wrong, how often."""
    from celery import signals

    from portal.celery import app
    from portal.mails import outbox
    from tests.death import controls, points
    from tests.death.due import SWEEPS

    if every:
        app.conf.beat_schedule = {
            name: {**turn, "schedule": every, "options": {"expires": every}}
            for name, turn in app.conf.beat_schedule.items()
            if turn["task"] in SWEEPS.values()
        }
    if tells_sweeps_to:
        signals.task_prerun.connect(partial(_tell, tells_sweeps_to), weak=False)
    if batch:
        outbox.BATCH = batch
    if limit:
        outbox.send_due = partial(outbox.send_due, limit=limit)
    if notes_first:
        controls.note_before_sending()
    if forgets_to_note:
        controls.forget_to_note()
    if takes_no_lock:
        controls.take_no_lock()
    if dies_at:
        points.install(dies_at, passings=passings)


def _tell(file: str, *, task: Any, **_: Any) -> None:
    """Note that a sweep begins: one line, its name and the seconds since 1970."""
    with open(file, "a") as lines:
        lines.write(f"{task.name} {time.time()}\n")


def main() -> None:
    """Import, then fork for each line."""
    import django

    django.setup()
    from portal.celery import app

    app.loader.import_default_modules()
    app.finalize()
    living: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda *_: _bury(living))
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(app, **asked)
        living.add(pid)
        print(pid, flush=True)
    # Whoever asked for them is gone.
    for pid in list(living):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _bury(living: set[int]) -> None:
    """Take note of those that died."""
    with suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            living.discard(pid)


def _live(app: Any, *, log: str, name: str, beats: bool = False, **shaped: Any) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        shape(**shaped)
        app.start(BEAT if beats else ["worker", *OPTIONS, "--hostname", f"{name}@nursery"])
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
