"""After a restore: what sends or charges holds until the books have been compared with the world outside.

A restored database remembers less than was done: mails that went out, payments that were taken. A restore into another
cluster, a recovery to a point in time and a failover each give the database another identity than the one that is
written in it, and are noticed by themselves. What cannot be seen, such as a copy of the whole disk put back, is said by
`manage.py restored`.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection, transaction

from licensing.history import Actor
from licensing.models import DatabaseIdentity, Restore

THE_DATABASE = Actor(user_id=None, words="the database itself")
# What stands for a part of the identity that could not be read.
UNKNOWN = "unknown"
# What a sweep answers that does nothing because of it.
HELD: dict[str, int] = {"held_after_restore": True}
log = logging.getLogger(__name__)


def is_held(*, at: datetime) -> bool:
    """Whether a restore has not been reconciled yet. One that nobody has noticed before is noticed here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT licensing_database_identity(), (SELECT identity FROM licensing_databaseidentity),"
            " EXISTS (SELECT FROM licensing_restore WHERE reconciled_at IS NULL)"
        )
        identity, known, held = cursor.fetchone()
    if identity == known:
        return bool(held)
    with transaction.atomic():
        noted, is_new = DatabaseIdentity.objects.select_for_update().get_or_create(
            pk=1, defaults={"identity": identity, "noted_at": at}
        )
        if not is_new and _is_another(identity, noted.identity):
            why = f"The database is {identity} and was {noted.identity} when its rows were written."
            noted.identity, noted.noted_at = identity, at
            noted.save()
            hold(actor=THE_DATABASE, why=why, at=at)
    return Restore.objects.filter(reconciled_at=None).exists()


def _is_another(identity: str, noted: str) -> bool:
    """Whether they differ in a part that both name: PostgreSQL may be unable to tell one for a moment, or for good."""
    parts = zip(identity.split("/"), noted.split("/"), strict=True)
    return any(now != then and UNKNOWN not in (now, then) for now, then in parts)


def hold(*, actor: Actor, why: str, at: datetime) -> None:
    """Hold what sends or charges until a reconcile has finished. Where it holds already, nothing happens."""
    Restore.objects.bulk_create(
        [Restore(noticed_at=at, noticed_by=actor.words[:160], why=why[:400])], ignore_conflicts=True
    )
    log.error("database_restored", extra={"why": why})


def end_hold(*, noticed_before: datetime, at: datetime) -> int:
    """Let go what was noticed before a reconcile began that has now finished. Returns how many restores that ends."""
    return Restore.objects.filter(reconciled_at=None, noticed_at__lte=noticed_before).update(reconciled_at=at)
