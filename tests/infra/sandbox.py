"""The Stripe sandbox as a process of its own, over real HTTP."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from portal.local.environment import ROOT
from portal.local.processes import Child, wait_until
from tests.infra.environment import WEBHOOK_SECRET


class Sandbox:
    """The sandbox's control door. `url` is what STRIPE_API_BASE says."""

    def __init__(self, url: str) -> None:
        """`url` without a closing slash."""
        self.url = url

    def control(self, path: str, **json_body: Any) -> Any:
        """POST to `/_sandbox/<path>` and give back its JSON."""
        return self._ask("POST", path, json_body)

    def look(self, path: str) -> Any:
        """GET `/_sandbox/<path>` and give back its JSON."""
        return self._ask("GET", path, None)

    def reset(self) -> None:
        """Forget every object, fault and webhook."""
        self.control("reset")

    def clear_faults(self) -> None:
        """Let everything go well again."""
        self._ask("DELETE", "faults", None)

    def charges(self) -> list[dict[str, Any]]:
        """Every charge that succeeded: the proof of "charged once"."""
        return _rows(self.look("charges"))

    def requests(self) -> list[dict[str, Any]]:
        """Every API request received: method, path, form, idempotency key, status."""
        return _rows(self.look("requests"))

    def send_webhooks_to(self, base_url: str) -> None:
        """Deliver webhooks to our endpoint at `base_url`, e.g. pytest-django's `live_server.url`."""
        url = f"{base_url.rstrip('/')}/webhooks/stripe/"
        self.control("webhooks/target", url=url, secret=WEBHOOK_SECRET)

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            self.look("health")
        except (OSError, ValueError):
            return False
        return True

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", method=method)
        request.add_header("Content-Type", "application/json")
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data=data, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(
                f"{method} /_sandbox/{path}: {error.code} {error.read().decode()}"
            ) from error
        return json.loads(text) if text else None


def _rows(answer: Any) -> list[dict[str, Any]]:
    rows = answer["data"] if isinstance(answer, dict) else answer
    return list(rows)


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox of this xdist worker, on the port that STRIPE_API_BASE already names."""
    directory: Path = tmp_path_factory.mktemp("sandbox")
    sandbox = Sandbox(os.environ["STRIPE_API_BASE"])
    port = str(urlsplit(sandbox.url).port)
    options = ["--port", port, "--state", str(directory / "state.json")]
    options += ["--webhook-url", "http://127.0.0.1:9/webhooks/stripe/", "--webhook-secret", WEBHOOK_SECRET]
    child = Child(
        name="Stripe sandbox",
        argv=[sys.executable, "-m", "billing.sandbox", *options],
        log=directory / "log",
        env=os.environ,
        cwd=ROOT,
    ).start()
    try:
        wait_until(
            sandbox.is_ready, minded=[child], within=30, otherwise=f"The sandbox is silent; see {child.log}."
        )
        yield sandbox
    finally:
        child.stop(within=3)


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Iterator[Sandbox]:
    """An empty sandbox whose webhooks go nowhere until `send_webhooks_to` says where."""
    sandbox_process.reset()
    yield sandbox_process
    sandbox_process.reset()
