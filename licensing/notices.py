"""The outbox: what we owe somebody to say, written in the same transaction as its cause.

A notice is owed at most once: (customer, kind, subject, period) is unique, so writing it again does nothing. Whether it
is still true is asked at sending; sending is the portal's part.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models

from licensing.history import subject_of
from licensing.models import Customer, Notice


def owe(
    *,
    customer: Customer | int,
    kind: str,
    subject: models.Model,
    at: datetime,
    period: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Owe `customer` one notice of `kind` about `subject`; `period` tells its turns apart (7d:2026-12-14)."""
    owe_all([notice(customer=customer, kind=kind, subject=subject, at=at, period=period, facts=facts)])


def notice(
    *,
    customer: Customer | int,
    kind: str,
    subject: models.Model,
    at: datetime,
    period: str = "",
    facts: dict[str, Any] | None = None,
) -> Notice:
    """A notice, not yet written; `owe_all` writes it."""
    return Notice(
        customer_id=customer if isinstance(customer, int) else customer.pk,
        kind=kind,
        subject=subject_of(subject),
        period=period,
        facts=facts or {},
        owed_at=at,
    )


def owe_all(notices: Iterable[Notice]) -> None:
    """Write many at once; those owed already are left as they are."""
    Notice.objects.bulk_create(list(notices), batch_size=1000, ignore_conflicts=True)
