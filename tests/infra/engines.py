"""PostgreSQL and Redis for one pytest run, started once and shared by its xdist workers.

Each worker has a database of its own (pytest-django's suffix) and a numbered Redis database of its own, which is
emptied before every test. `DATABASE_URL` and `REDIS_URL`, when set, are used instead; the database gets the prefix
`test_`, and of that Redis the numbered databases 0, 1, 2 … are emptied, one for each worker.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from portal.local.postgres import Postgres
from portal.local.processes import Part, stop_all
from portal.local.redisserver import Redis

# How the process that starts the engines tells its xdist workers where they are.
_DATABASE, _REDIS, _DIRECTORY = "PORTAL_TEST_DATABASE_URL", "PORTAL_TEST_REDIS_URL", "PORTAL_TEST_DIRECTORY"
_FOR_SPEED = {
    # A test's rows are gone before it could count them. What it counts instead, now and then, is a table just emptied,
    # and the next test that fills it waits for half an hour for a plan that was made for no rows.
    "autovacuum": "off",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


@dataclass
class Engines:
    """The addresses of both engines and the folder of this run; `parts` are what this process must stop."""

    database_url: str
    redis_url: str
    directory: Path
    parts: list[Part] = field(default_factory=list)
    belongs_to_controller: bool = False

    def redis_url_for(self, worker: str) -> str:
        """The address of the numbered Redis database of an xdist worker (`gw0` → 1), 0 without xdist."""
        number = int(worker.removeprefix("gw")) + 1 if worker.startswith("gw") else 0
        parts = urlsplit(self.redis_url)
        if parts.scheme == "unix":
            return f"unix://{parts.path}?db={number}"
        return urlunsplit(parts._replace(path=f"/{number}"))

    def stop(self) -> None:
        """Stop what this process started and remove its data; a worker leaves that to its controller."""
        if not self.belongs_to_controller:
            stop_all(self.parts)
            shutil.rmtree(self.directory, ignore_errors=True)


def engines_of_this_run() -> Engines:
    """Start the engines, or in an xdist worker find those its controller started. Raises UnableToStart."""
    environ = os.environ
    if environ.get("PYTEST_XDIST_WORKER") and _DIRECTORY in environ:
        directory = Path(environ[_DIRECTORY])
        return Engines(environ[_DATABASE], environ[_REDIS], directory, belongs_to_controller=True)
    directory = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    engines = Engines(environ.get("DATABASE_URL", ""), environ.get("REDIS_URL", ""), directory)
    try:
        _start_missing(engines)
    except BaseException:
        engines.stop()
        raise
    environ.update(
        {_DATABASE: engines.database_url, _REDIS: engines.redis_url, _DIRECTORY: str(engines.directory)}
    )
    return engines


def _start_missing(engines: Engines) -> None:
    folder = engines.directory
    if not engines.database_url:
        postgres = Postgres(
            data=folder / "postgres", log=folder / "postgres.log", settings=_FOR_SPEED
        ).start()
        engines.parts.append(postgres)
        engines.database_url = postgres.url("portal")
    if not engines.redis_url:
        redis = Redis(data=folder / "redis", log=folder / "redis.log", databases=64).start()
        engines.parts.append(redis)
        engines.redis_url = redis.url()
