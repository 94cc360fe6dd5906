"""The sweeps of licensing, as Celery runs them. The clock is read here."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from licensing import restores, sunsets, trials, waivers
from licensing.models import Rehearsal
from licensing.rehearsing import running

# A task that takes longer than five minutes is ended.
A_TURN = timedelta(minutes=3)


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
        "renewals_passed": sunsets.put_off_passed(at=at),
        "sunset_reminders": sunsets.remind_due(at=at),
    }


@shared_task
def rehearse(rehearsal_id: int) -> None:
    """Go on with one rehearsal for a while; what is left is for the next turn. A worker's death costs one batch, and a
    database that is away a minute.
    """
    began = timezone.now()
    try:
        while running.go_on(rehearsal_id, at=timezone.now()):
            if timezone.now() - began > A_TURN:
                rehearse.delay(rehearsal_id)
                return
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        running.fail(rehearsal_id, failure=f"{type(error).__name__}: {error}", at=timezone.now())
        raise


@shared_task
def rehearse_what_runs() -> None:
    """Take up again whatever was left: a message lost, a worker killed."""
    for rehearsal_id in Rehearsal.objects.filter(state=Rehearsal.State.RUNNING).values_list("pk", flat=True):
        rehearse.delay(rehearsal_id)
