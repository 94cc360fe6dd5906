"""The embedded PostgreSQL: whole or not there, and never left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal.local.environment import ROOT
from portal.local.postgres import Postgres
from portal.local.processes import UnableToStart


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, as sockets need one; pytest's own is long."""
    with tempfile.TemporaryDirectory(prefix="portal-pg-") as name:
        yield Path(name)


def server(folder: Path) -> Postgres:
    return Postgres(data=folder / "postgres", log=folder / "log", settings={"fsync": "off"})


def test_keeps_what_was_committed_over_a_restart(folder: Path) -> None:
    first = server(folder).start()
    first.make_database("kept")
    first.stop()
    second = server(folder).start()
    try:
        assert second.has_database("kept")
        assert not second.has_database("other")
    finally:
        second.stop()
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_an_interrupted_initialisation_is_moved_aside_and_done_anew(folder: Path) -> None:
    half_made = folder / "postgres"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    (folder / "postgres.making").mkdir()
    postgres = server(folder).start()
    try:
        assert psycopg.connect(postgres.url()).execute("SELECT 1").fetchone() == (1,)
        assert postgres.moved_aside is not None
        assert (postgres.moved_aside / "PG_VERSION").exists(), "nothing found there is ever deleted"
    finally:
        postgres.stop()


def test_data_of_another_major_version_are_named_in_a_sentence(folder: Path) -> None:
    server(folder).start().stop()
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(UnableToStart, match="made by PostgreSQL 12"):
        server(folder).start()


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    deep = folder / ("deep and with spaces " * 5) / "below"
    postgres = Postgres(data=deep / "postgres", log=folder / "log").start()
    try:
        socket_folder = Path(postgres.url().split("host=")[1])
        assert len(str(socket_folder)) < 90
        assert psycopg.connect(postgres.url()).execute("SELECT 1").fetchone() == (1,)
    finally:
        postgres.stop()
    assert not socket_folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_launcher_killed_outright_leaves_no_server(folder: Path) -> None:
    program = f"""
from pathlib import Path
from tests.local.test_postgres import server
import os, signal
server(Path({str(folder)!r})).start()
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    pid_file = folder / "postgres" / "postmaster.pid"
    deadline = time.monotonic() + 10
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not pid_file.exists()


def test_a_server_without_an_owner_is_ended_and_its_data_taken_over(folder: Path) -> None:
    forgotten = server(folder).start()
    forgotten_pid = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    heir = server(folder).start()
    try:
        forgotten.make_sure_it_ended(time.monotonic() + 5)
        assert forgotten.poll() == 0
        assert heir.poll() is None
        with pytest.raises(ProcessLookupError):
            os.kill(forgotten_pid, signal.SIG_DFL)
    finally:
        heir.stop()
