"""A signed-in browser against the live server: real HTTP, a session cookie of its own, redirects not followed."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.test import Client

TOKEN = "c" * 32


@dataclass(frozen=True)
class Answer:
    """`leads_to` is the path that a redirect names, empty where it is none."""

    status: int
    leads_to: str
    body: str


class Browser:
    """One session of one person."""

    def __init__(self, base_url: str, user: Any, *, acts_for: int | None = None) -> None:
        """`acts_for` is the customer chosen, for whoever belongs to several."""
        client = Client()
        client.force_login(user)
        if acts_for is not None:
            session = client.session
            session["customer"] = acts_for
            session.save()
        self._host = urlsplit(base_url).netloc
        self._headers = {
            "Cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
        }

    def get(self, path: str) -> Answer:
        return request(self._host, "GET", path, "", self._headers)

    def post(self, path: str, **form: Any) -> Answer:
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        return request(self._host, "POST", path, urlencode(form), headers)


def request(host: str, method: str, path: str, body: str, headers: dict[str, str]) -> Answer:
    """One request on a connection of its own. No page may answer with a fault of ours, whoever races whom."""
    line = http.client.HTTPConnection(host, timeout=60)
    try:
        line.request(method, path, body=body.encode(), headers=headers)
        answer = line.getresponse()
        text = answer.read().decode("utf-8", "replace")
    finally:
        line.close()
    assert answer.status not in (403, 404, 500), f"{method} {path}: {answer.status}"
    where = urlsplit(answer.headers.get("Location") or "")
    return Answer(answer.status, where.path, text)
