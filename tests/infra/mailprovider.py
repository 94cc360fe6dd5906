"""A mail provider's HTTP door as Resend and Brevo have it: it honours idempotency keys and keeps what it took."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Taken:
    """One mail it would deliver."""

    to: str
    key: str
    message_id: str


class MailProvider:
    """A server of its own on a free port, from `with` until its end."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.when_taken: Callable[[Taken], None] = lambda _: None
        self.honours_keys = True
        self.repeats = 0
        # key → the request's body, and the answer it got.
        self._known: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self.loses_answers = 0
        self.refuses = 0
        self.remembers_refusals = False
        self.closed_with = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._door())
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget_keys(self) -> None:
        """As when their time has run out."""
        self._known.clear()

    def answer(self, path: str, headers: Any, body: str) -> tuple[int, dict[str, Any]]:
        """What it says to one request."""
        mail = json.loads(body)
        mail_headers = mail.get("headers", {})
        if path == "/emails":
            key, to = headers.get("Idempotency-Key", ""), mail["to"][0]
        else:
            key, to = mail_headers.get("idempotencyKey", ""), mail["to"][0]["email"]
        with self._lock:
            if self.closed_with:
                return self.closed_with, {"name": "closed", "message": "Not now."}
            if key in self._known and self.honours_keys:
                self.repeats += 1
                return self._again(path, self._known[key], body)
            if self.refuses:
                self.refuses -= 1
                said = 422, {"name": "validation_error", "message": "No."}
                if self.remembers_refusals:
                    self._known[key] = ("another body", *said)
                return said
            self.taken.append(Taken(to=to, key=key, message_id=mail_headers.get("Message-ID", "")))
            self.when_taken(self.taken[-1])
            number = f"mail-{len(self.taken)}"
            answer = 200, {"id": number, "messageId": number}
            if key:
                self._known[key] = (body, *answer)
            if self.loses_answers:
                self.loses_answers -= 1
                return 0, {}
            return answer

    @staticmethod
    def _again(path: str, known: tuple[str, int, dict[str, Any]], body: str) -> tuple[int, dict[str, Any]]:
        """Resend repeats its answer to the same request, and says so of another one; Brevo knows the key alone."""
        if path != "/emails":
            return 400, {"code": "duplicate_parameter", "message": "Request with this key was processed."}
        if body != known[0]:
            return 409, {"name": "invalid_idempotent_request", "message": "Key used with another body."}
        return known[1], known[2]

    def _door(provider) -> type[BaseHTTPRequestHandler]:
        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    # Whoever sent it died half way.
                    self.close_connection = True
                    return
                status, answer = provider.answer(self.path, self.headers, body.decode())
                if not status:
                    time.sleep(2)  # longer than anybody waits
                    self.close_connection = True
                    return
                said = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Door
