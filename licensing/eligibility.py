"""May they? One small function a rule; each gives a Reason where the answer is no.

A rule's name is its key, and the anchor of its clause on the policy page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.models import Feature, Licence
from licensing.reasons import Reason
from licensing.standing import Standing
from licensing.terms import EditionTerms, TierTerms
from licensing.usage import Usage


@dataclass(frozen=True)
class Situation:
    """The facts that rules look at, gathered once at the door.

    `people` counts members and open invitations. `trials_used` maps a tier's key to when it may be tried again;
    `addresses` are the owners' confirmed ones, for which that is so. `stopped` says why nothing can be paid now: for
    "everybody", for this "customer", or while the "books" are checked; empty where it can.
    """

    standing: Standing
    today: EditionTerms
    people: int
    usage: dict[str, Usage]
    trials_used: dict[str, datetime] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    order_pending: bool = False
    stopped: str = ""

    @property
    def at(self) -> datetime:
        return self.standing.at


@dataclass(frozen=True)
class Change:
    """What somebody wants to move to."""

    tier: TierTerms
    edition: EditionTerms
    seats: int
    interval: str


ChangeRule = Callable[[Situation, Change], Reason | None]
TrialRule = Callable[[Situation, TierTerms], Reason | None]


def change_reasons(situation: Situation, change: Change) -> list[Reason]:
    """Why this change is not open now; empty where it is."""
    return [reason for rule in CHANGE_RULES if (reason := rule(situation, change))]


def trial_reasons(situation: Situation, tier: TierTerms) -> list[Reason]:
    """Why this tier cannot be tried now; empty where it can."""
    return [reason for rule in TRIAL_RULES if (reason := rule(situation, tier))]


def something_changes(situation: Situation, change: Change) -> Reason | None:
    licence, held = situation.standing.licence, situation.standing.held
    if change.tier.id != licence.tier_id or held is None:
        return None
    if (change.seats, change.interval) != (held.seats, held.price.interval):
        return None
    return Reason(
        "something-changes", _("This is what you have."), _("Choose another tier, seats or billing.")
    )


def tier_is_sold(situation: Situation, change: Change) -> Reason | None:
    currency = situation.standing.customer.currency
    if change.tier.is_free or change.tier.price(currency=currency, interval=change.interval):
        return None
    return Reason(
        "tier-is-sold",
        _("%(tier)s is not sold in %(currency)s.") % {"tier": change.tier.name, "currency": currency},
        _("Write to us, and we will find a way."),
    )


def leaving_is_cancelling(situation: Situation, change: Change) -> Reason | None:
    """A paid licence goes to a free tier at the end of what was paid for, not before."""
    if not change.tier.is_free or situation.standing.licence.is_free:
        return None
    return Reason(
        "leaving-is-cancelling",
        _("You move to %(tier)s by cancelling: you keep what you paid for to the last day.")
        % {"tier": change.tier.name},
        _("Cancel on the billing page."),
        when=situation.standing.licence.period_end,
    )


def nothing_is_owed(situation: Situation, change: Change) -> Reason | None:
    if situation.standing.licence.state != Licence.State.PAST_DUE:
        return None
    return Reason(
        "nothing-is-owed",
        _("The last payment did not go through."),
        _("Pay the open invoice on the billing page, and every change is open again."),
    )


def nothing_is_on_its_way(situation: Situation, change: Change) -> Reason | None:
    if not situation.order_pending:
        return None
    return Reason(
        "nothing-is-on-its-way",
        _("Another order is still on its way."),
        _("Finish its payment or withdraw it first."),
    )


def paying_is_on(situation: Situation, change: Change) -> Reason | None:
    """Said before anything is quoted or accepted, while what holds charging back holds."""
    return stop_reason(situation.stopped)


def stop_reason(stopped: str) -> Reason | None:
    """What is said of a word of `Situation.stopped`; None of an empty one. A person may have parked a customer for
    any reason, so that none is named.
    """
    if not stopped:
        return None
    if stopped == "customer":
        return Reason(
            "paying-is-on",
            _("Paying is paused for your organisation until one of us has looked at it."),
            _("Write to us if you want to pay now. What you have goes on as it is."),
        )
    return Reason(
        "paying-is-on",
        _("Paying is switched off for a moment while we check our books.")
        if stopped == "books"
        else _("Paying is switched off for a moment."),
        _("Try again later. What you have goes on as it is."),
    )


def not_cancelled(situation: Situation, change: Change) -> Reason | None:
    if not situation.standing.licence.cancels_at_period_end:
        return None
    return Reason(
        "not-cancelled",
        _("You have cancelled, and your plan ends with its period."),
        _("Undo the cancellation on the billing page first."),
    )


def seats_fit_tier(situation: Situation, change: Change) -> Reason | None:
    tier = change.tier
    if change.seats < tier.min_seats:
        return Reason(
            "seats-fit-tier",
            ngettext("%(tier)s starts at one seat.", "%(tier)s starts at %(count)d seats.", tier.min_seats)
            % {"tier": tier.name, "count": tier.min_seats},
            _("Choose more seats."),
        )
    if tier.max_seats is not None and change.seats > tier.max_seats:
        return Reason(
            "seats-fit-tier",
            ngettext(
                "%(tier)s has at most one seat.", "%(tier)s has at most %(count)d seats.", tier.max_seats
            )
            % {"tier": tier.name, "count": tier.max_seats},
            _("Choose fewer seats, or a higher tier."),
        )
    return None


def seats_fit_people(situation: Situation, change: Change) -> Reason | None:
    if change.seats >= situation.people or change.tier.is_free:
        return None
    return Reason(
        "seats-fit-people",
        _("You are %(people)d people, invitations included; %(seats)d seats are too few.")
        % {"people": situation.people, "seats": change.seats},
        _("Choose at least %(people)d seats, or remove people from your team first.")
        % {"people": situation.people},
    )


def usage_fits(situation: Situation, change: Change) -> Reason | None:
    """Nobody moves to a tier that could not hold what they have. Monthly counts start anew and do not matter."""
    over = []
    for feature in change.edition.features:
        used, limit = situation.usage.get(feature.key), change.tier.value(feature.key)
        if feature.kind != Feature.Kind.LIMIT or feature.monthly or used is None or limit is None:
            continue
        if used.value > (limit or 0):
            over.append((feature, used.value, limit or 0))
    if not over:
        return None
    feature, used_value, allowed = over[0]
    return Reason(
        "usage-fits",
        _("You use %(used)s %(unit)s; %(tier)s has room for %(limit)s.")
        % {
            "used": _count(used_value),
            "unit": feature.unit or feature.name,
            "tier": change.tier.name,
            "limit": _count(allowed),
        },
        _("With %(count)s fewer it is open to you.") % {"count": _count(used_value - allowed)},
    )


def tier_is_higher(situation: Situation, tier: TierTerms) -> Reason | None:
    if tier.rank > situation.standing.tier.rank:
        return None
    return Reason("tier-is-higher", _("You have all of %(tier)s already.") % {"tier": tier.name})


def tier_can_be_tried(situation: Situation, tier: TierTerms) -> Reason | None:
    if tier.trial_days:
        return None
    return Reason(
        "tier-can-be-tried",
        _("%(tier)s has no trial.") % {"tier": tier.name},
        _("Write to us for a guided tour."),
    )


def one_trial_at_a_time(situation: Situation, tier: TierTerms) -> Reason | None:
    trial, trial_tier = situation.standing.trial, situation.standing.trial_tier
    if trial is None or trial_tier is None:
        return None
    if trial_tier.key == tier.key:
        return Reason(
            "one-trial-at-a-time", _("You are trying %(tier)s now.") % {"tier": tier.name}, when=trial.ends_at
        )
    return Reason(
        "one-trial-at-a-time",
        _("You are trying %(tier)s now.") % {"tier": trial_tier.name},
        _("Give it back, and you can try this one."),
        when=trial.ends_at,
    )


def tried_once_a_year(situation: Situation, tier: TierTerms) -> Reason | None:
    again = situation.trials_used.get(tier.key)
    if again is None or situation.at >= again:
        return None
    return Reason(
        "tried-once-a-year",
        _("You have tried %(tier)s in the last twelve months.") % {"tier": tier.name},
        _("You can buy it at any time, and try it again later."),
        when=again,
    )


def address_is_verified(situation: Situation, tier: TierTerms) -> Reason | None:
    if situation.addresses:
        return None
    return Reason(
        "address-is-verified",
        _("No owner of your organisation has a confirmed email address."),
        _("Confirm the address, and the trial is open."),
    )


def nothing_is_owed_before_trial(situation: Situation, tier: TierTerms) -> Reason | None:
    if situation.standing.licence.state != Licence.State.PAST_DUE:
        return None
    return Reason(
        "nothing-is-owed",
        _("The last payment did not go through."),
        _("Pay the open invoice on the billing page, and the trial is open."),
    )


@lru_cache(maxsize=1024)
def _count(value: int) -> str:
    return format_decimal(value, locale="en")


CHANGE_RULES: list[ChangeRule] = [
    something_changes,
    tier_is_sold,
    leaving_is_cancelling,
    nothing_is_owed,
    nothing_is_on_its_way,
    paying_is_on,
    not_cancelled,
    seats_fit_tier,
    seats_fit_people,
    usage_fits,
]
TRIAL_RULES: list[TrialRule] = [
    tier_is_higher,
    tier_can_be_tried,
    one_trial_at_a_time,
    tried_once_a_year,
    address_is_verified,
    nothing_is_owed_before_trial,
]
