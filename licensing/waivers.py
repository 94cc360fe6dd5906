"""Exceptions for one customer: asked for by one person, above a threshold approved by another, ended by the clock.

Each is dated and reasoned, and each step is in the history. Nothing that was granted changes; it can only be ended.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from licensing.eligibility import WAIVABLE
from licensing.entitlements import entitlements, is_better
from licensing.history import CLOCK, Actor, entry, record
from licensing.licences import lock_customer
from licensing.models import Customer, Feature, Licence, Waiver
from licensing.money import charge_step
from licensing.notices import owe
from licensing.reminders import owe_reminders
from licensing.staff_words import grant_words
from licensing.standing import Standing, standing_of
from licensing.terms import FeatureTerms, storefront
from licensing.waiver_threshold import ONCE_IN, Wish, why_approval

LONGEST = timedelta(days=366)
REMINDERS = (timedelta(days=3),)


class UnableToAsk(ValueError):
    """The exception is not a possible one, or there is one like it; nothing was written."""


class UnableToApprove(ValueError):
    """It does not wait for an approval, or not for this person's."""


class UnableToEnd(ValueError):
    """It is over already."""


def ask_for_waiver(
    *, customer: Customer, wish: Wish, reason: str, words: str, actor: Actor, at: datetime
) -> Waiver:
    """Ask for an exception. Up to the threshold it is granted at once; above it, it waits for `approve`.

    `reason` is for the history, `words` for the customer. At most one is open for the same thing. Raises UnableToAsk.
    """
    with transaction.atomic():
        lock_customer(customer.pk)
        _close_due(Waiver.objects.filter(customer=customer), at=at)
        try:
            standing = standing_of(customer, at=at)
        except Licence.DoesNotExist:
            raise UnableToAsk("This organisation is closed and holds nothing.") from None
        _refuse_unless_possible(wish, standing)
        what = {
            "customer_id": customer.pk,
            "product_id": standing.licence.product_id,
            "kind": wish.kind,
            "feature_key": wish.feature_key,
            "rule_key": wish.rule_key,
            "tier_key": wish.tier_key,
            "currency": customer.currency if wish.kind == Waiver.Kind.PRICE else "",
        }
        if Waiver.objects.filter(**what, ended_at=None).exists():
            raise UnableToAsk("There is one for this already. End it, or let it run its time.")
        needed = why_approval(wish, standing=standing, earlier=_made_alone(customer, kind=wish.kind, at=at))
        waiver = Waiver.objects.create(
            **what,
            value=wish.value,
            amount=wish.amount,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            reason=reason[:400],
            words=words[:200],
            asked_at=at,
            asked_by_id=actor.user_id,
            asked_by_words=actor.words[:160],
            needs_approval=bool(needed),
            granted_at=None if needed else at,
        )
        asked = {**_snapshot(waiver), "approval": needed or "not needed"}
        _record(waiver, "waiver_asked", actor=actor, at=at, after=asked, reason=reason)
        if not needed:
            _granted(waiver, actor=actor, at=at)
    return waiver


def approve(*, waiver: Waiver, actor: Actor, at: datetime) -> Waiver:
    """Grant what somebody else asked for; from now on it is owed. Raises UnableToApprove."""
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
        _granted(waiver, actor=actor, at=at)
    return waiver


def refuse(*, waiver: Waiver, actor: Actor, reason: str, at: datetime) -> Waiver:
    """Say no to what waits for an approval. Raises UnableToApprove."""
    with transaction.atomic():
        waiver = _locked(waiver)
        _refuse_unless_waiting(waiver, at=at)
        _close(waiver, end=Waiver.End.REFUSED, actor=actor, reason=reason, at=at)
    return waiver


def end_waiver(*, waiver: Waiver, actor: Actor, reason: str, at: datetime) -> Waiver:
    """End an exception before its time, or take the question back.

    What was there before it is in force at once. Raises UnableToEnd.
    """
    with transaction.atomic():
        waiver = _locked(waiver)
        if waiver.state(at=at) not in Waiver.OPEN:
            raise UnableToEnd("This exception is over already.")
        _close(waiver, end=Waiver.End.STAFF, actor=actor, reason=reason, at=at)
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
            _close(waiver, end=Waiver.End.USED, actor=actor, at=at)
            return True
    return False


def use_credit(waiver: Waiver, *, actor: Actor, at: datetime) -> bool:
    """Use a granted credit up, because it is now asked of Stripe. False where it was ended or used meanwhile.

    Called in the transaction that commits the asking, under the customer's lock.
    """
    waiver = Waiver.objects.select_for_update().get(pk=waiver.pk)
    if waiver.kind != Waiver.Kind.PRICE or not waiver.is_live(at=at):
        return False
    _close(waiver, end=Waiver.End.USED, actor=actor, at=at)
    return True


def close_due(*, at: datetime) -> int:
    """Tidy up what is over by the clock: what ran its time, and what nobody answered in time. The number done."""
    due = Waiver.objects.filter(ended_at=None, ends_at__lte=at, customer__closed_at=None)
    done = 0
    for customer_id in due.order_by("ends_at").values_list("customer_id", flat=True).distinct():
        with transaction.atomic():
            lock_customer(customer_id)
            done += _close_due(Waiver.objects.filter(customer=customer_id), at=at)
    return done


def remind_due(*, at: datetime) -> int:
    """Owe a reminder for each exception that ends within three days, and was known for longer. How many were owed."""
    (turn,) = REMINDERS
    long_known = Q(granted_at__lte=F("ends_at") - turn, starts_at__lte=F("ends_at") - turn)
    live = Waiver.objects.filter(long_known, ended_at=None, customer__closed_at=None)
    return owe_reminders(
        live.exclude(kind=Waiver.Kind.PRICE),
        kind="waiver_reminder",
        date_field="ends_at",
        turns=REMINDERS,
        at=at,
    )


def _snapshot(waiver: Waiver) -> dict[str, Any]:
    """What an event keeps of a waiver, as plain JSON values."""
    what = {
        "feature": waiver.feature_key,
        "rule": waiver.rule_key,
        "trial_of": waiver.tier_key,
    }
    return {
        "kind": waiver.kind,
        **{name: key for name, key in what.items() if key},
        **({"value": grant_words(waiver.value)} if waiver.kind == Waiver.Kind.LIMIT else {}),
        **({"credit": waiver.amount, "currency": waiver.currency} if waiver.amount else {}),
        "starts_at": waiver.starts_at.isoformat(),
        "ends_at": waiver.ends_at.isoformat(),
        "words": waiver.words,
    }


def value_without(standing: Standing, feature: FeatureTerms) -> Any:
    """What a customer may do of a feature when all that ends by itself is taken away."""
    lasting = replace(standing, trial=None, trial_edition=None, trial_tier=None, open_waivers=())
    return entitlements(lasting)[feature.key].value


def _refuse_unless_possible(wish: Wish, standing: Standing) -> None:
    if wish.ends_at <= wish.starts_at or wish.starts_at < standing.at:
        raise UnableToAsk("It begins now or later, and ends after that.")
    if wish.lasts > LONGEST:
        raise UnableToAsk("An exception lasts a year at most. What should last belongs into a new edition.")
    if wish.kind == Waiver.Kind.LIMIT:
        _refuse_unless_more(wish, standing)
    elif wish.kind == Waiver.Kind.RULE:
        if wish.rule_key not in WAIVABLE:
            raise UnableToAsk("This rule is never waived.")
    elif wish.kind == Waiver.Kind.TRIAL:
        today = storefront()
        tier = today.edition.tier(wish.tier_key) if today else None
        if tier is None or not tier.trial_days or tier.rank <= standing.tier.rank:
            raise UnableToAsk("Only a higher tier that has a trial can be tried again.")
    elif wish.kind == Waiver.Kind.PRICE:
        step = charge_step(standing.customer.currency)
        if not wish.amount or not 0 < wish.amount < 2**53 or wish.amount % step:
            raise UnableToAsk("That is no amount that could be credited in their currency.")
    else:
        raise UnableToAsk("There is no such kind of exception.")


def _refuse_unless_more(wish: Wish, standing: Standing) -> None:
    feature, value = standing.edition.feature(wish.feature_key), wish.value
    if feature is None:
        raise UnableToAsk("Their terms have no such feature.")
    fits = {
        Feature.Kind.SWITCH: value is True,
        Feature.Kind.LIMIT: value is None or (type(value) is int and 0 <= value < 2**63),
        Feature.Kind.LEVEL: value in dict(feature.levels),
    }
    if not fits[Feature.Kind(feature.kind)]:
        levels = ", ".join(dict(feature.levels))
        raise UnableToAsk(f"That is no value of {feature.name}." + (f" It has {levels}." if levels else ""))
    if not is_better(feature, value, than=value_without(standing, feature)):
        raise UnableToAsk(f"They have as much of {feature.name} already.")


def _made_alone(customer: Customer, *, kind: str, at: datetime) -> list[Waiver]:
    return list(
        Waiver.objects.filter(customer=customer, kind=kind, needs_approval=False, granted_at__gt=at - ONCE_IN)
    )


def _locked(waiver: Waiver) -> Waiver:
    lock_customer(waiver.customer_id)
    return Waiver.objects.select_for_update().get(pk=waiver.pk)


def _refuse_unless_waiting(waiver: Waiver, *, at: datetime) -> None:
    if not waiver.waits(at=at):
        raise UnableToApprove(
            "It does not wait for an approval: it was answered already, or its time has run out."
        )


def _granted(waiver: Waiver, *, actor: Actor, at: datetime) -> None:
    after = {"kind": waiver.kind, "ends_at": waiver.ends_at.isoformat()}
    _record(waiver, "waiver_granted", actor=actor, at=at, after=after)
    owe(customer=waiver.customer_id, kind="waiver_granted", subject=waiver, at=at)


def _close_due(waivers: Any, *, at: datetime) -> int:
    """Under the customer's lock. A credit that was granted is owed and does not run out."""
    done = 0
    for waiver in waivers.select_for_update().filter(ended_at=None, ends_at__lte=at):
        state = waiver.state(at=at)
        if state in (Waiver.End.EXPIRED, Waiver.End.LAPSED):
            _close(waiver, end=state, actor=CLOCK, at=at, ended_at=waiver.ends_at)
            done += 1
    return done


def _close(
    waiver: Waiver,
    *,
    end: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
    ended_at: datetime | None = None,
) -> None:
    waiver.ended_at, waiver.end, waiver.ended_because = ended_at or at, end, reason[:400]
    waiver.ended_by_id, waiver.ended_by_words = actor.user_id, actor.words[:160]
    waiver.save(update_fields=["ended_at", "end", "ended_because", "ended_by", "ended_by_words"])
    kind = "waiver_refused" if end == Waiver.End.REFUSED else "waiver_ended"
    before = {"ends_at": waiver.ends_at.isoformat()}
    _record(waiver, kind, actor=actor, at=at, before=before, after={"end": end}, reason=reason)
    if waiver.granted_at and end in (Waiver.End.EXPIRED, Waiver.End.STAFF):
        owe(customer=waiver.customer_id, kind="waiver_ended", subject=waiver, at=at)


def _record(
    waiver: Waiver,
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    record(
        entry(
            customer=waiver.customer_id,
            kind=kind,
            subject=waiver,
            at=at,
            actor=actor,
            before=before,
            after=after,
            reason=reason,
        )
    )
