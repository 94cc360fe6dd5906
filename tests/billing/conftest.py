"""Buying for real: our functions, PostgreSQL, and the sandbox over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from billing import gateway, inbox
from billing.answers import SubscriptionSeen
from billing.models import Order, Payer, Quote
from billing.orders import accept_quote
from billing.payers import ensure_payer, refresh_payer
from billing.quotes import issue_quote
from billing.reading import read_subscription
from licensing.customers import open_customer
from licensing.history import Actor
from licensing.models import Customer
from licensing.rules.situation import Change
from licensing.terms import EditionTerms, storefront
from portal.facts import facts_of
from portal.models import User
from tests.cast import make_catalogue, person
from tests.infra.environment import WEBHOOK_SECRET
from tests.infra.sandbox import Sandbox

RETURN = "http://testserver/back/"


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Do not follow: where a page leads is what we want to know."""

    def redirect_request(self, *_: Any) -> None:
        return None


def sign(payload: bytes, *, at: datetime, secret: str = WEBHOOK_SECRET) -> str:
    """Stripe's signature header for `payload`, made at `at`."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


@dataclass
class Buyer:
    """A customer with an owner, and the steps of buying in a word each."""

    customer: Customer
    user: Any
    sandbox: Sandbox

    @property
    def actor(self) -> Actor:
        return Actor.person(self.user)

    @property
    def licence(self) -> Any:
        return self.customer.licences.select_related("tier", "price").get(ended_at=None)

    def with_card(self, token: str = "pm_card_visa") -> Buyer:
        """Put a card on file at Stripe, as Stripe's own pages would."""
        payer = ensure_payer(customer=self.customer, email=self.user.email, at=timezone.now())
        with gateway.client.asking() as v1:
            method = v1.payment_methods.attach(token, {"customer": payer.stripe_id})
        gateway.keep_card(customer_id=payer.stripe_id, payment_method_id=method.id)
        for subscription in self.subscriptions():
            with gateway.client.asking() as v1:
                v1.subscriptions.update(subscription.stripe_id, {"default_payment_method": method.id})
        refresh_payer(payer)
        return self

    def quote(
        self,
        tier: str,
        *,
        seats: int = 3,
        interval: str = "month",
        at: datetime | None = None,
        edition: EditionTerms | None = None,
    ) -> Quote:
        """A quote on today's terms, or on those of `edition` where the tier is held on them."""
        at = at or timezone.now()
        today = storefront().edition
        terms = edition or today
        return issue_quote(
            situation=facts_of(self.customer, today=today, at=at).situation,
            change=Change(tier=terms.tier(tier), edition=terms, seats=seats, interval=interval),
            email=self.user.email,
            actor=self.actor,
            at=at,
        )

    def accept(self, quote: Quote, at: datetime | None = None, *, gives_up: bool = False) -> Order:
        return accept_quote(
            quote=quote, actor=self.actor, at=at or timezone.now(), return_url=RETURN, gives_up=gives_up
        )

    def buy(self, tier: str, **choice: Any) -> Order:
        return self.accept(self.quote(tier, **choice))

    def fill_in(self, url: str, **form: str) -> str:
        """Post a form of Stripe's hosted pages, and give back where that leads."""
        asked = urllib.request.Request(url, data=urllib.parse.urlencode(form).encode())
        try:
            with urllib.request.build_opener(_StayHere).open(asked) as answer:
                return str(answer.url)
        except urllib.error.HTTPError as answer:
            return urllib.parse.urljoin(url, answer.headers.get("Location") or "")

    def pay_at_checkout(self, order: Order, number: str = "4242424242424242") -> str:
        return self.fill_in(
            order.pay_url, number=number, expiry="12/34", cvc="123", name="Ada", saved="", do="pay"
        )

    def events(self) -> list[dict[str, Any]]:
        """What Stripe has told so far, oldest first."""
        with gateway.client.asking() as v1:
            found = v1.events.list({"limit": 100})
            return [event.to_dict() for event in found.auto_paging_iter()][::-1]

    def receive(self, *events: dict[str, Any], at: datetime | None = None) -> None:
        """Let signed webhooks of `events` come in, in this order, and work them off."""
        at = at or timezone.now()
        for event in events:
            payload = json.dumps(event, default=str).encode()
            inbox.receive(payload=payload, signature=sign(payload, at=at), at=at)
        inbox.drain(at=at)

    def fault(self, kind: str, *, path: str = "/v1/", method: str = "", after: int = 0, **more: Any) -> None:
        """Let one request to Stripe go wrong: the one that comes `after` so many that match."""
        match = {"method": method, "path": path}
        self.sandbox.control("faults", match=match, fault=kind, times=1, after=after, **more)

    def charged(self) -> list[int]:
        """What this customer's cards were charged, in minor units, oldest first."""
        stripe_id = self.payer.stripe_id
        found = [charge for charge in self.sandbox.charges() if charge["customer"] == stripe_id]
        return [charge["amount"] for charge in sorted(found, key=lambda charge: charge["created"])]

    def subscriptions(self) -> list[SubscriptionSeen]:
        """The subscriptions at Stripe that would be charged again."""
        with gateway.client.asking() as v1:
            listed = v1.subscriptions.list({"customer": self.payer.stripe_id, "status": "all", "limit": 100})
            found = [read_subscription(each.to_dict()) for each in listed.auto_paging_iter()]
        return [each for each in found if each.status not in ("canceled", "incomplete_expired")]

    def credited(self, amount: int) -> None:
        """Let Stripe owe the customer `amount` minor units; below zero, the customer owes it."""
        payer = self.payer
        if more := amount - gateway.fetch_payer(payer.stripe_id).credit:
            currency = self.customer.currency.lower()
            with gateway.client.asking() as v1:
                v1.customers.balance_transactions.create(
                    payer.stripe_id, {"amount": -more, "currency": currency}
                )

    def let_pass(self, **time: int) -> datetime:
        """Let time pass at Stripe for everybody; the moment it is there then."""
        self.sandbox.control("clock", advance=int(timedelta(**time).total_seconds()))
        return datetime.fromtimestamp(self.sandbox.look("health")["now"], UTC)

    @property
    def payer(self) -> Payer:
        return Payer.objects.get(customer=self.customer)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls at the same moment, each in a thread with a database connection of its own; answers or errors."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result() for each in [pool.submit(run, call) for call in calls]]


class Died(BaseException):
    """The worker was killed here: no handler of ours may run."""


@pytest.fixture
def catalogue(transactional_db: None) -> None:
    make_catalogue()


@pytest.fixture
def ada(catalogue: None, sandbox: Sandbox, settings: Any) -> Buyer:
    """Ada's organisation before it has bought anything; 19 % tax."""
    settings.STRIPE_AUTOMATIC_TAX = True
    return newcomer(sandbox, name="Okafor Bakeries", owner="Ada Okafor")


def newcomer(
    sandbox: Sandbox,
    *,
    name: str = "Somebody",
    owner: str = "",
    country: str = "DE",
    currency: str = "USD",
) -> Buyer:
    """An organisation that has bought nothing yet, of an owner of its own."""
    user = person(owner or f"Owner{User.objects.count()}")
    customer = open_customer(
        name=name,
        country=country,
        currency=currency,
        time_zone="Europe/Berlin",
        locale="en_US",
        owner=user,
        at=timezone.now(),
    )
    return Buyer(customer, user, sandbox)
