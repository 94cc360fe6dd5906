"""A client that keeps its connections, sends a fixed number of requests and reads every answer whole."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

CLIENTS = 4
TIMEOUT = 30  # seconds


@dataclass(frozen=True)
class Request:
    path: str
    method: str = "GET"
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def send(port: int, requests: Sequence[Request], *, clients: int = CLIENTS, expect: int = 200) -> list[float]:
    """Send all of `requests`, shared among `clients`; the seconds each took. Any other status than `expect` raises."""
    shares = [requests[start::clients] for start in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        taken = pool.map(lambda share: _send_share(port, share, expect), shares)
    return [seconds for share in taken for seconds in share]


def fetch(port: int, request: Request) -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own: status, headers in lower case, body as it came over the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        answer = _ask(connection, request)
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def _send_share(port: int, requests: Sequence[Request], expect: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    taken = []
    try:
        for request in requests:
            began = time.perf_counter()
            answer = _ask(connection, request)
            answer.read()
            taken.append(time.perf_counter() - began)
            if answer.status != expect:
                raise AssertionError(f"{request.method} {request.path} answered {answer.status}")
    finally:
        connection.close()
    return taken


def _ask(connection: http.client.HTTPConnection, request: Request) -> Any:
    connection.request(request.method, request.path, body=request.body, headers=dict(request.headers))
    return connection.getresponse()
