"""The rules in plain words, gathered from where they are kept: each clause stands beside the code that goes by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.cancellation import CANCELLING
from billing.giving_back import PAID_TWICE
from billing.orders import PRICE_SHOWN, UNPAID_CHANGES_NOTHING
from billing.quotes import QUOTE_RULES
from billing.renewals import RENEWALS
from billing.subscriptions import FAILED_PAYMENTS
from licensing.erasure import ERASING
from licensing.giving_up import GIVING_UP
from licensing.identity import TRIAL_MARK
from licensing.licences import EDITION_KEPT
from licensing.noticeclock import NOTICE_PERIODS
from licensing.pricing import UNUSED_TIME
from licensing.reasons import Clause, Reason, Rule
from licensing.rules.changing import CHANGE_RULES
from licensing.rules.inviting import INVITING_RULES
from licensing.rules.opening import CLOSED_IS_KEPT, CLOSING_RULE, OPENING_RULES
from licensing.rules.trying import TRIAL_RULES
from licensing.sunsets import SUNSETS
from licensing.team import ONE_OWNER, ROLES
from licensing.terms import EditionTerms
from licensing.trials import TRIALS_END, TRIALS_LAST
from licensing.upgrade_requests import ASKING_RULES
from licensing.usage import DATA_KEPT
from licensing.waivers import EXCEPTIONS
from portal.mails.opting_out import NOTICES
from portal.pace import HUMAN_PACE


@dataclass(frozen=True)
class Part:
    """What belongs together, as it stands in the code."""

    key: str
    title: str
    about: str
    clauses: Sequence[Clause]


@dataclass(frozen=True)
class Worked:
    """An example of a rule as the page tells it: the situation, and what is said; None where the answer is yes."""

    words: str
    reason: Reason | None


@dataclass(frozen=True)
class Told:
    """A clause as the page tells it; `key` is its anchor."""

    key: str
    text: str
    examples: list[Worked]


@dataclass(frozen=True)
class Chapter:
    key: str
    title: str
    about: str
    clauses: list[Told]


def chapters(today: EditionTerms | None) -> list[Chapter]:
    """The whole policy in words; `today`: the terms on sale, for the days that their trials last."""
    return [
        Chapter(
            part.key,
            part.title,
            part.about,
            [Told(one.key, one.text(today), _worked(one)) for one in part.clauses],
        )
        for part in rulebook()
    ]


def rulebook() -> list[Part]:
    """Every clause there is, in the order in which it is read."""
    shared = {rule.key for rule in CHANGE_RULES}
    return [
        Part(
            "promises",
            _("What is promised"),
            _(
                "An edition is one dated statement of all terms. It is never edited: new terms are a new edition."
            ),
            [EDITION_KEPT, GIVING_UP, SUNSETS, EXCEPTIONS, PRICE_SHOWN],
        ),
        Part(
            "changing",
            _("Changing your plan"),
            _("You move up, down or to other seats at any moment; these rules say when you cannot, and why."),
            CHANGE_RULES,
        ),
        Part(
            "paying",
            _("Paying and getting back"),
            _("What you are charged is what you were shown; what is yours comes back to you."),
            [*QUOTE_RULES, UNPAID_CHANGES_NOTHING, UNUSED_TIME, PAID_TWICE, HUMAN_PACE],
        ),
        Part(
            "trying",
            _("Trials"),
            _("A trial is a loan laid over your plan. It never touches the plan under it, nor your money."),
            [TRIALS_LAST, *(rule for rule in TRIAL_RULES if rule.key not in shared), TRIALS_END],
        ),
        Part(
            "renewing",
            _("Renewals, notice and cancelling"),
            _("You are told before each renewal what will be charged, and you can leave before it is."),
            [RENEWALS, NOTICE_PERIODS, NOTICES, CANCELLING, FAILED_PAYMENTS],
        ),
        Part(
            "people",
            _("People and organisations"),
            _("Who may do what, and what keeps an organisation whole."),
            [ROLES, *ASKING_RULES, *INVITING_RULES, ONE_OWNER, *OPENING_RULES, CLOSING_RULE],
        ),
        Part(
            "data",
            _("What you made, and what we keep"),
            _("No rule of ours takes away what is yours."),
            [DATA_KEPT, CLOSED_IS_KEPT, ERASING, TRIAL_MARK],
        ),
    ]


def _worked(clause: Clause) -> list[Worked]:
    """The examples of a rule, each asked anew; none for a clause without a check."""
    if not isinstance(clause, Rule):
        return []
    return [Worked(str(one.words), clause.check(*one.given())) for one in clause.examples]
