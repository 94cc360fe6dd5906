"""The history in words: what an event changed, with names in place of row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.dateparse import parse_datetime

from billing.admin.words import money
from licensing.models import Edition, Event, Price, Tier
from licensing.staff_words import kind_words, subject_words, when
from portal.models import User

NAMED: dict[str, type[Model]] = {"tier": Tier, "edition": Edition, "price": Price, "owner": User}
# Amounts are in minor units of the currency that stands beside them.
AMOUNTS = {"due", "charged", "refunded", "credit"}
# Facts that are keys of ours, with underscores for spaces.
CHOICES = {"state", "end", "failure", "role"}

Names = dict[tuple[str, Any], str]
NOTHING = "–"


@dataclass(frozen=True)
class Change:
    """One fact of an event. Where `before` is empty it came with the event; a dash is a fact that went or is none."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One event as a person reads it."""

    at: datetime
    what: str
    subject: str
    by: str
    reason: str
    changes: list[Change]


def lines(events: Sequence[Event]) -> list[Line]:
    """Events in words. At most one query for each kind of row they name."""
    names = _names(events)
    return [
        Line(
            at=event.at,
            what=kind_words(event.kind),
            subject=subject_words(event.subject),
            by=event.by,
            reason=event.reason,
            changes=list(_changes(event, names)),
        )
        for event in events
    ]


def _changes(event: Event, names: Names) -> Iterable[Change]:
    currency = str(event.after.get("currency") or event.before.get("currency") or "")
    for key in dict.fromkeys([*event.before, *event.after]):
        before, after = event.before.get(key), event.after.get(key)
        if before == after or (key == "currency" and AMOUNTS & event.after.keys()):
            continue
        yield Change(
            what=key.replace("_", " "),
            before=_written(names, key, before, currency) if key in event.before else "",
            after=_written(names, key, after, currency),
        )


def _written(names: Names, key: str, value: Any, currency: str) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{name}: {part}" for name, part in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key in NAMED:
        return names.get((key, value), str(value))
    if key in AMOUNTS and currency:
        return money(value, currency)
    moment = _moment(value)
    if moment:
        return when(moment)
    return str(value).replace("_", " ") if key in CHOICES else str(value)


def _moment(value: Any) -> datetime | None:
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _names(events: Sequence[Event]) -> Names:
    names: Names = {}
    for key, model in NAMED.items():
        ids = {facts.get(key) for event in events for facts in (event.before, event.after)}
        wanted = [each for each in ids if isinstance(each, int)]
        if wanted:
            rows = model._default_manager.filter(pk__in=wanted)
            for row in rows.select_related("edition") if key == "tier" else rows:
                names[key, row.pk] = row.key if isinstance(row, Edition) else str(row)
    return names
