"""May they? Every rule is asked, in the order of the policy; each gives a Reason where the answer is no."""

from __future__ import annotations

from collections.abc import Callable

from licensing.reasons import Reason
from licensing.rules.changing import CHANGE_RULES
from licensing.rules.situation import Change, Situation
from licensing.rules.trying import TRIAL_RULES
from licensing.terms import TierTerms

# Asked for every tier at every look at the calculator.
_CHANGE_CHECKS: list[Callable[[Situation, Change], Reason | None]] = [rule.check for rule in CHANGE_RULES]
_TRIAL_CHECKS: list[Callable[[Situation, TierTerms], Reason | None]] = [rule.check for rule in TRIAL_RULES]

# The rules that a waiver may switch off for one customer while it lasts. Never one that guards money, or that there is
# one order and one trial at a time.
WAIVABLE = ("usage-fits", "address-is-verified")


def change_reasons(situation: Situation, change: Change) -> list[Reason]:
    """Why this change is not open now; empty where it is."""
    reasons = [reason for check in _CHANGE_CHECKS if (reason := check(situation, change))]
    return _not_waived(situation, reasons)


def trial_reasons(situation: Situation, tier: TierTerms) -> list[Reason]:
    """Why this tier cannot be tried now; empty where it can."""
    reasons = [reason for check in _TRIAL_CHECKS if (reason := check(situation, tier))]
    return _not_waived(situation, reasons)


def _not_waived(situation: Situation, reasons: list[Reason]) -> list[Reason]:
    if not (waivers := situation.standing.waivers):
        return reasons
    waived = {waiver.rule_key for waiver in waivers}
    return [reason for reason in reasons if reason.rule not in waived]
