"""What publishing a draft would break of what customers were promised. Nothing here is assumed: what somebody had
before and has after was worked out by the functions that answer them.

Publishing takes nothing from a licence, so most of these can only be broken by a fault: that is why they are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from licensing.eligibility import change_reasons
from licensing.entitlements import Entitlement
from licensing.models import Waiver
from licensing.reasons import Reason
from licensing.rehearsing.comparing import is_less
from licensing.rules.fitting import FITTING_RULES
from licensing.rules.situation import Change, Situation
from licensing.standing import Standing
from licensing.terms import EditionTerms

_FITTING = frozenset(rule.key for rule in FITTING_RULES)


@dataclass(frozen=True)
class Before:
    """A customer as they stand, with today's terms beside: what they may do, and their bill in minor units."""

    situation: Situation
    entitled: Mapping[str, Entitlement]
    bill: int

    @property
    def standing(self) -> Standing:
        return self.situation.standing


@dataclass(frozen=True)
class After:
    """The same once the draft is published."""

    entitled: Mapping[str, Entitlement]
    bill: int
    draft: EditionTerms


@dataclass(frozen=True)
class Promise:
    """Something that customers were promised. `broken` yields a sentence for each way in which a draft breaks it."""

    key: str
    says: str
    broken: Callable[[Before, After], Iterator[str]]


def broken(before: Before, after: After) -> list[list[str]]:
    """Every promise that is broken for one customer: its key, and a sentence."""
    return [[promise.key, words] for promise in PROMISES for words in promise.broken(before, after)]


def _price_stays(before: Before, after: After) -> Iterator[str]:
    if after.bill != before.bill:
        yield "Their price changes although they move nowhere."


def _nothing_shrinks(before: Before, after: After) -> Iterator[str]:
    for key, old in before.entitled.items():
        new = after.entitled.get(key)
        if is_less(old, new):
            yield f"{old.feature.name} becomes less than it was."


def _trial_can_be_bought(before: Before, after: After) -> Iterator[str]:
    """Whoever tries a tier was told that they can have it afterwards."""
    standing = before.standing
    tried = standing.trial_tier
    if tried is None:
        return
    tier = after.draft.tier(tried.key)
    if tier is None:
        yield f"They are trying {tried.name}, and the draft does not have it: they could not buy what they try."
    elif not tier.is_free and not any(price.currency == standing.customer.currency for price in tier.prices):
        yield f"They are trying {tried.name}, and the draft does not sell it in {standing.customer.currency}."
    else:
        known = {reason.rule for reason in _does_not_fit(before.situation, before.situation.today, tried.key)}
        for reason in _does_not_fit(before.situation, after.draft, tried.key):
            if reason.rule not in known:
                yield f"They are trying {tried.name}, and could not buy it on the draft's terms: {reason.text}"


def _does_not_fit(situation: Situation, edition: EditionTerms, tier_key: str) -> Iterator[Reason]:
    """Why the people and what they use do not fit into a tier, with as many seats as they need at least."""
    if tier := edition.tier(tier_key):
        seats = max(situation.people, tier.min_seats)
        wanted = Change(tier, edition, seats, situation.standing.interval)
        yield from (reason for reason in change_reasons(situation, wanted) if reason.rule in _FITTING)


def _granted_trial_can_be_used(before: Before, after: After) -> Iterator[str]:
    """An exception for another trial names a tier, and holds to its day."""
    for waived in before.standing.open_waivers:
        if waived.kind == Waiver.Kind.TRIAL and after.draft.tier(waived.tier_key) is None:
            yield f"They were granted another trial of {waived.tier_key}, and the draft does not have it."


PROMISES = (
    Promise("price-stays", "Who moves nowhere pays what they paid.", _price_stays),
    Promise("nothing-shrinks", "No entitlement of a living licence becomes less.", _nothing_shrinks),
    Promise(
        "trial-can-be-bought", "Whoever tries a tier can buy it when the trial ends.", _trial_can_be_bought
    ),
    Promise(
        "granted-trial-can-be-used",
        "Whoever was granted another trial can begin it until its day.",
        _granted_trial_can_be_used,
    ),
)
_SAYS = {promise.key: promise.says for promise in PROMISES}


def promise_words(key: str) -> str:
    """What a promise says; one that is made no longer is known by its key."""
    return _SAYS.get(key, key)
