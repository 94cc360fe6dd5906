"""A mailing of due notices, workers that are killed over it, and what must be true of the mails afterwards."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from licensing.models import Delivery, Notice
from portal.tasks import send_notices
from tests.death.nursery import Nursery, Worker
from tests.death.points import POINTS, WINDOW
from tests.mails.scenes import many_parties, owed, settled_order

RANDOM = "random"
PER_PARTY = 20


@dataclass(frozen=True)
class Mail:
    """One mail at the moment the server said yes: during which worker's life, to whom, and which."""

    life: int
    to: str
    message_id: str


@dataclass
class Mailing:
    """The lives of the workers, how each ended, and the mails that were taken meanwhile."""

    nursery: Nursery
    chance: random.Random
    mails: list[Mail] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    @property
    def life(self) -> int:
        """The number of the life that is lived now, from 1."""
        return len(self.ends) + 1

    def end_of(self, life: int) -> str:
        """How a life ended; empty for the last one, which was not cut short."""
        return self.ends[life - 1] if life <= len(self.ends) else ""

    def take(self, *, to: str, message_id: str) -> None:
        """The mail server says yes to a mail."""
        self.mails.append(Mail(self.life, to, message_id))

    def kill_workers(
        self, count: int, *, over: int, points: tuple[str, ...] = (*POINTS, RANDOM, RANDOM)
    ) -> None:
        """Let `count` workers live one after the other, each until its point or a random moment.

        Before each life its share of the notices, `over` in all, falls due: so there is something for each to die over.
        """
        receipts = Receipts(over)
        for turn in range(count):
            receipts.owe(over * (turn + 1) // count - over * turn // count)
            self.live_until(points[turn % len(points)])

    def live_until(self, point: str, **shaped: Any) -> None:
        """One worker, from its birth to its death at `point`."""
        passings = 1 if point in ("batch", "closing", "finished") else self.chance.randint(1, 8)
        shaped = {"batch": 7, "limit": 21, **shaped}
        if point == RANDOM:
            worker = self.nursery.worker(**shaped)
            self._wait_for(self._has_begun, worker)
            time.sleep(self.chance.uniform(0, 0.15))
        else:
            worker = self.nursery.worker(dies_at=point, passings=passings, **shaped)
            self._wait_for(lambda: not worker.is_alive(), worker)
        worker.kill()
        self.ends.append(point)

    def finish_together(self, count: int, **shaped: Any) -> None:
        """So many workers at once, none killed, until nothing waits any more."""
        workers = [self.nursery.worker(**shaped) for _ in range(count)]
        for worker in workers:
            self._wait_for(lambda worker=worker: "ready." in worker.log.read_text(), worker, asking=False)
        try:
            for _ in workers:
                send_notices.delay()
            self._wait_for(self._is_over, workers[0])
        finally:
            for worker in workers:
                worker.kill()

    def finish(self) -> None:
        """One worker that is not killed, until nothing waits any more. What a failed try put off is due by then."""
        Delivery.objects.filter(state=Delivery.State.WAITING).update(next_try_at=timezone.now())
        worker = self.nursery.worker()
        try:
            self._wait_for(self._is_over, worker)
        finally:
            worker.kill()

    def _has_begun(self) -> bool:
        return any(mail.life == self.life for mail in self.mails[-3:])

    def _wait_for(self, done: Callable[[], bool], worker: Worker, *, asking: bool = True) -> None:
        """Until `done`, or for a minute nothing has been mailed; meanwhile ask for a sweep now and then, as beat does,
        unless told not to.
        """
        mailed, since, asked = len(self.mails), time.monotonic(), 0.0
        while not done():
            if mailed != len(self.mails):
                mailed, since = len(self.mails), time.monotonic()
            assert time.monotonic() < since + 60, (
                f"{self._what_waits()}; see {worker.log}:\n{worker.log.read_text()}"
            )
            if asking and time.monotonic() - asked > 1:
                send_notices.delay()
                asked = time.monotonic()
            time.sleep(0.02)

    @staticmethod
    def _what_waits() -> str:
        """For whoever reads why nothing happens any more."""
        waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
        notices = Notice.objects.filter(state=Notice.State.WAITING).count()
        return f"{notices} notices wait, of which {list(waiting.values('next_try_at', 'tries', 'error')[:3])}"

    @staticmethod
    def _is_over() -> bool:
        return not Notice.objects.filter(state=Notice.State.WAITING).exists()


@dataclass(frozen=True)
class Outcome:
    """Who heard what how often. A notice goes to one address here, so a delivery is a notice told."""

    missed: int
    told_twice_differently: int
    repeats: int
    unexplained: int


def outcome_of(mailing: Mailing) -> Outcome:
    """Compare the mails with what was owed.

    A repeat is explained where the first of the two was the last mail of a life that ended between the server's yes
    and our commit: at a point of the window, or at a random moment, which may lie in it.
    """
    last_of_life = {mail.life: place for place, mail in enumerate(mailing.mails)}
    owed_ids = dict(Delivery.objects.values_list("message_id", "address"))
    told: dict[tuple[str, str], int] = {}
    repeats = unexplained = 0
    for place, mail in enumerate(mailing.mails):
        before = told.get((mail.to, mail.message_id))
        if before is not None:
            life = mailing.mails[before].life
            repeats += 1
            unexplained += before != last_of_life[life] or mailing.end_of(life) not in (*WINDOW, RANDOM)
        told[mail.to, mail.message_id] = place
    ids = [message_id for _, message_id in told]
    return Outcome(
        missed=Notice.objects.exclude(deliveries__message_id__in=ids).count(),
        told_twice_differently=sum(owed_ids.get(message_id) != to for to, message_id in told),
        repeats=repeats,
        unexplained=unexplained,
    )


class Receipts:
    """Receipts to owe, `count` at most, twenty to a customer."""

    def __init__(self, count: int) -> None:
        self._parties = many_parties(-(-count // PER_PARTY))
        self._orders = [settled_order(party, invoice=f"D-{party.customer.pk}") for party in self._parties]
        self._owed = 0

    def owe(self, count: int) -> None:
        """Let so many more fall due, now."""
        for _ in range(count):
            period, whose = divmod(self._owed, len(self._parties))
            owed(self._parties[whose], "receipt", self._orders[whose], period=str(period), at=timezone.now())
            self._owed += 1


def owe_receipts(count: int) -> None:
    """So many receipts, all due at once."""
    Receipts(count).owe(count)
