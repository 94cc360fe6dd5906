"""Asking for exceptions as support does, and what then holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from licensing import waivers
from licensing.entitlements import Entitlement, entitlements
from licensing.history import Actor
from licensing.models import Customer, Event, Waiver
from licensing.standing import standing_of
from licensing.waivers.threshold import Wish
from tests.cast import NOON, person

DAY = timedelta(days=1)


def support() -> Actor:
    return Actor.person(person("Sam Support"))


def finance() -> Actor:
    return Actor.person(person("Fin Finance"))


def projects(value: int | None, *, days: int = 30, at: datetime = NOON) -> Wish:
    """Team has room for 20 of them."""
    return Wish("limit", at, at + days * DAY, feature_key="projects", value=value)


def ask(customer: Customer, wish: Wish, *, actor: Actor | None = None, at: datetime = NOON) -> Waiver:
    return waivers.ask_for_waiver(
        customer=customer,
        wish=wish,
        reason="Ticket 4711: they move to us from another tool.",
        words="So that you can move without haste.",
        actor=actor or support(),
        at=at,
    )


def grant(customer: Customer, wish: Wish, *, at: datetime = NOON) -> Waiver:
    """Asked for, and approved where that is needed."""
    waiver = ask(customer, wish, at=at)
    return waiver if waiver.granted_at else waivers.approve(waiver=waiver, actor=finance(), at=at)


def entitled(customer: Customer, feature: str, *, at: datetime = NOON) -> Entitlement:
    return entitlements(standing_of(customer, at=at))[feature]


def kinds_of(waiver: Waiver) -> list[str]:
    """What the history says of it, in order."""
    subject = f"waiver:{waiver.pk}"
    return list(Event.objects.filter(subject=subject).order_by("pk").values_list("kind", flat=True))
