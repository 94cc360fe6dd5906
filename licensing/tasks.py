"""The sweeps of licensing, as Celery runs them. The clock is read here."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from licensing import restores, trials, waivers


@shared_task
def sweep_trials() -> dict[str, int]:
    """End the trials whose time has run, then owe the reminders that are due."""
    at = timezone.now()
    if restores.is_held(at=at):
        return restores.HELD
    return {"trials_ended": trials.expire_due(at=at), "trial_reminders": trials.remind_due(at=at)}


@shared_task
def sweep_waivers() -> dict[str, int]:
    """Tidy up the exceptions whose time has run, then owe the reminders that are due."""
    at = timezone.now()
    if restores.is_held(at=at):
        return restores.HELD
    return {"waivers_closed": waivers.close_due(at=at), "waiver_reminders": waivers.remind_due(at=at)}
