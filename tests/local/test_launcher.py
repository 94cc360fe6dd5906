"""`make run` from outside: one clear sentence when it cannot, everything when it can, nothing left when it ends."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal.local.environment import ROOT, read_env_file
from tests.infra.environment import environment_without_settings
from tests.infra.portal import RunningPortal
from tests.infra.ports import free_ports_in_a_row


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="portal-run-") as name:
        yield Path(name)


def launcher(data: Path, **variables: str) -> "subprocess.Popen[str]":
    environment = {**environment_without_settings(), "DATA_DIR": str(data), **variables}
    environment.setdefault("PORT", str(free_ports_in_a_row(4)))
    return subprocess.Popen(
        [sys.executable, "-m", "portal.local.run"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def outcome(data: Path, **variables: str) -> tuple[int, str]:
    process = launcher(data, **variables)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


def using(data: Path) -> list[psutil.Process]:
    """Every process that has this data folder in its environment or on its command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(data) in " ".join([*process.cmdline(), process.environ().get("DATA_DIR", "")]):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_port_that_is_none(data: Path, port: str) -> None:
    code, said = outcome(data, PORT=port)
    assert (code, said.strip()) == (1, f"PORT must be a number from 1 to 65532, not '{port}'.")


def test_a_port_in_use_is_named_with_its_purpose(data: Path) -> None:
    port = free_ports_in_a_row(4)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 2))
        taken.listen()
        code, said = outcome(data, PORT=str(port))
    assert code == 1
    assert said.strip() == (
        f"Port {port + 2}, for the mailbox page, is in use by another program; "
        "choose others, for example: make run PORT=9000"
    )


def test_a_data_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, said = outcome(tmp_path / "file" / "data")
    assert code == 1
    assert said.startswith(f"\nThe data folder {tmp_path}/file/data cannot be used")


def test_a_database_and_a_redis_that_do_not_answer(data: Path) -> None:
    code, said = outcome(data, DATABASE_URL="postgres://nobody@127.0.0.1:9/none")
    assert code == 1
    assert "The database that DATABASE_URL names cannot be reached" in said
    code, said = outcome(data, REDIS_URL="redis://127.0.0.1:9/0")
    assert code == 1
    assert "The Redis that REDIS_URL names cannot be reached" in said
    assert using(data) == []


def test_a_wrong_setting_is_named_and_all_that_had_started_is_ended(data: Path) -> None:
    code, said = outcome(data, DEBUG="perhaps")
    assert code == 1
    assert "DEBUG must be true or false, not 'perhaps'" in said
    assert "Traceback" not in said
    assert using(data) == []


def test_a_second_terminal_speaks_to_the_running_portal(running_portal: RunningPortal) -> None:
    assert running_portal.manage("migrate", "--check") == ""
    run_env = running_portal.data / "run.env"
    assert run_env.stat().st_mode & 0o777 == 0o600
    assert read_env_file(run_env)["BASE_URL"] == running_portal.base_url


def test_a_second_start_on_the_same_data_is_refused_and_harms_nothing(running_portal: RunningPortal) -> None:
    code, said = outcome(running_portal.data)
    assert code == 1
    assert "A portal already runs on the data in" in said
    assert running_portal.manage("migrate", "--check") == ""
    with urllib.request.urlopen(f"{running_portal.base_url}/readyz", timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.xdist_group("launcher")
def test_stopped_half_way_started_anew_told_to_end_and_ended_by_a_death(data: Path) -> None:
    first = launcher(data)
    listen(first, until="Database migrations")
    stop(first, data, signal.SIGTERM)
    assert (data / "seeding").exists(), "so that the next start does not take half a database for a whole one"
    secrets = (data / "secrets.json").read_text()

    second = launcher(data)
    listen(second, until="Ctrl-C stops everything")
    assert (data / "run.ready").exists()
    assert not (data / "seeding").exists()
    assert (data / "secrets.json").read_text() == secrets
    stop(second, data, signal.SIGINT)

    third = launcher(data)
    said = listen(third, until="Database migrations")
    next(process for process in using(data) if "portal.local.mailbox" in process.cmdline()).kill()
    said += third.communicate(timeout=30)[0]
    assert third.returncode == 1
    assert "The mailbox was ended by signal 9. Its last words" in said
    assert using(data) == []


def listen(process: "subprocess.Popen[str]", *, until: str) -> str:
    """What it said up to and with `until`."""
    assert process.stdout is not None
    said = ""
    while until not in said:
        heard = process.stdout.read(1)
        if not heard:
            pytest.fail(f"ended before it said {until!r}:\n{said}")
        said += heard
    return said


def stop(process: "subprocess.Popen[str]", data: Path, with_signal: signal.Signals) -> None:
    """Stop it, and see that it took no longer than it should and left nothing behind."""
    began = time.monotonic()
    process.send_signal(with_signal)
    process.communicate(timeout=20)
    assert time.monotonic() - began < 12
    assert process.returncode == 0
    assert using(data) == []
    assert not (data / "run.env").exists()
