"""The rules in plain words: one clause for every rule that can say no, in the order in which they are asked.

A clause's key is its rule's key, and its anchor on the policy page. Its numbers are read from the rules themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from billing.quotes import QUOTE_LASTS
from billing.renewals import MONTHLY, YEARLY
from licensing.customers import ORGANISATIONS_A_DAY
from licensing.eligibility import CHANGE_RULES, TRIAL_RULES
from licensing.invitations import INVITATIONS_A_DAY
from licensing.models.customer import INVITATION_LASTS
from licensing.terms import EditionTerms
from licensing.trials import AGAIN_AFTER, REMINDERS


@dataclass(frozen=True)
class Clause:
    """`key`: the rule's key and the anchor."""

    key: str
    text: str


@dataclass(frozen=True)
class Chapter:
    key: str
    title: str
    about: str
    clauses: list[Clause]


# Rules of trials that share their clause with a rule of changes.
SAME_CLAUSE = {"nothing-is-owed-before-trial": "nothing-is-owed"}


def rule_key(rule: Callable[..., object]) -> str:
    """A rule function's key: `seats_fit_tier` → "seats-fit-tier"."""
    key = rule.__name__.replace("_", "-")
    return SAME_CLAUSE.get(key, key)


def chapters(edition: EditionTerms | None) -> list[Chapter]:
    """The whole policy; `edition` is today's, for the days that its trials last."""
    texts = _texts(edition)
    changing = list(dict.fromkeys(rule_key(rule) for rule in CHANGE_RULES))
    trying = [key for rule in TRIAL_RULES if (key := rule_key(rule)) not in changing]

    def chapter(key: str, title: str, about: str, keys: Sequence[str]) -> Chapter:
        return Chapter(key, title, about, [Clause(one, texts[one]) for one in keys])

    return [
        chapter(
            "promises",
            _("What is promised"),
            _("An edition is one dated statement of all terms. It is never edited: new terms are a new edition."),
            ["edition-kept", "price-shown", "data-kept"],
        ),
        chapter(
            "changing",
            _("Changing your plan"),
            _("You move up, down or to other seats at any moment; these rules say when you cannot, and why."),
            [
                *changing, "tier-is-free", "quotes-expire", "quotes-fit-the-licence", "card-on-file",
                "unpaid-changes-nothing",
            ],
        ),
        chapter(
            "trying",
            _("Trials"),
            _("A trial is a loan laid over your plan. It never touches the plan under it, nor your money."),
            ["trials-last", *trying, "trials-end"],
        ),
        chapter(
            "renewing",
            _("Renewals and cancelling"),
            _("You are told before each renewal what will be charged, and you can leave before it is."),
            ["renewals", "cancelling", "failed-payments", "notices"],
        ),
        chapter(
            "people",
            _("People and organisations"),
            _("Who may do what, and what keeps an organisation whole."),
            [
                "roles", "higher-tier", "asked-once", "seat-free", "invitation-open", "invited-address",
                "invited-once", "invitations-a-day", "one-owner", "closing-when-free", "on-sale",
                "currency-on-sale", "named", "time-zone", "organisations-a-day",
            ],
        ),
    ]  # fmt: skip


def _texts(edition: EditionTerms | None) -> dict[str, str]:
    return {**_promises(), **_changing(), **_trying(edition), **_renewing(), **_people()}


def _promises() -> dict[str, str]:
    return {
        "edition-kept": _(
            "You keep the edition you bought: its price and all it gives, for as long as you stay on your tier. "
            "Changing the tier puts you on the edition of that day, and you are told before what you give up."
        ),
        "price-shown": _(
            "The price shown is the price charged, to the last cent. If anything differs at the moment of paying, "
            "nothing is charged and you see the new price first."
        ),
        "data-kept": _(
            "What you have made stays, whatever tier you are on. Above a limit you can work with all you have, "
            "and add nothing more."
        ),
    }


def _changing() -> dict[str, str]:
    return {
        "something-changes": _("A change changes something: another tier, other seats or another billing."),
        "tier-is-sold": _("A tier can be bought where it has a price in your currency."),
        "leaving-is-cancelling": _(
            "To go to a free tier you cancel. You keep what you paid for to its last day, and move then."
        ),
        "nothing-is-owed": _(
            "While a payment is open, no change and no trial begins. Paying it opens everything."
        ),
        "nothing-is-on-its-way": _(
            "One order at a time: while a payment is on its way, nothing else is changed. You can finish it or "
            "withdraw it."
        ),
        "paying-is-on": _(
            "We can switch paying off for a moment, or pause it for one organisation; it pauses by itself for one that "
            "would be charged more than %(count)d times in a day. Nothing new is charged then, and what you have goes "
            "on, with its renewals."
        )
        % {"count": settings.CHARGES_A_DAY},
        "not-cancelled": _("After cancelling, the cancellation is undone before anything is changed."),
        "seats-fit-tier": _("A tier may have a least and a most number of seats; the price list says so."),
        "seats-fit-people": _("There is a seat for everybody in your team, open invitations included."),
        "usage-fits": _(
            "You move to a tier that has room for what you have. Counts that begin anew each month do not stand in "
            "the way."
        ),
        "tier-is-free": _("What is free needs no quote and no card."),
        "quotes-expire": _("A quote holds its price for %(minutes)d minutes, or to the end of your period.")
        % {"minutes": QUOTE_LASTS.total_seconds() // 60},
        "quotes-fit-the-licence": _(
            "A quote holds for the plan it was made for. Once the plan moves, ask for a new one."
        ),
        "card-on-file": _("A change of what is paid already is charged to a card that is on file."),
        "unpaid-changes-nothing": _(
            "A payment that is declined or not finished leaves your tier, price and dates exactly as they were."
        ),
    }


def _trying(edition: EditionTerms | None) -> dict[str, str]:
    lent = [tier for tier in edition.tiers if tier.trial_days] if edition else []
    days = ", ".join(
        _("%(tier)s %(days)d days") % {"tier": tier.name, "days": tier.trial_days} for tier in lent
    )
    return {
        "trials-last": _("A trial needs no card. It lasts: %(days)s.") % {"days": days}
        if days
        else _("A trial needs no card. No tier is open to trials today."),
        "tier-is-higher": _("You can try what is above your tier. What is below it, you have."),
        "tier-can-be-tried": _("A tier is open to trials where the price list says for how many days."),
        "one-trial-at-a-time": _("One trial at a time. You can give one back early and begin another."),
        "tried-once-a-year": _(
            "Each tier can be tried once in %(days)d days by an organisation and by its owners. Another spelling "
            "of an address, or a new account, does not begin the count again."
        )
        % {"days": AGAIN_AFTER.days},
        "address-is-verified": _(
            "An owner has a confirmed email address, so that we can say when the trial ends."
        ),
        "trials-end": _(
            "A trial ends by the clock, at the minute it says, and gives back exactly what was there before. We "
            "remind you %(turns)s days before. Nothing is charged."
        )
        % {"turns": _turns(REMINDERS)},
    }


def _renewing() -> dict[str, str]:
    return {
        "renewals": _(
            "Before a renewal we write to you with its date and exact amount: %(yearly)s days before where you pay "
            "by the year, %(monthly)s days where you pay by the month."
        )
        % {"yearly": _turns(YEARLY), "monthly": _turns(MONTHLY)},
        "cancelling": _(
            "You cancel on the billing page, at any time, for the end of what is paid. Until then you can undo it. "
            "A free plan has nothing to cancel."
        ),
        "failed-payments": _(
            "When a renewal is not paid, we tell you, and you keep your tier while the card is tried again. "
            "If it never succeeds, you move to the free tier."
        ),
        "notices": _(
            "We write before a trial ends and when it has, before a renewal, after a purchase, when a payment fails "
            "and when a plan ends. Reminders of monthly renewals can be switched off in each mail; what you must know "
            "cannot."
        ),
    }


def _people() -> dict[str, str]:
    return {
        "roles": _(
            "Owners do everything. Billing members can spend. Members see the plan, and can ask for an upgrade."
        ),
        "higher-tier": _("A member asks for a tier above the one you have."),
        "asked-once": _("One question for one tier, until it is answered."),
        "seat-free": _("An invitation holds a seat, so there is one free for whoever is invited."),
        "invitation-open": _("An invitation holds for %(days)d days, until it is accepted or taken back.")
        % {"days": INVITATION_LASTS.days},
        "invited-address": _(
            "An invitation is accepted by the address it was sent to, once that is confirmed."
        ),
        "invited-once": _("Nobody is invited who is in the team already."),
        "invitations-a-day": _("An organisation sends at most %(count)d invitations in a day.")
        % {"count": INVITATIONS_A_DAY},
        "one-owner": _("An organisation always has an owner."),
        "closing-when-free": _(
            "An organisation is closed when nothing is paid any more: cancel first, and close it when the paid time "
            "is over."
        ),
        "on-sale": _("You can come in once there are terms to come in on."),
        "currency-on-sale": _("An organisation pays in one of the currencies of the price list."),
        "named": _("An organisation has a name, by which its people and we know it."),
        "time-zone": _("An organisation lives in a time zone; every date we name is told in it."),
        "organisations-a-day": _("One person makes at most %(count)d organisations in a day.")
        % {"count": ORGANISATIONS_A_DAY},
    }


def _turns(turns: Sequence[object]) -> str:
    """30, 7 and 1."""
    days = sorted((getattr(turn, "days", 0) for turn in turns), reverse=True)
    *first, last = [str(one) for one in days]
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last
