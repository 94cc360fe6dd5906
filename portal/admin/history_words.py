"""The history in words: what an event changed, with names in place of row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from licensing.staff_words import when
from licensing.models import Edition, Event, Price, Tier

NAMED = {"tier": Tier, "edition": Edition, "price": Price}
NOTHING = "–"


@dataclass(frozen=True)
class Change:
    """One fact that an event changed; `before` or `after` is a dash where there was none."""

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
            what=event.kind.replace("_", " "),
            subject=event.subject,
            by=event.by,
            reason=event.reason,
            changes=list(_changes(event, names)),
        )
        for event in events
    ]


def _changes(event: Event, names: dict[tuple[str, Any], str]) -> Iterable[Change]:
    for key in dict.fromkeys([*event.before, *event.after]):
        before, after = event.before.get(key), event.after.get(key)
        if before != after:
            yield Change(key.replace("_", " "), _written(names, key, before), _written(names, key, after))


def _written(names: dict[tuple[str, Any], str], key: str, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{name}: {part}" for name, part in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key in NAMED:
        return names.get((key, value), str(value))
    moment = _moment(value)
    return when(moment) if moment else str(value).replace("_", " ")


def _moment(value: Any) -> datetime | None:
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _names(events: Sequence[Event]) -> dict[tuple[str, Any], str]:
    names: dict[tuple[str, Any], str] = {}
    for key, model in NAMED.items():
        ids = {facts.get(key) for event in events for facts in (event.before, event.after)}
        wanted = [each for each in ids if isinstance(each, int)]
        if wanted:
            rows = model._default_manager.filter(pk__in=wanted)
            for row in rows.select_related("edition") if key == "tier" else rows:
                names[key, row.pk] = row.key if isinstance(row, Edition) else str(row)
    return names
