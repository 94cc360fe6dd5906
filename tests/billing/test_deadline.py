"""A call ends within its limit in all, at whatever point the other side stalls, and what was given up is not sent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from billing import gateway
from billing.deadline import DeadlineSession

LIMIT = 0.5
# The other side would hold us up for so long; a call that ends by this half of it did not wait for that.
DRIPS_FOR = 6.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n"


class Stage:
    """A server of one behaviour: `play(connection)` for each that comes. `heard` is what was sent to it."""

    def __init__(self, play: Callable[[socket.socket], None]) -> None:
        self.heard: list[bytes] = []
        self.ended = threading.Event()
        self._play = play
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._door.accept()
                threading.Thread(target=self._meet, args=(line,), daemon=True).start()

    def _meet(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            if heard := line.recv(4000):
                self.heard.append(heard)
            self._play(line)
        self.ended.set()

    def close(self) -> None:
        self._door.close()


def drip(line: socket.socket, text: bytes) -> None:
    for byte in text:
        line.sendall(bytes([byte]))
        time.sleep(DRIPS_FOR / 40)


def silence(line: socket.socket) -> None:
    line.settimeout(DRIPS_FOR)
    while line.recv(4000):
        pass


def headers_drip(line: socket.socket) -> None:
    drip(line, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 40)


def body_drips(line: socket.socket) -> None:
    line.sendall(HEAD + b"\r\n")
    drip(line, b"x" * 40)


def body_drips_without_an_end(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    drip(line, b"x" * 40)


def body_drips_in_chunks(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(line, b"1\r\nx\r\n" * 8)


@pytest.fixture
def stage() -> Iterator[Callable[[Callable[[socket.socket], None]], Stage]]:
    made: list[Stage] = []

    def raise_curtain(play: Callable[[socket.socket], None]) -> Stage:
        made.append(Stage(play))
        return made[-1]

    yield raise_curtain
    for each in made:
        each.close()


def gives_up(url: str) -> None:
    """A call to `url` ends with the limit, long before the other side does."""
    began = time.monotonic()
    with pytest.raises(requests.Timeout):
        DeadlineSession().request("POST", url, data="a=1", timeout=LIMIT)
    assert LIMIT * 0.9 <= time.monotonic() - began < DRIPS_FOR / 2


@pytest.mark.parametrize(
    "play", [silence, headers_drip, body_drips, body_drips_without_an_end, body_drips_in_chunks]
)
def test_an_answer_that_stalls_or_drips_is_given_up_and_its_line_is_cut(stage: Any, play: Any) -> None:
    there = stage(play)
    gives_up(f"http://127.0.0.1:{there.port}/")
    assert there.ended.wait(DRIPS_FOR / 2), "the other side sees that nobody listens any more"


def test_a_handshake_that_stalls_is_given_up(stage: Any) -> None:
    there = stage(silence)
    gives_up(f"https://127.0.0.1:{there.port}/")


def test_several_addresses_of_which_none_answers_are_given_up_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for each in crowd:
            each.setblocking(False)
            each.connect_ex(place)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)] * 20
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        gives_up("http://stripe.test/")
        for each in crowd:
            each.close()


def test_a_name_that_is_not_resolved_is_given_up_and_then_nothing_is_sent(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, resolved = stage(silence), threading.Event()
    look_up = socket.getaddrinfo

    def stalls(host: str, port: int, *args: Any, **more: Any) -> Any:
        resolved.wait(DRIPS_FOR)
        return look_up("127.0.0.1", there.port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", stalls)
    gives_up("http://stripe.test/")
    resolved.set()
    assert there.ended.wait(DRIPS_FOR), "it connects, and hangs up"
    assert there.heard == []


def test_a_call_in_time_is_answered_and_its_connection_is_kept(stage: Any) -> None:
    def answers(line: socket.socket) -> None:
        for _ in range(2):
            line.sendall(HEAD + b"Set-Cookie: a=1\r\n\r\n" + b"x" * 40)
            there.heard.append(line.recv(4000))

    there = stage(answers)
    session = DeadlineSession()
    for _ in range(2):
        assert session.request("GET", f"http://127.0.0.1:{there.port}/", timeout=5).content == b"x" * 40
    assert len(there.heard) == 2
    assert b"Cookie" not in there.heard[1], "nothing is kept but the connection"


def test_control_an_ordinary_session_waits_for_as_long_as_it_drips(stage: Any) -> None:
    there = stage(body_drips)
    began = time.monotonic()
    assert requests.get(f"http://127.0.0.1:{there.port}/", timeout=LIMIT).content == b"x" * 40
    assert time.monotonic() - began > DRIPS_FOR / 2


def test_stripe_is_given_eight_seconds_in_all() -> None:
    assert gateway.client.TIMEOUT == 8
    line = gateway.client.stripe_client()._requestor._get_http_client()
    assert (line._timeout, type(line._session)) == (gateway.client.TIMEOUT, DeadlineSession)


def test_a_patience_or_a_key_that_was_changed_does_not_outlive_its_change(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def seen() -> tuple[Any, Any]:
        client = gateway.client.stripe_client()
        return client._requestor._get_http_client()._timeout, client._requestor.api_key

    before = seen()
    with monkeypatch.context() as patch:
        patch.setattr(gateway.client, "TIMEOUT", 0.5)
        settings.STRIPE_SECRET_KEY = "sk_test_other"
        assert seen() == (0.5, "sk_test_other")
    settings.STRIPE_SECRET_KEY = before[1]
    assert seen() == before
