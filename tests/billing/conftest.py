"""Buying for real: our functions, PostgreSQL, and the sandbox over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from billing import gateway
from billing.models import Order, Payer, Quote
from billing.orders import accept_quote
from billing.payers import ensure_payer, refresh_payer
from billing.quotes import issue_quote
from licensing.catalogue import load_draft, publish
from licensing.customers import open_customer
from licensing.eligibility import Change
from licensing.history import COMMAND, Actor
from licensing.models import Customer
from licensing.terms import storefront
from portal.situation import situation_of
from tests.infra.sandbox import Sandbox

RETURN = "http://testserver/back/"


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
        payer = ensure_payer(customer=self.customer, email=self.user.email)
        with gateway._asking() as v1:
            method = v1.payment_methods.attach(token, {"customer": payer.stripe_id})
        gateway.keep_card(customer_id=payer.stripe_id, payment_method_id=method.id)
        for subscription in gateway.list_subscriptions(payer.stripe_id):
            with gateway._asking() as v1:
                v1.subscriptions.update(subscription.stripe_id, {"default_payment_method": method.id})
        refresh_payer(payer)
        return self

    def quote(self, tier: str, *, seats: int = 3, interval: str = "month", at: datetime | None = None) -> Quote:
        at = at or timezone.now()
        today = storefront().edition
        return issue_quote(
            situation=situation_of(self.customer, today=today, at=at),
            change=Change(tier=today.tier(tier), edition=today, seats=seats, interval=interval),
            email=self.user.email,
            actor=self.actor,
            at=at,
        )

    def accept(self, quote: Quote, at: datetime | None = None) -> Order:
        return accept_quote(quote=quote, actor=self.actor, at=at or timezone.now(), return_url=RETURN)

    def buy(self, tier: str, **choice: Any) -> Order:
        return self.accept(self.quote(tier, **choice))

    @property
    def payer(self) -> Payer:
        return Payer.objects.get(customer=self.customer)


@pytest.fixture
def catalogue(transactional_db: None) -> None:
    source = Path("portal/demo/meridian-2026-01.toml").read_text()
    publish(edition=load_draft(source=source, at=timezone.now()), actor=COMMAND, at=timezone.now())


@pytest.fixture
def ada(catalogue: None, sandbox: Sandbox, settings: Any) -> Buyer:
    settings.STRIPE_AUTOMATIC_TAX = True
    user = get_user_model().objects.create_user("ada@demo.test", "demo-portal", name="Ada Okafor")
    customer = open_customer(
        name="Okafor Bakeries",
        country="DE",
        currency="USD",
        time_zone="Europe/Berlin",
        locale="en_US",
        owner=user,
        at=timezone.now(),
    )
    return Buyer(customer, user, sandbox)
