"""The sweeps of the portal, as Celery runs them. The clock is read here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from celery import shared_task
from django.utils import timezone

from licensing import restores
from portal import erasing, policy
from portal.mails import outbox


@shared_task
def send_notices() -> dict[str, Any]:
    """Send the notices that are owed, true and due."""
    at = timezone.now()
    return restores.HELD if restores.is_held(at=at) else asdict(outbox.send_due(at=at))


@shared_task
def record_policy() -> dict[str, Any]:
    """Keep the rules where they say something new: after a release, a setting or a new edition."""
    return {"recorded": policy.record_policy(at=timezone.now()) is not None}


@shared_task
def erase_due() -> dict[str, int]:
    """Erase the organisations and accounts whose waiting time is over."""
    at = timezone.now()
    return restores.HELD if restores.is_held(at=at) else erasing.erase_due(at=at)
