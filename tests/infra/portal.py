"""The whole portal as `make run` starts it, once for all browser journeys."""

import json
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal.local.environment import ROOT
from portal.local.processes import Child, wait_until
from tests.infra.environment import environment_without_settings
from tests.infra.ports import free_ports_in_a_row
from tests.infra.sandbox import Sandbox


@dataclass(frozen=True)
class RunningPortal:
    """Addresses of a portal started by the launcher, with the demo's cast in it."""

    base_url: str
    mailbox_url: str
    sandbox: Sandbox
    data: Path
    environment: dict[str, str]

    def mails(self, *, to: str = "") -> list[dict[str, Any]]:
        """The mails it sent, newest first, as the mailbox lists them; `to` selects one address."""
        with urllib.request.urlopen(f"{self.mailbox_url}/messages.json", timeout=10) as answer:
            messages: list[dict[str, Any]] = json.load(answer)["messages"]
        return [message for message in messages if to in message["to"]]

    def mail(self, id: str) -> dict[str, Any]:
        """One mail with its headers, text and HTML."""
        with urllib.request.urlopen(f"{self.mailbox_url}/messages/{id}.json", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def manage(self, *arguments: str) -> str:
        """Run `manage.py …` against it as a person in a second terminal would; gives back what it printed."""
        import subprocess

        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def running_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """Start the portal on free ports with data of its own, wait until it is ready, and end it afterwards.

    Another run of pytest closes pytest's own folder to all but us, and so to PostgreSQL where it runs as another user:
    the data are not in there.
    """
    with tempfile.TemporaryDirectory(prefix="portal-run-", ignore_cleanup_errors=True) as data:
        yield from _running(Path(data), log=tmp_path_factory.mktemp("portal") / "launcher.log")


def _running(data: Path, *, log: Path) -> Iterator[RunningPortal]:
    port = free_ports_in_a_row(4)
    environment = {**environment_without_settings(), "PORT": str(port), "DATA_DIR": str(data)}
    ready = data / "run.ready"
    child = Child(
        name="portal",
        argv=[sys.executable, "-m", "portal.local.run"],
        log=log,
        env=environment,
        cwd=ROOT,
    ).start()
    try:
        wait_until(
            ready.exists, minded=[child], within=150, otherwise=f"The portal is not ready; see {child.log}."
        )
        yield RunningPortal(
            base_url=f"http://localhost:{port}",
            mailbox_url=f"http://localhost:{port + 2}",
            sandbox=Sandbox(f"http://localhost:{port + 1}"),
            data=data,
            environment=environment,
        )
    finally:
        child.stop(within=15)
