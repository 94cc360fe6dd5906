"""The rules of trials, in the order in which they are asked. One small function a rule."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.reasons import Example, Reason, Rule
from licensing.rules.changing import CHANGE_RULES, nothing_is_owed
from licensing.rules.example import AT, BUSINESS, FREE, SCALE, TEAM, TRIAL_ENDS, stands
from licensing.rules.situation import Situation
from licensing.terms import TierTerms

AGAIN_AFTER = timedelta(days=365)
NEXT_YEAR = AT + timedelta(days=100)


def tier_is_higher(situation: Situation, tier: TierTerms) -> Reason | None:
    if tier.rank > situation.standing.tier.rank:
        return None
    return Reason(
        "tier-is-higher",
        _("You have all of %(tier)s already.") % {"tier": tier.name},
        _("There is nothing to try: it is yours."),
    )


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
            "one-trial-at-a-time",
            _("You are trying %(tier)s now.") % {"tier": tier.name},
            _("There is nothing to begin: it runs."),
            when=trial.ends_at,
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
    if any(waiver.tier_key == tier.key for waiver in situation.standing.waivers):
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


TRIAL_RULES: list[Rule] = [
    Rule(
        "tier-is-higher",
        words("You can try what is above your tier. What is below it, you have."),
        check=tier_is_higher,
        examples=(
            Example(
                words("You have Business, and want to try Team"),
                lambda: (stands(BUSINESS), TEAM),
                "You have all of Team already.",
            ),
            Example(words("You have Team, and want to try Business"), lambda: (stands(TEAM), BUSINESS)),
        ),
    ),
    Rule(
        "tier-can-be-tried",
        words("A tier is open to trials where the price list says for how many days."),
        check=tier_can_be_tried,
        examples=(
            Example(
                words("The price list names no trial of Scale"),
                lambda: (stands(), SCALE),
                "Scale has no trial.",
            ),
            Example(words("Business can be tried for 14 days"), lambda: (stands(), BUSINESS)),
        ),
    ),
    Rule(
        "one-trial-at-a-time",
        words("One trial at a time. You can give one back early and begin another."),
        check=one_trial_at_a_time,
        examples=(
            Example(
                words("You have Free, try Team until 10 March, and want to try Business"),
                lambda: (stands(FREE, trying=TEAM), BUSINESS),
                "You are trying Team now.",
                when=TRIAL_ENDS,
            ),
            Example(
                words("You press the button of a trial that runs"),
                lambda: (stands(FREE, trying=TEAM), TEAM),
                "You are trying Team now.",
                when=TRIAL_ENDS,
            ),
            Example(words("You have given Team back"), lambda: (stands(FREE), BUSINESS)),
        ),
    ),
    Rule(
        "tried-once-a-year",
        words(
            "Each tier can be tried once in %(days)d days by an organisation and by its owners. Another spelling "
            "of an address, or a new account, does not begin the count again."
        ),
        numbers=lambda _today: {"days": AGAIN_AFTER.days},
        check=tried_once_a_year,
        examples=(
            Example(
                words("You tried Business 265 days ago"),
                lambda: (stands(trials_used={"business": NEXT_YEAR}), BUSINESS),
                "You have tried Business in the last twelve months.",
                when=NEXT_YEAR,
            ),
            Example(
                words("Exactly 365 days have passed"),
                lambda: (stands(trials_used={"business": AT}), BUSINESS),
            ),
        ),
    ),
    Rule(
        "address-is-verified",
        words("An owner has a confirmed email address, so that we can say when the trial ends."),
        check=address_is_verified,
        examples=(
            Example(
                words("No owner has followed the link in our mail yet"),
                lambda: (stands(addresses=()), BUSINESS),
                "No owner of your organisation has a confirmed email address.",
            ),
            Example(words("One has"), lambda: (stands(), BUSINESS)),
        ),
    ),
    next(rule for rule in CHANGE_RULES if rule.check is nothing_is_owed),
]
