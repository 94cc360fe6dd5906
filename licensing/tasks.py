"""The sweeps of licensing, as Celery runs them. The clock is read here."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from licensing import restores, sunsets, trials, waivers


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


@shared_task
def sweep_sunsets() -> dict[str, int]:
    """Plan what announced sunsets touch, tell it, follow the mails, and carry out what is due and told."""
    at = timezone.now()
    if restores.is_held(at=at):
        return restores.HELD
    return {
        "changes_void": sunsets.void_withdrawn(at=at) + sunsets.void_moved(at=at),
        "changes_planned": sunsets.plan_open(at=at),
        "announced": sunsets.tell_due(at=at),
        **sunsets.follow_notices(at=at),
        "took_effect": sunsets.carry_out_due(at=at),
        "sunset_reminders": sunsets.remind_due(at=at),
    }
