"""Scenes of rehearsals: a draft beside what is sold, and what somebody sees of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from licensing import catalogue
from licensing.models import Customer, Edition, Feature, Licence, Price, Rehearsal, Rehearsed, Tier, Trial
from tests.cast import NOON, TODAY, make_catalogue
from tests.publishing import writer

NEXT = "2026-12"


def next_draft() -> Edition:
    """Today's terms under a new key, by Mara; nothing differs yet."""
    draft = catalogue.draft_from(edition=make_catalogue(), key=NEXT, name="December 2026")
    Edition.objects.filter(pk=draft.pk).update(rationale="Business has more room.")
    draft.refresh_from_db()
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    return draft


def price(draft: Edition, tier: str, amount: int, *, currency: str = "USD", interval: str = "month") -> None:
    Price.objects.filter(tier__edition=draft, tier__key=tier, currency=currency, interval=interval).update(
        unit_amount=amount
    )


def gives(draft: Edition, tier: str, feature: str, value: Any, *, shared: bool = False) -> None:
    row = Feature.objects.get(edition=draft, key=feature)
    Feature.objects.filter(pk=row.pk).update(shared=shared)
    Tier.objects.get(edition=draft, key=tier).grants.update_or_create(feature=row, defaults={"value": value})


def seen(rehearsal: Rehearsal, customer: Customer) -> Rehearsed:
    return Rehearsed.objects.get(rehearsal=rehearsal, customer=customer)


def trial(customer: Customer) -> Trial:
    """Ada tries Business."""
    licence = Licence.objects.get(customer=customer, ended_at=None)
    return Trial.objects.create(
        customer=customer,
        product_id=licence.product_id,
        licence=licence,
        tier=Tier.objects.get(edition__key=TODAY, key="business"),
        started_at=NOON - timedelta(days=3),
        ends_at=NOON + timedelta(days=3),
    )
