"""Trying a higher tier: started without a card, ends by the clock, gives back exactly what was there before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.eligibility import trial_reasons
from licensing.history import Actor, entry, record, subject_of
from licensing.identity import identity_hash
from licensing.licences import lock_live_licence
from licensing.models import Customer, Notice, Tier, Trial, TrialMark
from licensing.reasons import Clause, Reason
from licensing.reminders import days_of, owe_reminders
from licensing.rows import ask
from licensing.rules.situation import Situation
from licensing.rules.trying import AGAIN_AFTER
from licensing.sweeping import end_expired, end_expired_of, in_batches
from licensing.terms import EditionTerms, TierTerms
from licensing.waivers import use_another_trial

REMINDERS = (timedelta(days=1), timedelta(days=3))  # the nearest first
LONGEST = timedelta(days=366)


def _lent(today: EditionTerms | None) -> dict[str, object]:
    days = ", ".join(
        _("%(tier)s %(days)d days") % {"tier": tier.name, "days": tier.trial_days}
        for tier in (today.tiers if today else ())
        if tier.trial_days
    )
    lasts = _("It lasts: %(days)s.") % {"days": days} if days else _("No tier is open to trials today.")
    return {"lasts": lasts}


TRIALS_LAST = Clause("trials-last", words("A trial needs no card. %(lasts)s"), _lent)
TRIALS_END = Clause(
    "trials-end",
    words(
        "A trial ends by the clock, at the minute it says, and gives back exactly what was there before. We "
        "remind you %(turns)s days before. Nothing is charged."
    ),
    lambda _today: {"turns": days_of(REMINDERS)},
)


class UnableToTry(Exception):
    """The trial is not open; `reasons` say why."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(" ".join(reason.text for reason in reasons))
        self.reasons = reasons


class UnableToExtend(ValueError):
    """The trial has ended, or the new end is not a possible one."""


def identities_of(*, customer: Customer, addresses: Iterable[str]) -> list[str]:
    """What a trial is remembered by: the customer itself, and the keyed hash of each address. Sorted, each once."""
    return sorted({f"customer:{customer.pk}", *(identity_hash(address) for address in addresses)})


def trials_used(*, customer: Customer, addresses: Iterable[str], at: datetime) -> dict[str, datetime]:
    """Tier key → when it may be tried again, for this customer or any of its verified owner `addresses`."""
    marks = ask(
        """
        SELECT tier_key, max(used_at) FROM licensing_trialmark
        WHERE identity = ANY(%(identities)s) AND used_at > %(since)s GROUP BY tier_key
        """,
        {"identities": identities_of(customer=customer, addresses=addresses), "since": at - AGAIN_AFTER},
    )
    return {key: used_at + AGAIN_AFTER for key, used_at in marks}


def end_of_trial(tier: TierTerms, *, at: datetime) -> datetime:
    """When a trial of `tier` that begins at `at` ends: so many days of 24 hours later, on the next whole minute.

    Whole minutes, because that is how pages and mails say it, and then it ends exactly when they said.
    """
    end = at + timedelta(days=tier.trial_days or 0)
    return end if end == (whole := end.replace(second=0, microsecond=0)) else whole + timedelta(minutes=1)


def start_trial(*, situation: Situation, tier: TierTerms, actor: Actor, at: datetime) -> Trial:
    """Lend `tier` to the customer from `at`, for the tier's own number of days.

    `situation` is what the door saw; the facts that a second click could have changed are read again under the lock.
    The customer, and each confirmed address of its owners, is marked as having tried. Raises UnableToTry.
    """
    customer, addresses = situation.standing.customer, situation.addresses
    if reasons := trial_reasons(situation, tier):
        raise UnableToTry(reasons)
    with transaction.atomic():
        licence = lock_live_licence(customer.pk)
        identities = identities_of(customer=customer, addresses=addresses)
        _lock_identities(identities)
        end_expired_of(customer.pk, at=at)
        used = trials_used(customer=customer, addresses=addresses, at=at)
        if Trial.objects.filter(customer=customer, ended_at=None).exists() or (
            tier.key in used and not use_another_trial(customer.pk, tier_key=tier.key, actor=actor, at=at)
        ):
            raise UnableToTry(
                [
                    Reason(
                        "tried-once-a-year",
                        _("This trial has been started already."),
                        _("Nothing is left to do: My plan shows how long it runs."),
                        when=used.get(tier.key),
                    )
                ]
            )
        last_end = Trial.objects.filter(customer=customer).aggregate(last=Max("ended_at"))["last"]
        begins = max(at, last_end or at)
        trial = Trial.objects.create(
            customer=customer,
            product_id=licence.product_id,
            licence=licence,
            tier_id=tier.id,
            started_at=begins,
            ends_at=end_of_trial(tier, at=begins),
            started_by_id=actor.user_id,
        )
        TrialMark.objects.bulk_create(
            TrialMark(identity=identity, product_id=licence.product_id, tier_key=tier.key, used_at=at)
            for identity in identities
        )
        record(
            entry(
                customer=customer,
                kind="trial_started",
                subject=trial,
                at=at,
                actor=actor,
                after={"tier": tier.id, "ends_at": trial.ends_at.isoformat()},
            )
        )
    return trial


def ends_with(tried: Tier | TierTerms, *, bought: Tier | TierTerms) -> bool:
    """Whether buying a tier ends a trial: one of that tier, or of a lower one, has nothing left to lend. A trial of a
    higher one goes on over it.
    """
    return tried.rank <= bought.rank


def end_trial(*, customer: Customer, end: str, actor: Actor, at: datetime, reason: str = "") -> Trial | None:
    """End the live trial now: given back, bought, or by staff. None where none is live; the licence is not touched."""
    with transaction.atomic():
        lock_live_licence(customer.pk)
        end_expired_of(customer.pk, at=at)
        trial = Trial.objects.select_for_update().filter(customer=customer, ended_at=None).first()
        if trial is None:
            return None
        # Whoever ends it may have read the clock before it began: a purchase waits for Stripe, and then for the lock.
        trial.ended_at, trial.end = max(at, trial.started_at), end
        trial.save(update_fields=["ended_at", "end"])
        record(
            entry(
                customer=customer,
                kind="trial_ended",
                subject=trial,
                at=at,
                actor=actor,
                before={"ends_at": trial.ends_at.isoformat()},
                after={"end": end},
                reason=reason,
            )
        )
    return trial


def extend_trial(*, trial: Trial, ends_at: datetime, actor: Actor, at: datetime, reason: str) -> Trial:
    """Let a live trial run until `ends_at`, later than now. Raises UnableToExtend."""
    with transaction.atomic():
        lock_live_licence(trial.customer_id)
        trial = Trial.objects.select_for_update().get(pk=trial.pk)
        if not trial.is_live(at=at):
            raise UnableToExtend("This trial has ended. A new one can be started.")
        if not at < ends_at <= at + LONGEST:
            raise UnableToExtend("The new end must lie ahead, and within a year.")
        before, trial.ends_at = trial.ends_at, ends_at
        trial.save(update_fields=["ends_at"])
        _forget_reminders(trial, at=at)
        record(
            entry(
                customer=trial.customer_id,
                kind="trial_extended",
                subject=trial,
                at=at,
                actor=actor,
                before={"ends_at": before.isoformat()},
                after={"ends_at": ends_at.isoformat()},
                reason=reason,
            )
        )
    return trial


def _forget_reminders(trial: Trial, *, at: datetime) -> None:
    """What was said of the end that has moved no longer counts, so the new one is told of even on the same day."""
    reminders = Notice.objects.filter(
        customer_id=trial.customer_id, kind="trial_reminder", subject=subject_of(trial)
    ).exclude(period__contains="/")
    reminders.update(period=Concat("period", Value(f"/{at:%Y%m%dT%H%M%S%f}")))


def expire_due(*, at: datetime) -> int:
    """Tidy up trials whose time has run, and owe each customer one word about it. Batches of 1,000; the number done."""
    return in_batches(lambda: end_expired(at=at))


def remind_due(*, at: datetime) -> int:
    """Owe a reminder for each live trial that ends within three days, or within one: the nearer one only.

    Safe to repeat: a reminder is owed once a trial, turn and end date. Returns how many were owed.
    """
    live = Trial.objects.filter(ended_at=None, customer__closed_at=None)
    return owe_reminders(live, kind="trial_reminder", date_field="ends_at", turns=REMINDERS, at=at)


def _lock_identities(identities: Sequence[str]) -> None:
    """Two organisations of one person must not start the same trial at once: a lock for the transaction on each."""
    with connection.cursor() as cursor:
        for identity in identities:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [identity])
