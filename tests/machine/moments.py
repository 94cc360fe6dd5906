"""The moments of a step: before each statement, after each commit, before each request to Stripe and after its answer.

The two around a request that moves money have a name of their own, because most depends on them.

At one of them the process may die, or somebody else may do something: that is how two at once are played, one thread
at a time, so that the same run always ends the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any

from django.db import connection, connections

from billing import gateway
from tests.billing.conftest import Died

DIE = "die"
PLACES = ("money", "request", "answer", "statement", "commit")
MOVES_MONEY = ("create_subscription", "change_subscription", "create_checkout")
BLOCKED = "SELECT cardinality(pg_blocking_pids(%s))"


@dataclass(frozen=True)
class Twist:
    """At the `nth` moment of this sort, die, or let `what` of somebody else happen. Past the last one, nothing does."""

    place: str
    nth: int
    what: str = DIE

    def __repr__(self) -> str:
        return f"Twist({self.place!r}, {self.nth}, {self.what!r})"


class Beside:
    """A second worker, with a database connection of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._running: Future[None] | None = None
        self._connection = self._thread.submit(self._connect).result().info.backend_pid

    def _connect(self) -> Any:
        connection.ensure_connection()
        return connection.connection

    def start(self, work: Callable[[], None]) -> None:
        """Begin `work`, and come back when it is done, or waits for a lock of ours."""
        self._running = self._thread.submit(work)
        while not self._running.done() and not self._waits():
            sleep(0.0005)

    def run(self, work: Callable[[], None]) -> None:
        """Do `work` to its end."""
        self._thread.submit(work).result(timeout=300)

    def _waits(self) -> bool:
        """Asked past Django, so that asking is no moment."""
        answer = connection.connection.execute(BLOCKED, [self._connection]).fetchone()
        return bool(answer[0])

    def join(self) -> None:
        """Let what was begun come to its end, and raise what it raised."""
        running, self._running = self._running, None
        if running is not None:
            running.result(timeout=300)

    def close(self) -> None:
        self._thread.submit(connections.close_all).result()
        self._thread.shutdown()


class Moments:
    """Counts the moments of one step and lets its twist happen. Only the step's own thread has moments."""

    def __init__(self, twist: Twist | None, *, beside: Beside, other: Callable[[str], None]) -> None:
        self._twist = twist
        self._beside = beside
        self._other = other
        self._passed = dict.fromkeys(PLACES, 0)
        self.happened = False

    @property
    def _is_ours(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Everything done inside has moments. Does not swallow what is raised."""
        if self._twist is None:
            yield
            return
        speak, commit = gateway.client.asking, connection.commit
        moves = {name: getattr(gateway, name) for name in MOVES_MONEY}

        @contextmanager
        def speaking() -> Iterator[Any]:
            self._reached("request")
            with speak() as v1:
                yield v1
            self._reached("answer")

        def committing() -> None:
            commit()
            self._beside.join()
            self._reached("commit")

        def with_moments(move: Callable[..., Any]) -> Callable[..., Any]:
            def moving(**asked: Any) -> Any:
                self._reached("money")
                answer = move(**asked)
                self._reached("money")
                return answer

            return moving

        gateway.client.asking = speaking
        for name, move in moves.items():
            setattr(gateway, name, with_moments(move))
        connection.commit = committing
        try:
            with connection.execute_wrapper(self._statement):
                yield
        finally:
            gateway.client.asking = speak
            for name, move in moves.items():
                setattr(gateway, name, move)
            connection.commit = commit
            self._beside.join()

    def _statement(self, execute: Callable[..., Any], *asked: Any) -> Any:
        self._reached("statement")
        return execute(*asked)

    def _reached(self, place: str) -> None:
        twist = self._twist
        if twist is None or self.happened or place != twist.place:
            if self.happened and self._is_ours and not connection.in_atomic_block:
                self._beside.join()
            return
        self._passed[place] += 1
        if self._passed[place] <= twist.nth:
            return
        self.happened = True
        if twist.what == DIE:
            raise Died
        if connection.in_atomic_block:
            self._beside.start(lambda: self._other(twist.what))
        elif place == "commit":
            # Until Django is back in autocommit, our own connection would begin a transaction.
            self._beside.run(lambda: self._other(twist.what))
        else:
            self._other(twist.what)
