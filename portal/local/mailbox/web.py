"""The mailbox's page: a list, one mail, and both as JSON."""

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from portal.local.mailbox.pages import asset, html_part, list_page, list_rows, mail_page, missing_page
from portal.local.mailbox.store import Mail, Store

_PAGE = "text/html; charset=utf-8"
# The page itself runs its one script; a mail runs none, and may show pictures from anywhere it names.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; "
    "script-src 'self'; connect-src 'self'; frame-src 'self'"
)
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; font-src * data:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def server_for(store: Store, port: int) -> ThreadingHTTPServer:
    """A server for the mails of `store` on this machine's `port`."""
    handler = type("MailboxHandler", (_Handler,), {"store": store})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


class _Handler(BaseHTTPRequestHandler):
    store: ClassVar[Store]

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        match path.strip("/").split("/"):
            case [""]:
                self._send(list_page(self.store.all()))
            case ["rows"]:
                self._send(list_rows(self.store.all()))
            case ["messages.json"]:
                self._send_json({"messages": [mail.summary() for mail in self.store.all()]})
            case ["messages", name] if name.endswith(".json"):
                self._show(name.removesuffix(".json"), as_json=True)
            case ["messages", id]:
                self._show(id)
            case ["messages", id, "html"]:
                self._show_html_part(self.store.find(id))
            case [("mailbox.css" | "mailbox.js") as name]:
                kind = "text/css" if name.endswith(".css") else "text/javascript"
                self._send(asset(name), kind=f"{kind}; charset=utf-8")
            case _:
                self._send(missing_page(), status=HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        # A form on another site could ask for this; its Origin gives it away.
        origin = self.headers.get("Origin", "")
        if self.path != "/forget" or origin not in {f"http://{self.headers.get('Host')}", ""}:
            self._send(missing_page(), status=HTTPStatus.NOT_FOUND)
            return
        self.store.forget_all()
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _show(self, id: str, *, as_json: bool = False) -> None:
        mail = self.store.find(id)
        if mail is None and as_json:
            self._send_json({"error": "no such message"}, status=HTTPStatus.NOT_FOUND)
        elif mail is None:
            self._send(missing_page(), status=HTTPStatus.NOT_FOUND)
        elif as_json:
            self._send_json(mail.whole())
        else:
            self._send(mail_page(mail))

    def _show_html_part(self, mail: Mail | None) -> None:
        if mail is None:
            self._send(missing_page(), status=HTTPStatus.NOT_FOUND)
            return
        self._send(html_part(mail), policy=_MAIL_POLICY)

    def _send_json(self, value: Any, *, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(value, indent=1), status=status, kind="application/json")

    def _send(
        self,
        text: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        kind: str = _PAGE,
        policy: str = _PAGE_POLICY,
    ) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads a log of who looked at the list."""
