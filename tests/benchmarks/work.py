"""Runs `once` on a database of the benchmarks, and gives back what it counted."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from portal.local.environment import ROOT
from tests.benchmarks.server import environment


@dataclass(frozen=True)
class Counted:
    """`seconds` by the clock, `cpu` in seconds of the process and of PostgreSQL, `memory` in bytes above its start."""

    rows: int
    seconds: float
    cpu: float
    statements: int
    memory: int

    @property
    def cpu_a_row(self) -> float:
        return self.cpu / self.rows


def once(
    what: str, *, database_url: str, postgres: int, env: dict[str, str] | None = None, within: int = 600
) -> Counted:
    """Do `what` (see `once`) to its end, which must come `within` so many seconds."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.once", what, str(postgres)],
        cwd=ROOT,
        env={**environment(database_url), **(env or {})},
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{what}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    return Counted(**json.loads(done.stdout.strip().splitlines()[-1]))
