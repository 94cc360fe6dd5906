"""Somebody who pays for the edition that ends: at the sandbox, over HTTP, with mails that have fates of their own."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from billing.answers import StripeRefused, StripeUnavailable
from billing.cancellation import UnableToCancel, cancel_at_period_end, undo_cancellation
from billing.edition_moves import move_due
from billing.models import Order, PriceMove, StripeEvent
from billing.orders import QuoteChanged, UnableToAccept
from billing.quotes import UnableToQuote
from licensing import deliveries, sunsets
from licensing.catalogue import load_draft
from licensing.history import COMMAND, Actor
from licensing.models import Delivery, Edition, NoticeRule, PlannedChange, Product, Sunset
from licensing.terms import edition_terms, storefront
from portal.mails.outbox import send_due
from tests.billing.conftest import newcomer
from tests.cast import CATALOGUES, TODAY
from tests.infra.sandbox import Sandbox
from tests.kept.books import Books, Mail, Plan
from tests.machine.stripe_shows import Door
from tests.publishing import colleague, publish, writer
from tests.sunsets.scenes import sweep

NO = (UnableToQuote, UnableToAccept, QuoteChanged, UnableToCancel, StripeUnavailable, StripeRefused)


class Holder:
    """One customer on Team of what was sold until now, by the month; and the end of that, with its books.

    `is_heard` where all of Stripe's word has come.
    """

    def __init__(self, sandbox: Sandbox, door: Door, seen: Counter[str]) -> None:
        self.door, self.seen = door, seen
        self._offset = timedelta(0)
        self._heard = 0
        self.is_heard = False
        _put_away()
        door.post("reset", {"keep_catalogue": True})
        self.books = Books({(rule.kind, rule.jurisdiction): rule.days for rule in NoticeRule.objects.all()})
        self.ends = Edition.objects.get(pk=storefront().edition.id)
        self.buyer = newcomer(sandbox).with_card()
        self._buy("team", seats=2, interval="month")

    @property
    def now(self) -> datetime:
        """The sandbox's time, which is ours."""
        return timezone.now() + self._offset

    @property
    def changes(self) -> list[PlannedChange]:
        found = PlannedChange.objects.filter(customer=self.buyer.customer)
        return list(found.select_related("customer", "licence__price", "tier", "sunset").order_by("pk"))

    def bills(self) -> list[dict[str, Any]]:
        """Every invoice at Stripe, oldest first."""
        return list(self.door.post("objects", {"invoice": 0})["invoice"])

    # The vendor

    def announce(self, *, price: int, notice: dict[str, int]) -> None:
        """What is sold from now on costs so much a month for Team; what this customer holds ends as soon as may be."""
        NoticeRule.objects.exclude(jurisdiction="").delete()
        for kind, days in notice.items():
            NoticeRule.objects.filter(kind=kind).update(days=days)
        self.books.days = {(kind, ""): days for kind, days in notice.items()}
        number = Edition.objects.count()
        source = Path(CATALOGUES / f"meridian-{TODAY}.toml").read_text()
        source = source.replace(TODAY, f"2026-1-{number}").replace("January 2026", f"Terms {number}")
        follows = publish(load_draft(source=source.replace("2300", str(price)), at=self.now), at=self.now)
        days = max(notice.values())
        sunset = Sunset.objects.create(
            product=Product.objects.get(), edition=self.ends, replacement=follows, reason="It cannot go on.",
            instead="What is sold today.", export="Nothing is lost.",
            first_on=(self.now + timedelta(days=days + 5)).date(),
        )  # fmt: skip
        sunset.authors.add(writer())
        sunsets.announce(sunset=sunset, approver=Actor.person(colleague()), at=self.now)
        self.books.plans[sunset.pk] = Plan("", "", sunset.first_on, self.ends.pk, follows.pk)

    def withdraw(self) -> None:
        for number, plan in self.books.plans.items():
            if plan.withdrawn_at is None:
                at = plan.withdrawn_at = self.now
                sunsets.withdraw(
                    sunset=Sunset.objects.get(pk=number), actor=COMMAND, reason="Asked back.", at=at
                )
                self.seen["withdrawn"] += 1

    # Mails

    def post(self, fate: str) -> None:
        at = self.now
        send_due(at=at)
        fresh = Delivery.objects.filter(
            sent_at=at, notice__kind="edition_ending", notice__customer=self.buyer.customer
        )
        for delivery in fresh.select_related("notice"):
            change = PlannedChange.objects.get(pk=int(delivery.notice.subject.partition(":")[2]))
            assert change.takes_effect_at is not None, "a mail without a day"
            Delivery.objects.filter(pk=delivery.pk).update(
                expects_word=True, provider_id=f"mail-{delivery.pk}"
            )
            self.books.mails[delivery.pk] = Mail(change.pk, at, change.takes_effect_at, is_quiet=False)
            if fate in ("delivered", "bounced"):
                self.report(delivery.pk, fate)

    def report(self, number: int, outcome: str) -> None:
        """The provider says what became of a mail, just now."""
        at, mail = self.now, self.books.mails[number]
        delivery = Delivery.objects.get(pk=number)
        deliveries.report(
            provider_id=delivery.provider_id, address=delivery.address, outcome=outcome,
            reported_at=at.astimezone(UTC), why="", at=at,
        )  # fmt: skip
        mail.reported_at = at
        mail.arrived_at = None if outcome == "bounced" else mail.arrived_at or at
        self.seen[f"mails {outcome}"] += 1

    def arrives_late(self) -> None:
        """What nothing was heard of arrives just now."""
        for number, mail in self.books.mails.items():
            if mail.reported_at is None:
                self.report(number, "delivered")

    # Our sweeps, Stripe, and time

    def sweep(self) -> None:
        sweep(at=self.now)

    def prepare(self) -> None:
        move_due(at=self.now)

    def hear(self) -> None:
        """Stripe's word comes, all of it."""
        new = self.door.post("objects", {"event": self._heard})["event"]
        self._heard += len(new)
        self.buyer.receive(*new, at=self.now)
        self.is_heard = True

    def let_pass(self, time: timedelta) -> None:
        answer = self.door.post("clock", {"advance": max(0, int(time.total_seconds()))})
        self._offset = timedelta(seconds=answer["offset"])
        self.is_heard = False

    def comes_near(self, lead: timedelta) -> None:
        """Time passes up to so long before the renewal."""
        end = self.buyer.licence.period_end
        if end is not None:
            self.let_pass(end - lead - self.now)

    def falter(self, fault: str) -> None:
        """The next change that Stripe is asked for goes wrong."""
        match = {"method": "POST", "path": "/v1/subscriptions/"}
        self.door.post("faults", {"match": match, "fault": fault, "times": 1, "after": 0})

    # The owner

    def buys(self, tier: str, *, seats: int, interval: str) -> None:
        """On today's terms; where it is the tier that is held, on those that are held, until they are left."""
        with contextlib.suppress(*NO):
            self._buy(tier, seats=seats, interval=interval)
            self.seen["changes by the owner"] += 1

    def changes_mind(self) -> None:
        """Cancels, or undoes it."""
        customer, actor, at = self.buyer.customer, self.buyer.actor, self.now
        with contextlib.suppress(*NO):
            if self.buyer.licence.cancels_at_period_end:
                undo_cancellation(customer=customer, actor=actor, at=at)
            else:
                cancel_at_period_end(customer=customer, actor=actor, at=at, gives_up=True)
            self.seen["changes of mind"] += 1

    def _buy(self, tier: str, *, seats: int, interval: str) -> None:
        licence = self.buyer.licence
        held = edition_terms(licence.edition_id) if tier == licence.tier.key else None
        quote = self.buyer.quote(tier, seats=seats, interval=interval, at=self.now, edition=held)
        self.buyer.accept(quote, self.now, gives_up=True)
        self.hear()


def _put_away() -> None:
    """What the one before left undone; no later one may meet it."""
    at = timezone.now()
    PlannedChange.objects.exclude(state="done").update(state="void", why="", begun_at=None)
    Sunset.objects.filter(withdrawn_at=None).update(withdrawn_at=at)
    PriceMove.objects.filter(outcome="asked").update(outcome="refused")
    Order.objects.filter(state=Order.State.PENDING).update(state=Order.State.FAILED, closed_at=at)
    StripeEvent.objects.filter(handled_at=None).update(handled_at=at)
