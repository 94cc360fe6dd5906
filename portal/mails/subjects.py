"""Reads in sets what notices are about: one query for all rows of a kind, however many notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Max, Model, QuerySet

from billing.models import Invoice, Order
from licensing.models import (
    Erasure,
    Invitation,
    Licence,
    Notice,
    PlannedChange,
    Price,
    Trial,
    UpgradeRequest,
    UsageReading,
    Waiver,
)
from licensing.sharing import in_force
from licensing.terms import EditionTerms, TierTerms, edition_terms
from licensing.usage import Usage

# What notices are about: rows that belong to a customer.
Row = TypeVar(
    "Row", Erasure, Invitation, Invoice, Licence, Order, PlannedChange, Trial, UpgradeRequest, Waiver
)


def rows_of(notices: Sequence[Notice], rows: QuerySet[Row]) -> dict[int, Row]:
    """Notice number → the row that its subject (`trial:12`) names; only rows of the notice's own customer count."""
    name = rows.model._meta.model_name
    keys = {
        notice.pk: key for notice in notices if (key := _key(notice.subject, name, rows.model)) is not None
    }
    found = rows.in_bulk(set(keys.values()))
    return {
        notice.pk: row
        for notice in notices
        if notice.pk in keys
        and (row := found.get(keys[notice.pk])) is not None
        and row.customer_id == notice.customer_id
    }


def live_licences(customer_ids: Iterable[int]) -> dict[int, Licence]:
    """Customer number → live licence, with its price. One query."""
    licences = Licence.objects.filter(customer_id__in=set(customer_ids), ended_at=None).select_related(
        "price"
    )
    return {licence.customer_id: licence for licence in licences}


def is_yearly(licence: Licence) -> bool:
    """Whether it is paid by the year. `price` is read along."""
    return licence.price is not None and licence.price.interval == Price.Interval.YEAR


def terms_of(licence: Licence) -> tuple[EditionTerms, TierTerms]:
    """The edition and the tier that a licence holds, by their own terms: for their names and prices."""
    edition = edition_terms(licence.edition_id)
    return edition, edition.tier_by_id(licence.tier_id)


def terms_in_force(licence: Licence, *, newest_id: int) -> tuple[EditionTerms, TierTerms]:
    """The same with what later editions share in: for what the customer may do. `newest_id`: the newest edition."""
    edition = in_force(licence.edition_id, newest_id=newest_id).terms
    return edition, edition.tier_by_id(licence.tier_id)


def newest_usage(customer_ids: Iterable[int], *, at: datetime) -> dict[int, dict[str, Usage]]:
    """Customer number → feature key → the newest reading, which tells no pace. One query."""
    readings = UsageReading.objects.filter(customer_id__in=set(customer_ids), read_at__lte=at)
    newest = readings.order_by("customer_id", "feature_key", "-read_at", "-pk")
    found: dict[int, dict[str, Usage]] = {}
    for row in newest.distinct("customer_id", "feature_key"):
        usage = Usage(row.value, row.read_at, row.value, row.read_at)
        found.setdefault(row.customer_id, {})[row.feature_key] = usage
    return found


def newest_of(notices: Sequence[Notice]) -> set[int]:
    """Of these notices, the numbers of those after which no other of the same kind and subject was owed. One query."""
    last = (
        Notice.objects.filter(
            customer_id__in={notice.customer_id for notice in notices},
            kind__in={notice.kind for notice in notices},
            subject__in={notice.subject for notice in notices},
        )
        .values("customer_id", "kind", "subject")
        .annotate(last=Max("pk"))
    )
    return set(last.values_list("last", flat=True))


def _key(subject: str, name: str | None, model: type[Model]) -> object | None:
    """The primary key in `subject`, where it names a row of `model`; None where it does not."""
    kind, _, key = subject.partition(":")
    if kind != name:
        return None
    try:
        found: object = model._meta.pk.to_python(key)
    except ValidationError:
        return None
    return found
