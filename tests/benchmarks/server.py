"""Granian as `make run` starts it, on a database of the benchmarks, with its CPU counted."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.local.environment import ROOT
from portal.local.processes import Child, wait_until
from tests.benchmarks.accounting import cpu
from tests.benchmarks.load import Request, fetch, send
from tests.infra.ports import free_port

GRANIAN = [
    sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--workers", "2",
    "--blocking-threads", "2", "--no-ws", "--log-level", "warning",
]  # fmt: skip
APPLICATION = "tests.benchmarks.served:application"


@dataclass(frozen=True)
class Server:
    """A running server. `postgres` is the first process of the database server."""

    port: int
    pid: int
    postgres: int

    def cost(self, requests: Sequence[Request], *, expect: int = 200) -> float:
        """Seconds of CPU a request: the server with its children, and PostgreSQL."""
        before = cpu(self.pid, self.postgres)
        send(self.port, requests, expect=expect)
        return (cpu(self.pid, self.postgres) - before) / len(requests)

    def costs(self, request: Request, *, count: int, expect: int = 200) -> Callable[[], float]:
        """For `interleave`: the cost of `request`, sent `count` times."""
        return lambda: self.cost([request] * count, expect=expect)


@contextmanager
def serving(
    *,
    database_url: str,
    postgres: int,
    argv: Sequence[str] = GRANIAN,
    application: str = APPLICATION,
    ready_at: str | None = "/bare/null/",
    env: dict[str, str] | None = None,
) -> Iterator[Server]:
    """Start a server, wait for its first answer, and end it afterwards."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        child = Child(
            name="measured server",
            argv=[
                *argv,
                *(["--port", str(port)] if "granian" in argv else ["--bind", f"127.0.0.1:{port}"]),
                application,
            ],
            log=Path(folder) / "log",
            env=env or environment(database_url, port=port),
            cwd=ROOT,
        ).start()
        try:
            wait_until(
                lambda: _answers(port, ready_at),
                minded=[child],
                within=60,
                otherwise=f"The server is silent: {child.log.read_text()[-2000:]}",
            )
            yield Server(port=port, pid=child.process.pid, postgres=postgres)
        finally:
            child.stop()


def environment(database_url: str, *, port: int = 80) -> dict[str, str]:
    """As in production: no DEBUG, no demo; Stripe is never asked."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DEBUG", "DEMO", "STRIPE_API_BASE")
    }
    return {
        **kept,
        "BASE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }


def _answers(port: int, path: str | None) -> bool:
    """With 200 at `path`; without a path, with anything at all."""
    try:
        return fetch(port, Request(path or "/"))[0] == 200 or path is None
    except OSError:
        return False
