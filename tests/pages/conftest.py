"""Pages as the known cast sees them, at noon of one day."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.template.backends.jinja2 import Template
from django.test import Client
from django.test.signals import template_rendered
from django.utils.html import strip_tags

from billing.models import Order, Quote
from licensing.models import Trial, UsageReading
from tests import cast
from tests.cast import NOON, Party

SignIn = Callable[[Any], Client]


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(autouse=True)
def _contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    """`response.context` of compiled templates too: Django's test runner tells only of its own."""
    render = Template.render

    def telling(self: Template, context: Any = None, request: Any = None) -> str:
        template_rendered.send(sender=self, template=self, context=context or {})
        return render(self, context, request)

    monkeypatch.setattr(Template, "render", telling)


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """A browser without a browser, in which that person is signed in and reads English as in Britain."""

    def enter(user: Any) -> Client:
        client = Client(headers={"accept-language": "en-GB"})
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def visitor(db: None) -> Client:
    """Somebody who is not signed in."""
    return Client(headers={"accept-language": "en-GB"})


@pytest.fixture
def ada(db: None) -> Party:
    return cast.ada()


@pytest.fixture
def bo(db: None) -> Party:
    return cast.bo()


@pytest.fixture
def cy(db: None) -> Party:
    return cast.cy()


@pytest.fixture
def di(db: None) -> Party:
    return cast.di()


def uses(party: Party, feature: str, value: int, *, at: datetime = NOON) -> None:
    """What the vendor's product last said of a limit."""
    UsageReading.objects.create(customer=party.customer, feature_key=feature, value=value, read_at=at)


def tries(party: Party, tier: str, *, started_at: datetime, days: int = 14) -> Trial:
    """A trial of one of today's tiers, as if it had been started then."""
    lent = cast.make_catalogue().tiers.get(key=tier)
    return Trial.objects.create(
        customer=party.customer,
        product_id=party.licence.product_id,
        licence=party.licence,
        tier=lent,
        started_at=started_at,
        ends_at=started_at + timedelta(days=days),
    )


def orders(party: Party, *, way: str = Order.Way.CARD, pay_url: str = "") -> Order:
    """An order whose payment is on its way; with `pay_url`, one that waits to be paid there."""
    price = (
        cast.make_catalogue()
        .tiers.get(key="business")
        .prices.get(currency=party.customer.currency, interval="month")
    )
    quote = Quote.objects.create(
        id=uuid.uuid4(),
        customer=party.customer,
        licence=party.licence,
        licence_version=party.licence.version,
        tier_id=price.tier_id,
        price=price,
        seats=8,
        currency=party.customer.currency,
        quoted_at=NOON,
        expires_at=NOON + timedelta(hours=1),
        lines=[],
        subtotal=0,
        tax=0,
        total=0,
        credit=0,
        due=0,
        renews_at=NOON + timedelta(days=30),
        renewal_amount=0,
        fingerprint="",
    )
    return Order.objects.create(
        quote=quote,
        customer=party.customer,
        accepted_at=NOON,
        way=way,
        state=Order.State.PENDING,
        pay_url=pay_url,
    )


def text_of(response: Any) -> str:
    """A page's words without its tags, single-spaced, with entities resolved."""
    apart = re.sub(
        r"(</(?:td|th|li|dt|dd|p|div|h\d|small|span|label|button|a|summary)>)",
        r"\1 ",
        response.content.decode(),
    )
    words = html.unescape(strip_tags(apart))
    return " ".join(words.split()).replace(" .", ".").replace(" ,", ",")
