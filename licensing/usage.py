"""Readings of how much of a limit is used, and what they tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as words

from licensing.entitlements import Entitlement
from licensing.models import Customer, Feature, UsageReading
from licensing.reasons import Clause
from licensing.rows import ask
from licensing.sharing import terms_held
from licensing.terms import FeatureTerms

PACE_WINDOW = timedelta(days=45)
NEAR = 0.8  # of a limit


DATA_KEPT = Clause(
    "data-kept",
    words(
        "What you have made stays, whatever tier you are on. Above a limit you can work with all you have, "
        "and add nothing more; what is counted by the month starts again with each month."
    ),
)


class UnableToRecord(ValueError):
    """The reading does not fit the customer's terms."""


@dataclass(frozen=True)
class Usage:
    """The newest reading of a feature, and the oldest of the last 45 days to tell the pace."""

    value: int
    read_at: datetime
    earlier_value: int
    earlier_at: datetime


@dataclass(frozen=True)
class Meter:
    """One limit and how much of it is used. `limit` None: no limit. `full_at`: when, at the present pace.

    `source` and `until` are the entitlement's.
    """

    feature: FeatureTerms
    used: int
    limit: int | None
    read_at: datetime
    source: str
    until: datetime | None
    full_at: datetime | None

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)

    @property
    def percent(self) -> int:
        """Whole percent of the limit, at most 100; 0 where there is no limit."""
        return (
            0 if self.limit is None else 100 if self.limit == 0 else min(100, self.used * 100 // self.limit)
        )

    @property
    def is_near(self) -> bool:
        return self.limit is not None and self.used >= self.limit * NEAR

    @property
    def is_full(self) -> bool:
        return self.limit is not None and self.used >= self.limit


def record_reading(*, customer: Customer, feature_key: str, value: int, at: datetime) -> UsageReading:
    """Store a reading of a limit, in the feature's own unit, read at `at`.

    Raises UnableToRecord where the customer's edition has no such limit, or the value is below zero.
    """
    licence = customer.licences.get(ended_at=None)
    feature = terms_held(licence).feature(feature_key)
    if feature is None or feature.kind != Feature.Kind.LIMIT:
        raise UnableToRecord(f"{customer.name} has no limit named {feature_key!r}.")
    if not 0 <= value < 2**63:
        raise UnableToRecord(f"A reading is a whole number from 0 up, not {value}.")
    return UsageReading.objects.create(customer=customer, feature_key=feature_key, value=value, read_at=at)


def usage_of(customer: Customer, *, at: datetime) -> dict[str, Usage]:
    """Feature key → usage, in one query."""
    rows = ask(
        """
            SELECT n.feature_key, n.value, n.read_at, o.value, o.read_at
            FROM (SELECT DISTINCT ON (feature_key) feature_key, value, read_at FROM licensing_usagereading
                  WHERE customer_id = %(customer)s AND read_at <= %(at)s
                  ORDER BY feature_key, read_at DESC, id DESC) n
            CROSS JOIN LATERAL (SELECT value, read_at FROM licensing_usagereading
                  WHERE customer_id = %(customer)s AND feature_key = n.feature_key AND read_at >= %(since)s
                  UNION ALL SELECT n.value, n.read_at
                  ORDER BY read_at LIMIT 1) o
            """,
        {"customer": customer.pk, "at": at, "since": at - PACE_WINDOW},
    )
    return {key: Usage(*rest) for key, *rest in rows}


def meters(*, entitled: dict[str, Entitlement], usage: dict[str, Usage]) -> list[Meter]:
    """A meter for every limit that has been read, in the order of the terms."""
    return [
        Meter(
            feature=entitlement.feature,
            used=usage[key].value,
            limit=entitlement.value,
            read_at=usage[key].read_at,
            source=entitlement.source,
            until=entitlement.until,
            full_at=_full_at(entitlement.feature, usage[key], entitlement.value),
        )
        for key, entitlement in entitled.items()
        if entitlement.feature.kind == Feature.Kind.LIMIT and key in usage and _is_included(entitlement.value)
    ]


def _is_included(value: Any) -> bool:
    return value is None or isinstance(value, int)


def _full_at(feature: FeatureTerms, usage: Usage, limit: int | None) -> datetime | None:
    """When the limit is reached if the last weeks go on. None for monthly counts, no growth, or over a year away."""
    grown, took = usage.value - usage.earlier_value, usage.read_at - usage.earlier_at
    if limit is None or feature.monthly or grown <= 0 or took < timedelta(days=7) or usage.value >= limit:
        return None
    wait = took * ((limit - usage.value) / grown)
    return usage.read_at + wait if wait < timedelta(days=365) else None
