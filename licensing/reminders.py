"""Reminders in good time: each of a thing's turns is owed once, and after a downtime only the one that still helps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from licensing.notices import notice, owe_all

BATCH = 1000


def owe_reminders(
    rows: QuerySet[Any], *, kind: str, date_field: str, turns: Sequence[timedelta], at: datetime
) -> int:
    """Owe a reminder of `kind` for each of `rows` whose `date_field` comes within one of `turns`, the nearest first.

    A row within one day gets the turn of one day and not that of three. Safe to repeat: one notice a row, turn and
    date. Rows name their customer. Returns how many were looked at; memory stays flat, in batches of 1,000.
    """
    return sum(
        _owe_turn(
            rows.filter(**{f"{date_field}__gt": at + nearer, f"{date_field}__lte": at + turn}),
            kind=kind,
            date_field=date_field,
            turn=turn,
            at=at,
        )
        for nearer, turn in zip((timedelta(0), *turns), turns, strict=False)
    )


def _owe_turn(rows: QuerySet[Any], *, kind: str, date_field: str, turn: timedelta, at: datetime) -> int:
    looked, last = 0, 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        owe_all(
            notice(
                customer=row.customer_id,
                kind=kind,
                subject=row,
                period=f"{turn.days}d:{getattr(row, date_field):%Y-%m-%d}",
                at=at,
            )
            for row in batch
        )
        looked += len(batch)
        last = batch[-1].pk
    return looked
