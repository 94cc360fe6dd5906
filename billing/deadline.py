"""A session of `requests` whose calls end in time, whatever the other side does.

Clients on blocking sockets limit each single wait: a name server that is silent, several addresses of which none
answers, or an answer that drips in byte by byte holds them up for minutes. Here a call is made in a thread of its own
and waited for no longer than its limit. What is given up then is cut off: it neither lingers nor is sent later on.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class DeadlineSession(requests.Session):
    """Safe to share between threads: nothing but open connections is kept from one call to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def request(self, *args: Any, **more: Any) -> requests.Response:
        """`timeout` (seconds) is for everything from the name to the last byte. Raises requests.Timeout."""
        ask = super().request
        return _Call(lambda: ask(*args, **more)).answer_within(more["timeout"])


class _Call(threading.Thread):
    """One call on its way. `given_up` is looked at, by its own thread, before anything is sent."""

    def __init__(self, ask: Callable[[], requests.Response]) -> None:
        super().__init__(name="call with a deadline", daemon=True)
        self._ask = ask
        self._answer: requests.Response | None = None
        self._error: BaseException | None = None
        self.given_up = False
        self.line: socket.socket | None = None

    def run(self) -> None:
        try:
            self._answer = self._ask()
        except BaseException as error:
            self._error = error

    def answer_within(self, seconds: float) -> requests.Response:
        self.start()
        self.join(seconds)
        if self._answer is not None:
            return self._answer
        if self._error is not None:
            raise self._error
        self.given_up = True
        if self.line is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)
        raise requests.Timeout(f"No whole answer within {seconds} seconds.")


def _hold(line: Any) -> None:
    """Note the connected socket of this thread's call, so that it can be cut; go no further where it was given up."""
    call = threading.current_thread()
    if isinstance(call, _Call):
        call.line = line
        if call.given_up:
            raise requests.Timeout("Given up before it was sent.")


class _Connection(HTTPConnection):
    """One that its call can cut, from the moment it is connected."""

    def connect(self) -> None:
        super().connect()
        _hold(self.sock)

    def request(self, *args: Any, **more: Any) -> None:
        _hold(self.sock)
        super().request(*args, **more)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
