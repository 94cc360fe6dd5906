"""The exceptions made for one customer, as My plan and mails say them: what, why, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from billing.given_credits import GivenCredit
from licensing.entitlements import is_better
from licensing.models import Feature, Waiver
from licensing.standing import Standing
from licensing.terms import NOT_INCLUDED, EditionTerms, TierTerms
from licensing.waived import Waived
from portal.pages.values import feature_words, value_words
from portal.templatetags.words import money, until


@dataclass(frozen=True)
class Made:
    """`begins_at` is set where its day is still to come. `why` is whole sentences of the vendor's staff."""

    what: str
    why: str
    begins_at: datetime | None
    ends_at: datetime


@dataclass(frozen=True)
class Credited:
    """`left` is all the credit that is there, in words; `is_coming` while Stripe has not taken this one in yet."""

    what: str
    why: str
    given_at: datetime
    left: str
    is_coming: bool


def exceptions(standing: Standing, *, today: EditionTerms) -> list[Made]:
    """Those that hold and those that are granted for later, the one that ends first in front. No query."""
    edition, tier = standing.edition, standing.tier
    return [
        Made(
            what=what_words(waived, edition=edition, tier=tier, today=today),
            why=waived.words,
            begins_at=waived.begins_at if waived.begins_at > standing.at else None,
            ends_at=waived.ends_at,
        )
        for waived in standing.open_waivers
        if is_known(waived, edition=edition)
    ]


def credited(given: Sequence[GivenCredit], *, left: int) -> list[Credited]:
    """The credits among them, the newest in front. `left` is what we owe the customer, in minor units. No query."""
    return [
        Credited(
            what=credit_words(one.amount, one.currency),
            why=one.words,
            given_at=one.granted_at,
            left=money(left, one.currency) if left > 0 else "",
            is_coming=not one.is_on_balance,
        )
        for one in given
    ]


def carried(
    standing: Standing, *, tier: TierTerms, edition: EditionTerms, since: datetime | None = None
) -> tuple[str, ...]:
    """What becomes of what was made for a customer of a feature when they move to `tier` of `edition`, now or at
    `since`: it is no part of a plan, stays on any, and ends by itself. A sentence or two each; no query.
    """
    return tuple(
        _after_a_move(waived, standing=standing, tier=tier, edition=edition, since=since)
        for waived in standing.open_waivers
        if waived.kind == Waiver.Kind.LIMIT and is_known(waived, edition=standing.edition)
    )


def _after_a_move(
    waived: Waived, *, standing: Standing, tier: TierTerms, edition: EditionTerms, since: datetime | None
) -> str:
    key = waived.feature_key
    own, other = standing.edition.feature(key), edition.feature(key)
    assert own is not None, "is_known is asked first"
    ends_before = since is not None and waived.ends_at <= since
    then = standing.tier if ends_before else tier
    said = {
        "what": feature_words(own, waived.value),
        "begins": until(waived.begins_at),
        "ends": until(waived.ends_at),
        "tier": then.name,
        "value": value_words(own, then.value(key)),
    }
    made = (
        _("%(what)s, made for you from %(begins)s until %(ends)s.")
        if waived.begins_at > standing.at
        else _("%(what)s, made for you until %(ends)s.")
    ) % said
    if not ends_before and other is None:
        return _("%(made)s %(tier)s has nothing of the kind: it ends with this change.") % {
            **said,
            "made": made,
        }
    if not ends_before and other and not is_better(other, waived.value, than=tier.value(key)):
        return _("%(made)s %(tier)s gives as much by itself.") % {**said, "made": made}
    if then.value(key) in (NOT_INCLUDED, False):
        return _("%(made)s Then it goes: %(tier)s does not include it.") % {**said, "made": made}
    return _("%(made)s Then it is %(value)s, as %(tier)s has it.") % {**said, "made": made}


def is_known(waived: Waived | Waiver, *, edition: EditionTerms) -> bool:
    """Whether the terms held know what was waived: a feature may be none of theirs any more."""
    return waived.kind != Waiver.Kind.LIMIT or edition.feature(waived.feature_key) is not None


def what_words(
    waived: Waived | Waiver, *, edition: EditionTerms, tier: TierTerms, today: EditionTerms
) -> str:
    """What was made for whoever holds `tier` of `edition`, in a few words: "Projects: 40 instead of 20"."""
    if isinstance(waived, Waiver) and waived.kind == Waiver.Kind.PRICE:
        return credit_words(waived.amount or 0, waived.currency)
    if waived.kind == Waiver.Kind.TRIAL:
        tried = today.tier(waived.tier_key)
        return _("You may try %(tier)s once more") % {"tier": tried.name if tried else waived.tier_key}
    if waived.kind == Waiver.Kind.RULE and waived.rule_key == "usage-fits":
        return _("You may move to a tier that has less room than you use")
    if waived.kind == Waiver.Kind.RULE:
        return _("You may try a tier before an owner’s address is confirmed")
    feature = edition.feature(waived.feature_key)
    assert feature is not None, "is_known is asked first"
    words, held = feature_words(feature, waived.value), tier.value(feature.key)
    if held is NOT_INCLUDED or feature.kind == Feature.Kind.SWITCH:
        return words
    return _("%(words)s instead of %(held)s") % {"words": words, "held": value_words(feature, held)}


def credit_words(amount: int, currency: str) -> str:
    """How much was given, in minor units: "US$60.00 of credit"."""
    return _("%(amount)s of credit") % {"amount": money(amount, currency)}
