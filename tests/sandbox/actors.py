"""The hands of these tests: the real Stripe SDK with every exchange checked, a browser without script, the door."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import stripe
from stripe._http_client import RequestsClient

from tests.sandbox import contract

ROOT = Path(__file__).resolve().parents[2]
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123", "name": "A. Customer"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*options: str, port: int | None = None) -> Iterator[str]:
    """A sandbox process; its address."""
    port = port or free_port()
    command = [sys.executable, "-m", "billing.sandbox", "--port", str(port), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert "Stripe sandbox at" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


class Checked(RequestsClient):
    """The SDK's own HTTP client; every request and answer is held against Stripe's description."""

    def __init__(self) -> None:
        super().__init__(timeout=20)
        self.off_contract: list[str] = []
        self.last: Any = None

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        body, status, answered = super().request(method, url, headers, post_data)
        self.last = json.loads(body)
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if contract.PRESENT and status not in (429, 500):
            found = contract.request_problems(method.upper(), path, post_data or "") if status == 200 else []
            found += contract.answer_problems(method.upper(), parts.path, status, self.last)
            self.off_contract += [f"{method.upper()} {parts.path}: {problem}" for problem in found]
        return body, status, answered


def client(address: str) -> tuple[stripe.StripeClient, Checked]:
    """The SDK, pointed at a sandbox, without retries of its own."""
    checked = Checked()
    sdk = stripe.StripeClient(
        "sk_test_sandbox", base_addresses={"api": address}, max_network_retries=0, http_client=checked
    )
    return sdk, checked


class Door:
    """The sandbox's control door."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, name: str) -> Any:
        """Read something."""
        return self._ask("GET", name, None)

    def post(self, name: str, **wish: Any) -> Any:
        """Do something."""
        return self._ask("POST", name, wish)

    def _ask(self, method: str, name: str, wish: Any) -> Any:
        data = json.dumps(wish).encode() if wish is not None else None
        request = urllib.request.Request(f"{self.address}/_sandbox/{name}", data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def advance(self, *, days: float) -> None:
        """Move the clock."""
        self.post("clock", advance=int(days * 86400))

    def now(self) -> int:
        """Sandbox time."""
        return int(self.get("health")["now"])


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.labels: set[str] = set()
        self.fields: dict[str, str] = {}
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._silent = tag == "style"
        if tag == "label" and given.get("for"):
            self.labels.add(str(given["for"]))
        if tag in ("input", "select") and given.get("type") not in ("hidden", "radio"):
            self.fields[str(given.get("name"))] = str(given.get("id"))

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)


class Visit:
    """One page a browser got."""

    def __init__(self, status: int, body: bytes, location: str | None, type: str) -> None:
        self.status, self.body, self.location, self.type = status, body, location, type
        self.seen = _Seen()
        if type.startswith("text/html"):
            self.seen.feed(body.decode())

    @property
    def text(self) -> str:
        """What can be read on it."""
        return " ".join(" ".join(self.seen.text).split())


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Browser:
    """A browser without script that does not follow redirects by itself."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._opener = urllib.request.build_opener(_Stay)

    def open(self, url: str, **form: str) -> Visit:
        """Get a page, or send it a form."""
        data = urlencode(form).encode() if form else None
        try:
            answer = self._opener.open(urljoin(self.address, url), data, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            headers = answer.headers
            return Visit(answer.status, answer.read(), headers["Location"], headers["Content-Type"] or "")


class Receiver:
    """A webhook endpoint. Answers `status`, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[bytes, str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((payload, self.headers["Stripe-Signature"]))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/stripe/"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    @property
    def types(self) -> list[str]:
        """The types of the events, as they came."""
        return [json.loads(payload)["type"] for payload, _ in self.got]

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


def eventually(true: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something holds; fail where it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.02)
