"""`make run`: the whole portal on one machine, minded until Ctrl-C.

Engines first, then the database's migrations and the demo's data, then the web server, the worker and beat. What one
of them says goes to a log of its own under `.data/logs`; should one end, all end, with one sentence that names it.
"""

import os
import signal
import sys
import time
import urllib.error
import urllib.request

import psycopg
import redis

from portal.local import parts as launch
from portal.local.environment import run_env_file, write_env_file
from portal.local.instance import SETTINGS, Instance
from portal.local.postgres import Postgres
from portal.local.processes import (
    Part,
    StopRequested,
    UnableToStart,
    complain_if_ended,
    stop_all,
    stop_on,
    wait_until,
)
from portal.local.redisserver import Redis
from portal.local.terminal import complain, say, step
from portal.local.welcome import welcome

DATABASE = "portal"


def main() -> int:
    """Run until told to stop. Gives back the exit code."""
    stop_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    launcher: Launcher | None = None
    try:
        instance = Instance.from_environment()
        instance.claim()
        launcher = Launcher(instance)
        launcher.start()
        launcher.mind()
        return 0
    except StopRequested:
        say("\nStopping …")
        return 0
    except UnableToStart as error:
        complain(str(error))
        return 1
    except BrokenPipeError:
        # Nobody reads what we say any more; point the output elsewhere so that ending makes no noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        if launcher:
            launcher.stop()


class Launcher:
    """Starts the parts in order, minds them, and ends them in the opposite order."""

    def __init__(self, instance: Instance) -> None:
        """Nothing is started yet; `instance` has been claimed."""
        self.instance = instance
        self.engines: list[Part] = []
        self.services: list[Part] = []
        self.environment: dict[str, str] = {}

    def start(self) -> None:
        """Start everything and say so. Raises UnableToStart with one sentence."""
        instance = self.instance
        self._forget_last_run()
        instance.check_ports()
        say(f"Starting the portal; logs are in {instance.data / 'logs'}")
        self._start_engines()
        self._start_stand_ins()
        self._prepare_data()
        self._start_portal()
        (instance.data / "run.ready").touch()
        say(welcome(instance, self.environment))

    def mind(self) -> None:
        """Watch until a part ends (raises UnableToStart, naming it) or a signal asks to stop."""
        while True:
            complain_if_ended([*self.services, *self.engines])
            time.sleep(0.3)

    def stop(self) -> None:
        """End every part: what uses the engines first, then the engines."""
        stop_all(self.services, within=6)
        stop_all(self.engines, within=4)
        self._forget_last_run()

    def _forget_last_run(self) -> None:
        for name in ("run.ready", "run.env"):
            (self.instance.data / name).unlink(missing_ok=True)

    def _start_engines(self) -> None:
        database_url = self._start_postgres() if self.instance.own_postgres else self._given_database()
        redis_url = self._start_redis() if self.instance.own_redis else self._given_redis()
        self.environment = self.instance.environment(database_url=database_url, redis_url=redis_url)
        kept = {name: value for name, value in self.environment.items() if name in SETTINGS}
        write_env_file(run_env_file(), kept)

    def _start_postgres(self) -> str:
        instance = self.instance
        with step("PostgreSQL"):
            postgres = Postgres(data=instance.data / "postgres", log=instance.log("postgres"))
            self.engines.append(postgres)
            postgres.start()
            unfinished = instance.data / "seeding"
            if unfinished.exists() or not postgres.has_database(DATABASE):
                unfinished.touch()
                # The sandbox's customers belong to the database that is gone.
                (instance.data / "sandbox.json").unlink(missing_ok=True)
                postgres.make_database(DATABASE)
        if postgres.moved_aside:
            say(f"  (An unfinished data folder was in the way; it is now {postgres.moved_aside}.)")
        return postgres.url(DATABASE)

    def _start_redis(self) -> str:
        with step("Redis"):
            server = Redis(data=self.instance.data / "redis", log=self.instance.log("redis"))
            self.engines.append(server)
            server.start()
        return server.url()

    def _given_database(self) -> str:
        url = self.instance.given["DATABASE_URL"]
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise UnableToStart(
                f"The database that DATABASE_URL names cannot be reached: {reason}"
            ) from error
        return url

    def _given_redis(self) -> str:
        url = self.instance.given["REDIS_URL"]
        try:
            with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
                client.ping()
        except (redis.RedisError, ValueError, OSError) as error:
            raise UnableToStart(f"The Redis that REDIS_URL names cannot be reached: {error}") from error
        return url

    def _start_stand_ins(self) -> None:
        """The Stripe sandbox and the mailbox, where nothing real was named in their place."""
        instance = self.instance
        if instance.own_sandbox:
            with step("Stripe sandbox"):
                self._add(launch.sandbox(instance, self.environment))
                self._wait_for(f"http://127.0.0.1:{instance.sandbox_port}/_sandbox/health", "Stripe sandbox")
        if instance.own_mailbox:
            with step("Mailbox"):
                self._add(launch.mailbox(instance, self.environment))
                self._wait_for(f"http://127.0.0.1:{instance.mailbox_port}/messages.json", "mailbox")

    def _prepare_data(self) -> None:
        """Migrate, seed and collect static files."""
        instance, environment = self.instance, self.environment
        with step("Database migrations"):
            launch.manage(instance, environment, "migrate", "--no-input", log="migrate", minded=self.engines)
        with step("Static files"):
            launch.collect_static(instance, environment, minded=self.engines)
        if environment["DEMO"].strip().lower() in {"1", "true", "yes", "on"}:
            say("  Demo data")
            minded = [*self.engines, *self.services]
            launch.manage(instance, environment, "demo", "seed", log="seed", minded=minded, aloud=True)
        (instance.data / "seeding").unlink(missing_ok=True)

    def _start_portal(self) -> None:
        instance, environment = self.instance, self.environment
        with step("Web server, worker and beat"):
            self._add(launch.web(instance, environment))
            self._add(launch.worker(instance, environment))
            self._add(launch.beat(instance, environment))
            self._wait_for(f"http://127.0.0.1:{instance.port}/readyz", "portal", within=90)

    def _add(self, part: Part) -> None:
        self.services.append(part)

    def _wait_for(self, url: str, name: str, within: float = 30) -> None:
        """Wait until `url` answers 200; say in the end what it answered instead."""
        said = "nothing"

        def answers() -> bool:
            nonlocal said
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return True
            except urllib.error.HTTPError as error:
                said = f"{error.code} {error.read(300).decode(errors='replace').strip()}"
            except OSError as error:
                said = str(error)
            return False

        minded = [*self.engines, *self.services]
        try:
            wait_until(answers, minded=minded, within=within, otherwise="", every=0.3)
        except UnableToStart as error:
            if str(error):
                raise
            raise UnableToStart(
                f"The {name} was not ready after {within:.0f} seconds; {url} says: {said}. "
                f"See the logs in {self.instance.data / 'logs'}."
            ) from None


if __name__ == "__main__":
    sys.exit(main())
