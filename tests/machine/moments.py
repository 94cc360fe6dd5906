"""The moments of a step: before each statement, after each commit, before each request to Stripe and after its answer.

Some have a name of their own, because most depends on them: the two around a request that moves money, the one when a
subscription or an invoice was just seen and nothing is done about it yet, and those before a transaction writes a
licence, an order or an attempt.

At one of them the process may die, or somebody else may do something: that is how two at once are played, one thread
at a time, so that the same run always ends the same.
"""

from __future__ import annotations

import threading
from collections import Counter
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
MOVES_MONEY = ("create_subscription", "change_subscription", "create_checkout")
LOOKS = ("fetch_subscription", "fetch_invoice")
WRITES = (
    'UPDATE "licensing_licence"',
    'UPDATE "billing_order"',
    'INSERT INTO "billing_order"',
    'INSERT INTO "billing_attempt"',
)
BLOCKED = "SELECT cardinality(pg_blocking_pids(%s))"


@dataclass(frozen=True)
class Twist:
    """At the `nth` moment of this sort from now on, die, or let `what` of somebody else happen."""

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
            sleep(0.002)

    def run(self, work: Callable[[], None]) -> None:
        """Do `work` to its end."""
        self._thread.submit(work).result(timeout=300)

    def _waits(self) -> bool:
        """Asked past Django, so that asking is no moment."""
        answer = connection.connection.execute(BLOCKED, [self._connection]).fetchone()
        return bool(answer[0])

    @property
    def is_busy(self) -> bool:
        """Whether what was begun has not been joined yet."""
        return self._running is not None

    def join(self) -> None:
        """Let what was begun come to its end, and raise what it raised."""
        running, self._running = self._running, None
        if running is not None:
            running.result(timeout=300)

    def close(self) -> None:
        self._thread.submit(connections.close_all).result()
        self._thread.shutdown()


class Moments:
    """Counts the moments of a world's steps, and lets a twist happen when its own has come.

    One twist of each sort may wait at a time, over several steps. Only the step's own thread has moments, and none
    while somebody else acts.
    """

    def __init__(self, *, beside: Beside, other: Callable[[str], None]) -> None:
        self._beside = beside
        self._other = other
        self._armed: dict[str, Twist] = {}
        self._passed: Counter[str] = Counter()
        self._is_watching = False
        self.happened: list[str] = []

    def arm(self, twist: Twist | None) -> None:
        """Let `twist` happen when its moment comes, unless another of its sort waits already."""
        if twist is not None and twist.place not in self._armed:
            self._armed[twist.place], self._passed[twist.place] = twist, 0

    def disarm(self) -> None:
        """Nothing more happens in between."""
        self._armed.clear()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Everything done inside has moments. Does not swallow what is raised."""
        if not self._armed:
            yield
            return
        speak, commit = gateway.client.asking, connection.commit
        asks = {name: getattr(gateway, name) for name in MOVES_MONEY + LOOKS}

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

        def moving(name: str) -> Callable[..., Any]:
            def move(**asked: Any) -> Any:
                self._reached("money")
                answer = asks[name](**asked)
                self._reached("money")
                return answer

            return move

        def looking(name: str) -> Callable[..., Any]:
            def look(id: str) -> Any:
                seen = asks[name](id)
                self._reached("seen")
                return seen

            return look

        gateway.client.asking = speaking
        for name in asks:
            setattr(gateway, name, moving(name) if name in MOVES_MONEY else looking(name))
        connection.commit = committing
        self._is_watching = True
        try:
            with connection.execute_wrapper(self._statement):
                yield
        finally:
            self._is_watching = False
            gateway.client.asking = speak
            for name, ask in asks.items():
                setattr(gateway, name, ask)
            connection.commit = commit
            self._beside.join()

    def _statement(self, execute: Callable[..., Any], sql: str, *asked: Any) -> Any:
        self._reached("statement")
        if connection.in_atomic_block and sql.startswith(WRITES):
            self._reached("write")
        return execute(sql, *asked)

    def _reached(self, place: str) -> None:
        if not self._is_watching or threading.current_thread() is not threading.main_thread():
            return
        if not connection.in_atomic_block:
            self._beside.join()
        twist = self._armed.get(place)
        if twist is None or self._beside.is_busy:
            return
        self._passed[place] += 1
        if self._passed[place] > twist.nth:
            del self._armed[place]
            self.happened.append(twist.what)
            self._let_happen(twist)

    def _let_happen(self, twist: Twist) -> None:
        if twist.what == DIE:
            raise Died
        if connection.in_atomic_block:
            self._beside.start(lambda: self._other(twist.what))
            return
        self._is_watching = False
        try:
            if twist.place == "commit":
                # Until Django is back in autocommit, our own connection would begin a transaction.
                self._beside.run(lambda: self._other(twist.what))
            else:
                self._other(twist.what)
        finally:
            self._is_watching = True
