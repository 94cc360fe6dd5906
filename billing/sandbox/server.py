"""The HTTP door: Stripe's API under /v1/, the control door under /_sandbox/, and the hosted pages."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from billing.sandbox import control, pages
from billing.sandbox.api import Request, answer_request
from billing.sandbox.sandbox import Sandbox

MAX_BODY = 1_000_000
DROPS = 20


class Server(ThreadingHTTPServer):
    """One listening sandbox."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, place: tuple[str, int], box: Sandbox) -> None:
        self.box = box
        self.stopping = threading.Event()
        super().__init__(place, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser or client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    """Reads one request, hands it on, and writes the answer in one piece."""

    protocol_version = "HTTP/1.1"
    server_version = "stripe-sandbox"
    sys_version = ""
    timeout = 120
    # Headers and body leave together: buffered, and nothing for the kernel to wait for.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer a GET."""
        self._handle()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._handle()

    def do_DELETE(self) -> None:
        """Answer a DELETE."""
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal quiet: the request log has it all."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            self._send(413, "Too large", "text/plain", {})
            return
        form = self.rfile.read(length).decode("utf-8", "replace")
        url = urlsplit(self.path)
        box = self.server.box
        if url.path.startswith(("/v1/", "/v2/")):
            request = Request(
                method=self.command,
                path=url.path,
                query=url.query,
                form=form,
                key=self.headers.get("Idempotency-Key"),
                authorization=self.headers.get("Authorization", ""),
            )
            answer = answer_request(box, request, self.server.stopping)
            if answer.closed:
                self.close_connection = True
                return
            self._send(answer.status, answer.body, "application/json", answer.headers, drips=answer.drips)
        elif url.path.startswith("/_sandbox/"):
            status, body = control.answer(box, self.command, url.path, form)
            self._send(status, body, "application/json", {})
        else:
            page = pages.answer(box, self.command, url.path, url.query, form)
            self._send(page.status, page.body, page.type, page.headers)

    def _send(
        self, status: int, body: str | bytes, type: str, headers: dict[str, str], *, drips: float = 0
    ) -> None:
        payload = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Cache-Control", "no-store")
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        drop = -(-len(payload) // DROPS) if drips else max(len(payload), 1)
        for start in range(0, len(payload), drop):
            self.wfile.write(payload[start : start + drop])
            if drips:
                self.wfile.flush()
                self.server.stopping.wait(drips / DROPS)
