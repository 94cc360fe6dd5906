"""Writes the history. Called inside the transaction of the change that it records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from licensing.models import Customer, Event


@dataclass(frozen=True)
class Actor:
    """Who does it: a person, or a part of the software such as "the clock" or "Stripe"."""

    user_id: int | None
    words: str

    @classmethod
    def person(cls, user: Any) -> Actor:
        """`user` is whoever is signed in."""
        return cls(user_id=user.pk, words=str(user))


CLOCK = Actor(user_id=None, words="the clock")
STRIPE = Actor(user_id=None, words="Stripe")
COMMAND = Actor(user_id=None, words="a command")


def subject_of(row: models.Model) -> str:
    """How events and notices name a row: licence:12."""
    return f"{row._meta.model_name}:{row.pk}"


def entry(
    *,
    customer: Customer | int,
    kind: str,
    subject: models.Model,
    at: datetime,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> Event:
    """An event, not yet saved; `record` or a bulk insert saves it."""
    return Event(
        customer_id=customer if isinstance(customer, int) else customer.pk,
        kind=kind,
        subject=subject_of(subject),
        at=at,
        actor_id=actor.user_id,
        by=actor.words[:160],
        before=before or {},
        after=after or {},
        reason=reason[:400],
    )


def record(*events: Event) -> None:
    Event.objects.bulk_create(events)
