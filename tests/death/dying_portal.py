"""A whole portal whose engines may die: durable PostgreSQL behind a wire, Redis, sandbox, web server, worker, beat."""

import http.client
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg

from portal.local import parts as launch
from portal.local.environment import ROOT
from portal.local.instance import Instance
from portal.local.postgres import Postgres
from portal.local.processes import Part, stop_all
from portal.local.redisserver import Redis
from tests.death.wire import Wire
from tests.infra.environment import environment_without_settings
from tests.infra.ports import free_ports_in_a_row
from tests.infra.sandbox import Sandbox

# As in production: what is acknowledged is on disk. The delay makes every commit last, so that deaths fall into it.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "commit_delay": "20000", "commit_siblings": "0"}
CSRF = "c" * 32


@dataclass(frozen=True)
class Answer:
    """What a door answered: 0 where the line broke. The names of headers in small letters."""

    status: int
    headers: dict[str, str]
    body: str


class DyingPortal:
    """Started by `with`. `given` are settings besides, `seeds` how many organisations live in it."""

    def __init__(self, *, seeds: int, **given: str) -> None:
        # Not under pytest's own folder: that closes itself to PostgreSQL's user whenever another pytest starts.
        self._directory = directory = Path(tempfile.mkdtemp(prefix="portal-dying-"))
        self.seeds = seeds
        self.people: list[dict[str, Any]] = []
        settings = {
            **environment_without_settings(),
            "DJANGO_SETTINGS_MODULE": "tests.death.settings",
            **given,
        }
        self.instance = Instance(port=free_ports_in_a_row(4), data=directory / "data", given=settings)
        self.postgres = Postgres(data=directory / "pg", log=directory / "pg.log", settings=DURABLE)
        self.redis = Redis(data=directory / "redis", log=directory / "redis.log")
        self.sandbox = Sandbox(f"http://localhost:{self.instance.sandbox_port}")
        self._services: list[Part] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        (self.instance.data / "logs").mkdir(parents=True)
        self.postgres.start()
        self.postgres.make_database("portal")
        server = Path(parse_qs(urlsplit(self.postgres.url()).query)["host"][0])
        self.wire = Wire(folder=self._directory / "wire", server=server)
        self.redis.start()
        self.environment = self.instance.environment(
            database_url=f"postgres://postgres:@/portal?host={self.wire.folder}", redis_url=self.redis.url()
        )
        self.environment["DJANGO_SETTINGS_MODULE"] = self.instance.given["DJANGO_SETTINGS_MODULE"]
        self._services = [launch.sandbox(self.instance, self.environment)]
        self.run("manage.py", "migrate", "--no-input", "-v", "0")
        self.people = json.loads(self.run("-m", "tests.death.seed", str(self.seeds)))
        # The web server alone speaks through the wire, so that each cut meets somebody who waits for an answer.
        straight = {**self.environment, "DATABASE_URL": self.postgres.url("portal")}
        self._services.append(launch.worker(self.instance, straight))
        self._services.append(launch.beat(self.instance, straight))
        self.start_web()
        self.wait_until(lambda: self.ask("/readyz").status == 200, within=300)

    def __exit__(self, *_: object) -> None:
        stop_all(self._services, within=6)
        stop_all([self.postgres, self.redis], within=4)
        if hasattr(self, "wire"):
            self.wire.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def run(self, *arguments: str) -> str:
        """Run a Python program on this portal's environment to its end; gives back what it printed."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=600,
        ).stdout

    def start_web(self, **given: str) -> None:
        """Start the web server, in the place of the one that runs; `given` are settings for it alone."""
        for part in [part for part in self._services if part.name == "web server"]:
            part.ask_to_stop()
            part.make_sure_it_ended(time.monotonic() + 6)
            self._services.remove(part)
        self._services.append(launch.web(self.instance, {**self.environment, **given}))
        self.wait_until(lambda: self.ask("/healthz").status == 200, within=60)

    def kill_postgres(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, no goodbye; what was not on disk is lost."""
        server = self.postgres._child
        server.process.send_signal(signal.SIGQUIT)
        server.make_sure_it_ended(time.monotonic() + 10)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What is in the database, past the wire."""
        with psycopg.connect(self.postgres.url("portal"), autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def ask(
        self,
        path: str,
        *,
        session: str = "",
        form: dict[str, str] | None = None,
        payload: bytes | None = None,
        **headers: str,
    ) -> Answer:
        """Knock at a door: GET, or POST with a `form` or a raw `payload`. Redirects are not followed."""
        line = http.client.HTTPConnection("127.0.0.1", self.instance.port, timeout=30)
        cookies = f"csrftoken={CSRF}" + (f"; sessionid={session}" if session else "")
        said = {"Cookie": cookies, **headers}
        if form is not None:
            payload = urlencode({"csrfmiddlewaretoken": CSRF, **form}).encode()
            said["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            line.request("GET" if payload is None else "POST", path, body=payload, headers=said)
            answer = line.getresponse()
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, headers, answer.read().decode())
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, {}, repr(error))
        finally:
            line.close()

    def wait_until(self, true: Callable[[], bool], *, within: float) -> float:
        """Wait, and give back how many seconds it took."""
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > within:
                ended = [part.name for part in self._services if part.poll() is not None]
                raise AssertionError(
                    f"not within {within:.0f} seconds; ended: {ended}, /readyz: {self.ask('/readyz')}"
                )
            time.sleep(0.1)
        return time.monotonic() - began
