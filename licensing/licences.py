"""Opening and moving licences. Every change counts the version up and leaves an event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as words

from licensing.history import Actor, entry, record
from licensing.models import Customer, Licence
from licensing.reasons import Clause
from licensing.terms import EditionTerms

EDITION_KEPT = Clause(
    "edition-kept",
    words(
        "You keep the edition you bought: its price and all it gives, for as long as you stay on your tier. "
        "Changing the tier puts you on the edition of that day, and you are told before what you give up."
    ),
)


def lock_customer(customer_id: int) -> Customer:
    """Take the first lock of the fixed order: customer → licence → quote or order. Inside a transaction only."""
    return Customer.objects.select_for_update().get(pk=customer_id)


def lock_live_licence(customer_id: int) -> Licence:
    """Take the customer's lock, then the live licence's. Raises Licence.DoesNotExist where there is none."""
    lock_customer(customer_id)
    return Licence.objects.select_for_update().get(customer_id=customer_id, ended_at=None)


def open_free_licence(*, customer: Customer, edition: EditionTerms, at: datetime, actor: Actor) -> Licence:
    """Give a new customer the free tier of `edition`. Called inside the transaction that makes the customer."""
    tier = edition.free_tier
    licence = Licence.objects.create(
        customer=customer,
        product_id=edition.product_id,
        edition_id=edition.id,
        tier_id=tier.id,
        seats=tier.min_seats,
        started_at=at,
    )
    record(
        entry(
            customer=customer,
            kind="licence_opened",
            subject=licence,
            at=at,
            actor=actor,
            after=snapshot(licence),
        )
    )
    return licence


def change_licence(
    *, licence: Licence, kind: str, at: datetime, actor: Actor, reason: str = "", **fields: Any
) -> bool:
    """Set `fields` on a locked licence and record it; False, and nothing written, where nothing differs.

    `kind` names the event: licence_moved, licence_renewed, licence_past_due, …
    """
    if all(getattr(licence, name) == value for name, value in fields.items()):
        return False
    before = snapshot(licence)
    for name, value in fields.items():
        setattr(licence, name, value)
    licence.version += 1
    licence.save(update_fields=[*fields, "version"])
    record(
        entry(
            customer=licence.customer_id,
            kind=kind,
            subject=licence,
            at=at,
            actor=actor,
            before=before,
            after=snapshot(licence),
            reason=reason,
        )
    )
    return True


def touch_licence(*, licence: Licence, kind: str, at: datetime, actor: Actor, reason: str) -> None:
    """Count a locked licence's version up although nothing of it changes: what was quoted before holds no more."""
    same = snapshot(licence)
    licence.version += 1
    licence.save(update_fields=["version"])
    record(
        entry(
            customer=licence.customer_id,
            kind=kind,
            subject=licence,
            at=at,
            actor=actor,
            before=same,
            after=same,
            reason=reason,
        )
    )


def snapshot(licence: Licence) -> dict[str, Any]:
    """What an event keeps of a licence, as plain JSON values."""
    return {
        "edition": licence.edition_id,
        "tier": licence.tier_id,
        "price": licence.price_id,
        "seats": licence.seats,
        "state": licence.state,
        "period_start": licence.period_start.isoformat() if licence.period_start else None,
        "period_end": licence.period_end.isoformat() if licence.period_end else None,
        "cancels_at_period_end": licence.cancels_at_period_end,
    }
