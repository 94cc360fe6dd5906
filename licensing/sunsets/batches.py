"""Planned changes a batch at a time, locked in the order of the house: the customer first."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from licensing.models import PlannedChange

BATCH = 1000


def locked(changes: QuerySet[PlannedChange]) -> tuple[list[PlannedChange], int | None]:
    """The first thousand of `changes` in their order, locked, and the key of the last where there may be more. Inside a
    transaction only.

    Whom somebody else is at work on is passed over, for the next sweep. The lock on the customer is the one that
    writing an event takes in any case; taken only then, it would be taken after the change's, and whoever took both in
    the order of the house would wait in a circle.
    """
    near = list(changes.values_list("pk", "customer_id")[:BATCH])
    free = _free({customer for _pk, customer in near})
    rows = changes.filter(pk__in=[pk for pk, customer in near if customer in free])
    found = list(rows.select_for_update(of=("self",), skip_locked=True))
    return found, near[-1][0] if len(near) == BATCH else None


def _free(customers: Iterable[int]) -> set[int]:
    """Those whose lock nobody holds; they stay on record until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM licensing_customer WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE SKIP LOCKED",
            [list(customers)],
        )
        return {number for (number,) in cursor.fetchall()}
