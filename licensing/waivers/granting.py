"""What becomes of an exception that was asked for: approved, refused, ended early, or used up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from licensing.history import Actor
from licensing.licences import lock_customer
from licensing.models import Waiver
from licensing.waivers.steps import close, granted


class UnableToApprove(ValueError):
    """It does not wait for an approval, or not for this person's."""


class UnableToEnd(ValueError):
    """It is over already."""


def approve(*, waiver: Waiver, actor: Actor, at: datetime, reason: str = "") -> Waiver:
    """Grant what somebody else asked for; it is owed now. `reason` is for the history. Raises UnableToApprove."""
    with transaction.atomic():
        waiver = _locked(waiver)
        _refuse_unless_waiting(waiver, at=at)
        if actor.user_id is None or actor.user_id == waiver.asked_by_id:
            raise UnableToApprove("Whoever asked for an exception cannot approve it. Somebody else must.")
        waiver.granted_at, waiver.approved_by_id, waiver.approved_by_words = (
            at,
            actor.user_id,
            actor.words[:160],
        )
        waiver.save(update_fields=["granted_at", "approved_by", "approved_by_words"])
        granted(waiver, actor=actor, at=at, reason=reason)
    return waiver


def refuse(*, waiver: Waiver, actor: Actor, reason: str, at: datetime) -> Waiver:
    """Say no to what waits for an approval. Raises UnableToApprove."""
    with transaction.atomic():
        waiver = _locked(waiver)
        _refuse_unless_waiting(waiver, at=at)
        close(waiver, end=Waiver.End.REFUSED, actor=actor, reason=reason, at=at)
    return waiver


def end_waiver(*, waiver: Waiver, actor: Actor, reason: str, at: datetime) -> Waiver:
    """End an exception before its time, or take the question back.

    What was there before it is in force at once. Raises UnableToEnd.
    """
    with transaction.atomic():
        waiver = _locked(waiver)
        if waiver.state(at=at) not in Waiver.OPEN:
            raise UnableToEnd("This exception is over already.")
        close(waiver, end=Waiver.End.STAFF, actor=actor, reason=reason, at=at)
    return waiver


def use_another_trial(customer_id: int, *, tier_key: str, actor: Actor, at: datetime) -> bool:
    """Take the trial of `tier_key` that a waiver gives, which is used up by it. False where none does.

    Called in the transaction that starts the trial, under the customer's lock.
    """
    given = Waiver.objects.select_for_update().filter(
        customer=customer_id, kind=Waiver.Kind.TRIAL, tier_key=tier_key, ended_at=None
    )
    for waiver in given:
        if waiver.is_live(at=at):
            close(waiver, end=Waiver.End.USED, actor=actor, at=at)
            return True
    return False


def use_credit(waiver: Waiver, *, actor: Actor, at: datetime) -> bool:
    """Use a granted credit up, because it is now asked of Stripe. False where it was ended or used meanwhile.

    Called in the transaction that commits the asking, under the customer's lock.
    """
    waiver = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if waiver.kind != Waiver.Kind.PRICE or not waiver.is_live(at=at):
        return False
    close(waiver, end=Waiver.End.USED, actor=actor, at=at)
    return True


def _locked(waiver: Waiver) -> Waiver:
    lock_customer(waiver.customer_id)
    return Waiver.objects.select_for_update().get(pk=waiver.pk)


def _refuse_unless_waiting(waiver: Waiver, *, at: datetime) -> None:
    if not waiver.waits(at=at):
        raise UnableToApprove(
            "It does not wait for an approval: it was answered already, or its time has run out."
        )
