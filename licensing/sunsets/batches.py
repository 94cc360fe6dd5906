"""Planned changes a batch at a time, locked in the order of the house: the customer first."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from licensing.models import PlannedChange

BATCH = 1000
# What others may have changed between reading and locking.
MOVING = ("state", "notice_id", "told_at", "takes_effect_at", "begun_at")


def locked(changes: QuerySet[PlannedChange]) -> tuple[list[PlannedChange], int | None]:
    """The first thousand of `changes` in their order, locked, and the key of the last where there may be more. Inside a
    transaction only.

    Whom somebody else is at work on is passed over, for the next sweep. The lock on the customer is the one that
    writing an event takes in any case; taken only then, it would be taken after the change's, and whoever took both in
    the order of the house would wait in a circle.
    """
    near = list(changes[:BATCH])
    free = _free({change.customer_id for change in near})
    held = PlannedChange.objects.filter(pk__in=[change.pk for change in near if change.customer_id in free])
    now = {pk: rest for pk, *rest in held.select_for_update(skip_locked=True).values_list("pk", *MOVING)}
    found = [change for change in near if now.get(change.pk) == [getattr(change, name) for name in MOVING]]
    return found, near[-1].pk if len(near) == BATCH else None


def _free(customers: Iterable[int]) -> set[int]:
    """Those whose lock nobody holds; they stay on record until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM licensing_customer WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE SKIP LOCKED",
            [list(customers)],
        )
        return {number for (number,) in cursor.fetchall()}
