"""What can happen to one customer: by its people, at Stripe, by our worker and sweeps, and by time. All of it for real.

Every action is a method that reads the present state for itself, does one thing, and bears every no that a person or
a worker may get.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import redis
from django.utils import timezone

from billing import gateway, inbox, renewals, tasks
from billing.answers import StripeRefused, StripeUnavailable
from billing.cancellation import UnableToCancel, cancel_at_period_end, undo_cancellation
from billing.handlers import HANDLERS
from billing.models import Invoice, Order, Quote
from billing.orders import QuoteChanged, UnableToAccept, pursue, withdraw
from billing.payers import billing_portal_url, payer_of, refresh_payer
from billing.quotes import UnableToQuote
from licensing import trials
from licensing.models import Licence, Trial
from licensing.terms import storefront
from licensing.trials import UnableToTry
from portal.facts import facts_of
from tests.billing.conftest import Buyer, Died, newcomer, sign
from tests.infra.sandbox import Sandbox
from tests.machine.kept import Kept, kept, violations
from tests.machine.moments import DIE, Beside, Moments
from tests.machine.stripe_shows import Door, Shown, shown

CARDS = {
    "pays": "4242424242424242",
    "pays too": "5555555555554444",
    "asks the bank": "4000000000003220",
    "is declined": "4000000000000002",
    "fails when charged": "4000000000000341",
}
# What a person or a worker may be told instead of getting what they wanted. Anything else is a fault.
NO = (
    UnableToQuote,
    UnableToAccept,
    QuoteChanged,
    UnableToCancel,
    UnableToTry,
    StripeUnavailable,
    StripeRefused,
)
FAULTS = ("500_before", "500_after", "close_connection", "409", "429")
# Stripe's bad moments last for one request, or for the next look as well.
SILENCES = {f"{fault}, {times} times": (fault, times) for fault in FAULTS for times in (1, 2)}


class World:
    """One customer and everything around it, from a new account on."""

    def __init__(self, *, sandbox: Sandbox, door: Door, beside: Beside) -> None:
        self.door = door
        self.moments = Moments(beside=beside, other=self.of_somebody_else)
        self._offset = timedelta(0)
        door.post("reset", {"keep_catalogue": True})
        self.buyer: Buyer = newcomer(sandbox)
        self.customer = self.buyer.customer
        self.events: list[dict[str, Any]] = []
        self._heard = 0
        self.untold: list[dict[str, Any]] = []
        self.pages: list[str] = []
        self._shown: Shown | None = None
        self._looked_through: Kept | None = None

    @property
    def now(self) -> datetime:
        """The sandbox's time, which is ours."""
        return timezone.now() + self._offset

    def do(self, action: Callable[[], None]) -> None:
        """Carry out one action; at the moment of a twist the process dies or somebody else acts."""
        try:
            with self.moments.watched():
                self._bear(action)
        except Died:
            pass

    def of_somebody_else(self, what: str) -> None:
        if what in SILENCES:
            fault, times = SILENCES[what]
            self.falter(fault=fault, times=times)
        else:
            self._bear(lambda: OTHERS[what](self))

    def _bear(self, action: Callable[[], None]) -> None:
        with contextlib.suppress(NO):
            action()

    def kept(self) -> Kept:
        """What our database holds now. A page that was once shown stays open in somebody's browser."""
        found = kept(self.customer.pk, at=self.now)
        for order in found.orders.values():
            if order["pay_url"] and order["pay_url"] not in self.pages:
                self.pages.append(order["pay_url"])
        return found

    def violations(self, found: Kept) -> list[str]:
        """What of our books breaks a standing invariant; they are looked through where something was written."""
        if found == self._looked_through:
            return []
        self._looked_through = found
        return violations(self.customer.pk)

    # Its people

    def ask_quote(self, *, tier: str, seats: int, interval: str) -> None:
        self.buyer.quote(tier, seats=seats, interval=interval, at=self.now)

    def accept(self, *, back: int = 0) -> None:
        """Press the button on the newest quote, or on one `back` further, in a tab that is still open."""
        quotes = self._quotes()
        if quotes:
            self.buyer.accept(quotes[min(back, len(quotes) - 1)], at=self.now)

    def buy(self, *, tier: str, seats: int, interval: str) -> None:
        self.ask_quote(tier=tier, seats=seats, interval=interval)
        self.accept()

    def come_back(self) -> None:
        """The return page, or a waiting page that looks again."""
        order = self._order()
        if order is not None and order.is_pending:
            pursue(order_id=order.pk, at=self.now)

    def withdraw(self) -> None:
        order = self._order()
        if order is not None and order.is_pending:
            withdraw(order=order, actor=self.buyer.actor, at=self.now)

    def cancel(self) -> None:
        cancel_at_period_end(customer=self.customer, actor=self.buyer.actor, at=self.now)

    def undo(self) -> None:
        undo_cancellation(customer=self.customer, actor=self.buyer.actor, at=self.now)

    def change_mind(self) -> None:
        """Cancel, or undo what was cancelled."""
        if Licence.objects.get(customer=self.customer, ended_at=None).cancels_at_period_end:
            self.undo()
        else:
            self.cancel()

    def try_tier(self, *, tier: str) -> None:
        today = storefront().edition
        facts = facts_of(self.customer, today=today, at=self.now)
        trials.start_trial(
            situation=facts.situation, tier=today.tier(tier), actor=self.buyer.actor, at=self.now
        )

    def give_back(self) -> None:
        trials.end_trial(
            customer=self.customer, end=Trial.End.GIVEN_BACK, actor=self.buyer.actor, at=self.now
        )

    # Its people and the vendor's, on Stripe's own pages

    def pay(self, *, card: str = "pays", back: int = 0) -> None:
        """Pay on a page that is open: Checkout's, or that of an invoice that is owed."""
        if pages := [url for url in self.pages if "/checkout/" in url] + self._owed():
            url = pages[-1 - min(back, len(pages) - 1)]
            self._fill_in(url, number=CARDS[card], saved="", do="pay")

    def answer_bank(self, *, decision: str = "approve") -> None:
        for url in reversed(self.pages):
            if "/challenge/" in url:
                self.buyer.fill_in(url, decision=decision)
                return
            if "/checkout/" in url:
                self.buyer.fill_in(f"{url}/challenge", decision=decision)
                return

    def change_card(self, *, card: str = "pays") -> None:
        """On Stripe's billing portal, and back on our billing page."""
        if payer_of(self.customer) is None:
            # Somebody who has asked for a price is known to Stripe.
            self.ask_quote(tier="team", seats=3, interval="month")
        url = billing_portal_url(customer=self.customer, return_url="http://testserver/billing/")
        self._fill_in(url, number=CARDS[card], do="add")
        refresh_payer(self.buyer.payer)

    def miss_a_renewal(self) -> None:
        """The card on file fails when its month is over."""
        self.change_card(card="fails when charged")
        self.let_pass(timedelta(days=31))
        self.deliver_and_work()

    def remove_card(self) -> None:
        payer = payer_of(self.customer)
        if payer is not None and payer.payment_method_id:
            with gateway.client.asking() as v1:
                v1.payment_methods.detach(payer.payment_method_id)

    def refund(self) -> None:
        """Staff give the last charge back at Stripe."""
        charges = self.door.post("objects", {"charge": 0})["charge"]
        paid = [row for row in charges if row["status"] == "succeeded" and not row["refunded"]]
        if paid:
            with gateway.client.asking() as v1:
                v1.refunds.create({"charge": paid[-1]["id"]})

    # Our worker and sweeps

    def deliver(self, picks: Sequence[int]) -> None:
        """Deliver some events: any of those there are, any number of times, in this order."""
        self.hear()
        for pick in picks:
            if self.events:
                self._receive(self.events[-1 - pick % len(self.events)])

    def deliver_all(self, *, newest_first: bool = False) -> None:
        """Deliver what was not taken yet. What we died over is told again."""
        self.hear()
        for event in self.untold[:: -1 if newest_first else 1]:
            self._receive(event)
            self.untold = [other for other in self.untold if other is not event]

    def work(self) -> None:
        inbox.drain(at=self.now)

    def deliver_and_work(self, *, newest_first: bool = False) -> None:
        self.deliver_all(newest_first=newest_first)
        self.work()

    def sweep(self, *, redis_is_lost: bool = False) -> None:
        """All of the sweeps, half a minute later: what a customer is just doing is left to them."""
        if redis_is_lost:
            self.lose_redis()
        self.let_pass(tasks.LEFT_BEHIND)
        tasks.settle_left_behind(at=self.now)
        tasks.give_back_left_behind(at=self.now)
        renewals.remind_due(at=self.now)
        trials.expire_due(at=self.now)
        trials.remind_due(at=self.now)

    def lose_redis(self) -> None:
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushdb()

    # Time, and Stripe's bad days

    def let_pass(self, time: timedelta) -> None:
        answer = self.door.post("clock", {"advance": int(time.total_seconds())})
        self._offset = timedelta(seconds=answer["offset"])

    def falter(self, *, fault: str, path: str = "/v1/", after: int = 0, times: int = 1) -> None:
        """So many requests go wrong: the next ones, or those after so many others."""
        match = {"method": "" if path == "/v1/" else "POST", "path": path}
        self.door.post("faults", {"match": match, "fault": fault, "times": times, "after": after})

    def heal_stripe(self) -> None:
        self.door.ask("DELETE", "faults")

    def _quotes(self) -> list[Quote]:
        return list(
            Quote.objects.filter(customer=self.customer)
            .select_related("customer", "licence", "tier", "price__tier__edition__product")
            .order_by("-quoted_at")[:3]
        )

    def _order(self) -> Order | None:
        return Order.objects.filter(customer=self.customer).order_by("-accepted_at").first()

    def _owed(self) -> list[str]:
        owed = Invoice.objects.filter(customer=self.customer, status="open")
        return list(owed.values_list("hosted_url", flat=True))

    def _fill_in(self, url: str, **form: str) -> None:
        self.buyer.fill_in(url, **{"expiry": "12/44", "cvc": "123", "name": "Ada", **form})

    def hear(self) -> None:
        """Every change at Stripe is an event; where there is none, all that it shows is as it was.

        Stripe sends only the kinds that our endpoint asks for.
        """
        if new := self.door.post("objects", {"event": self._heard})["event"]:
            self._heard += len(new)
            wanted = [event for event in new if event["type"] in HANDLERS]
            self.events += wanted
            self.untold += wanted
            self._shown = None

    @property
    def twists(self) -> Counter[str]:
        """What happened in the midst of steps."""
        return Counter(_sort(what) for what in self.moments.happened)

    @property
    def undelivered(self) -> int:
        """How many of the events that there are were not taken yet."""
        return len(self.untold)

    def is_at_rest(self, found: Kept) -> bool:
        """Whether all of Stripe's word has come and is worked off, and no order waits."""
        self.hear()
        return not (self.undelivered or found.waiting or found.pending)

    def shown(self) -> Shown:
        """What Stripe shows now."""
        self.hear()
        if self._shown is None:
            self._shown = shown(self.door)
        return self._shown

    def _receive(self, event: dict[str, Any]) -> None:
        payload = json.dumps(event).encode()
        inbox.receive(payload=payload, signature=sign(payload, at=timezone.now()), at=self.now)


def _sort(what: str) -> str:
    """What a twist was, in a few words, for counting."""
    return "deaths" if what == DIE else "requests gone wrong" if what in SILENCES else "others in between"


def _and_its_events(action: Callable[[World], None]) -> Callable[[World], None]:
    """The same, and Stripe's word of it comes at once and is worked off at once."""

    def done(world: World) -> None:
        world._bear(lambda: action(world))
        world.deliver_and_work()

    return done


_ACTS: dict[str, Callable[[World], None]] = {
    "accept": World.accept,
    "accept an earlier one": lambda world: world.accept(back=1),
    "come back": World.come_back,
    "withdraw": World.withdraw,
    "cancel": World.cancel,
    "undo": World.undo,
    "change their mind": World.change_mind,
    "pay": World.pay,
    "answer the bank": World.answer_bank,
    "change card": World.change_card,
    "try": lambda world: world.try_tier(tier="business"),
    "give back": World.give_back,
    "sweep": World.sweep,
}
# What somebody else may do in the middle of a step.
OTHERS: dict[str, Callable[[World], None]] = {
    **_ACTS,
    **{f"{name}, with its events": _and_its_events(act) for name, act in _ACTS.items()},
    "deliver and work": World.deliver_and_work,
}
