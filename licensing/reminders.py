"""Reminders in good time: each of a thing's turns is owed once, and after a downtime only the one that still helps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import CharField, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from licensing.models import Notice

BATCH = 1000

# The rows never come here: PostgreSQL reads them, writes what is owed, and says how far it came.
_OWE = """
WITH near (customer_id, kind, subject, period, owed_at, due, id) AS ({near}), owed AS (
    INSERT INTO licensing_notice (customer_id, kind, subject, period, facts, owed_at, state, closed_at)
    SELECT customer_id, kind, subject, period, '{{}}', owed_at, 'waiting', NULL FROM near
    ON CONFLICT DO NOTHING
)
SELECT count(*), max(due), (array_agg(id ORDER BY due DESC, id DESC))[1] FROM near
"""


def owe_reminders(
    rows: QuerySet[Any], *, kind: str, date_field: str, turns: Sequence[timedelta], at: datetime
) -> int:
    """Owe a reminder of `kind` for each of `rows` whose `date_field` comes within one of `turns`, the nearest first.

    A row within one day gets the turn of one day and not that of three. Safe to repeat: one notice a row, turn and
    date; what is owed already is passed over, so that a sweep with nothing new to owe only reads. Rows name their
    customer. Returns how many were owed; memory stays flat, in batches of 1,000.
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


def days_of(turns: Sequence[timedelta]) -> str:
    """The turns in days, the farthest first, as a sentence has them: 30, 7 and 1."""
    return get_text_list([str(turn.days) for turn in sorted(turns, reverse=True)], _("and"))


def _owe_turn(rows: QuerySet[Any], *, kind: str, date_field: str, turn: timedelta, at: datetime) -> int:
    """One pass in the order of the dates; each batch begins where the one before ended."""
    not_owed_yet = _not_owed_yet(rows, kind=kind, date_field=date_field, turn=turn, at=at)
    owed, batch = 0, not_owed_yet
    while True:
        count, due, last = _owe(batch[:BATCH])
        owed += count
        if count < BATCH:
            return owed
        beyond = Q(**{f"{date_field}__gt": due}) | Q(pk__gt=last)
        batch = not_owed_yet.filter(beyond, **{f"{date_field}__gte": due})


def _not_owed_yet(
    rows: QuerySet[Any], *, kind: str, date_field: str, turn: timedelta, at: datetime
) -> QuerySet[Any]:
    """The notices that `rows` are short of, column by column as `_OWE` takes them."""
    day = Func(
        F(date_field),
        template="to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        output_field=CharField(),
    )
    notices = Notice.objects.filter(
        customer_id=OuterRef("customer_id"),
        kind=kind,
        subject=OuterRef("its_subject"),
        period=OuterRef("its_period"),
    )
    found: QuerySet[Any] = (
        rows.annotate(
            its_kind=Value(kind),
            its_subject=Concat(Value(f"{rows.model._meta.model_name}:"), Cast("pk", CharField())),
            its_period=Concat(Value(f"{turn.days}d:"), day),
            owed_at=Value(at, output_field=DateTimeField()),
        )
        .filter(~Exists(notices))
        .order_by(date_field, "pk")
        .values_list("customer_id", "its_kind", "its_subject", "its_period", "owed_at", date_field, "pk")
    )
    return found


def _owe(batch: QuerySet[Any]) -> tuple[int, Any, Any]:
    """Write one batch: how many, and the date and key of the last."""
    near, parameters = batch.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_OWE.format(near=near), parameters)
        count, due, last = cursor.fetchone()
    return int(count), due, last
