"""A sunset of single sign-on on Team: Bo's March 2025 gives it, what is sold today does not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import time_machine

from licensing import sunsets
from licensing.entitlements import entitlements
from licensing.history import Actor
from licensing.models import Customer, Delivery, PlannedChange, Product, Sunset
from licensing.standing import standing_of
from licensing.tasks import sweep_sunsets
from portal.mails.outbox import send_due
from tests.cast import NOON, make_catalogue
from tests.publishing import colleague, writer

FIRST = date(2027, 2, 15)


def draft(**fields: Any) -> Sunset:
    """Mara's plan, not yet announced."""
    make_catalogue()
    sunset = Sunset.objects.create(
        **{
            "product": Product.objects.get(key="meridian"),
            "feature_key": "sso",
            "tier_key": "team",
            "reason": "Single sign-on moves to Business, where the directory sync that it needs is kept up.",
            "instead": "Everybody signs in with a passkey or a password.",
            "export": "Download the list of your people under Team, and give each a passkey before that day.",
            "first_on": FIRST,
            **fields,
        }
    )
    sunset.authors.add(writer())
    return sunset


def announced(*, at: datetime = NOON, **fields: Any) -> Sunset:
    """The same, announced by Noor."""
    return sunsets.announce(sunset=draft(**fields), approver=Actor.person(colleague()), at=at)


def mails(*, at: datetime, delivered: bool = True) -> int:
    """Send what is owed; by a provider, which says at once that everything arrived."""
    sent = send_due(at=at).sent
    Delivery.objects.filter(sent_at=at).update(expects_word=True)
    if delivered:
        Delivery.objects.filter(sent_at=at).update(outcome="delivered", outcome_at=at, arrived_at=at)
    return sent


def sweep(*, at: datetime) -> None:
    """One turn of the sweep, as the worker runs it."""
    with time_machine.travel(at, tick=False):
        sweep_sunsets()


def has(customer: Customer, key: str = "sso", *, at: datetime) -> bool:
    """Whether the customer may use the thing at a moment."""
    return bool(entitlements(standing_of(customer, at=at))[key].value)


def change_of(customer: Customer) -> PlannedChange:
    return PlannedChange.objects.get(customer=customer)


def days(count: float) -> timedelta:
    return timedelta(days=count)
