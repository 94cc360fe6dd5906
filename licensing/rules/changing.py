"""The rules of changing a plan, in the order in which they are asked. One small function a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.models import Licence
from licensing.reasons import Example, Reason, Rule
from licensing.rules.example import AT, BUSINESS, ENDING, FREE, PERIOD, TEAM, stands, wants
from licensing.rules.fitting import FITTING_RULES
from licensing.rules.situation import Change, Situation


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
    licence = situation.standing.licence
    if not change.tier.is_free or licence.is_free:
        return None
    if licence.cancels_at_period_end:
        return Reason(
            "leaving-is-cancelling",
            _("You have cancelled, so you move to %(tier)s by itself.") % {"tier": change.tier.name},
            _("There is nothing left to do."),
            when=licence.period_end,
        )
    return Reason(
        "leaving-is-cancelling",
        _("You move to %(tier)s by cancelling: you keep what you paid for to the last day.")
        % {"tier": change.tier.name},
        _("Cancel on the billing page."),
        when=licence.period_end,
    )


def renewal_is_not_prepared(situation: Situation, change: Change) -> Reason | None:
    """Stripe has been asked to renew at another price; a change now would be reckoned by that."""
    begun = [planned for planned in situation.standing.changes if planned.is_begun]
    if not begun:
        return None
    if not any(planned.is_announced for planned in begun):
        return Reason(
            "renewal-is-not-prepared",
            _("Your edition stays, and your renewal is being set back to its price."),
            _("Try again in a few minutes; then everything is open again."),
        )
    return Reason(
        "renewal-is-not-prepared",
        _("Your renewal is being prepared: it takes you to the later terms, as we wrote to you."),
        _("Wait until it is over; then everything is open again."),
        when=situation.standing.licence.period_end,
    )


def nothing_is_owed(situation: Situation, _wanted: object) -> Reason | None:
    """Asked before a change and before a trial."""
    if situation.standing.licence.state != Licence.State.PAST_DUE:
        return None
    return Reason(
        "nothing-is-owed",
        _("The last payment did not go through."),
        _("Pay the open invoice on the billing page, and everything is open again."),
    )


def nothing_is_on_its_way(situation: Situation, change: Change) -> Reason | None:
    return order_on_its_way(over_at=situation.order_over_at) if situation.order_pending else None


def order_on_its_way(*, over_at: datetime | None) -> Reason:
    """What is said while an order is pending, wherever it stands in the way. `over_at`: when it is over at the latest,
    where that is known.
    """
    return Reason(
        "nothing-is-on-its-way",
        _("Another order is still on its way."),
        _("Finish its payment or withdraw it first. Left alone, it is given up by itself.")
        if over_at
        else _("Finish its payment or withdraw it first."),
        when=over_at,
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
    licence = situation.standing.licence
    if not licence.cancels_at_period_end:
        return None
    return Reason(
        "not-cancelled",
        _("You have cancelled, and your plan ends with its period."),
        _("Undo the cancellation on the billing page first, or buy anew when it has ended."),
        when=licence.period_end,
    )


CHANGE_RULES: list[Rule] = [
    Rule(
        "something-changes",
        words("A change changes something: another tier, other seats or another billing."),
        check=something_changes,
        examples=(
            Example(
                words("You have Team for five people, by the month, and choose the same"),
                lambda: (stands(TEAM, seats=5), wants(TEAM, seats=5)),
                "This is what you have.",
            ),
            Example(
                words("You choose Team for six people instead"),
                lambda: (stands(TEAM, seats=5), wants(TEAM, seats=6)),
            ),
        ),
    ),
    Rule(
        "tier-is-sold",
        words("A tier can be bought where it has a price in your currency."),
        check=tier_is_sold,
        examples=(
            Example(
                words("You pay in euros, and Business has a price in dollars alone"),
                lambda: (stands(currency="EUR"), wants(BUSINESS)),
                "Business is not sold in EUR.",
            ),
            Example(words("You pay in dollars"), lambda: (stands(currency="USD"), wants(BUSINESS))),
        ),
    ),
    Rule(
        "leaving-is-cancelling",
        words("To go to a free tier you cancel. You keep what you paid for to its last day, and move then."),
        check=leaving_is_cancelling,
        examples=(
            Example(
                words("You have Team, paid until 1 April, and choose Free"),
                lambda: (stands(TEAM), wants(FREE)),
                "You move to Free by cancelling: you keep what you paid for to the last day.",
                when=PERIOD[1],
            ),
            Example(
                words("You have cancelled it already"),
                lambda: (stands(TEAM, licence_fields={"cancels_at_period_end": True}), wants(FREE)),
                "You have cancelled, so you move to Free by itself.",
                when=PERIOD[1],
            ),
            Example(words("You choose Business"), lambda: (stands(TEAM), wants(BUSINESS))),
        ),
    ),
    Rule(
        "renewal-is-not-prepared",
        words(
            "Where a renewal takes you to later terms, nothing else is changed in the last hours before it. You can "
            "still cancel."
        ),
        check=renewal_is_not_prepared,
        examples=(
            Example(
                words(
                    "Your edition ends, your renewal on 1 April is being prepared, and you choose Business"
                ),
                lambda: (stands(changes=(ENDING,)), wants(BUSINESS)),
                "Your renewal is being prepared: it takes you to the later terms, as we wrote to you.",
                when=PERIOD[1],
            ),
            Example(
                words("The plan was withdrawn a minute ago, and you choose Business"),
                lambda: (stands(changes=(replace(ENDING, is_announced=False),)), wants(BUSINESS)),
                "Your edition stays, and your renewal is being set back to its price.",
            ),
            Example(words("It is over"), lambda: (stands(), wants(BUSINESS))),
        ),
    ),
    Rule(
        "nothing-is-owed",
        words("While an invoice is unpaid, no change and no trial begins. Paying it opens everything."),
        check=nothing_is_owed,
        examples=(
            Example(
                words("Your last renewal was not paid, and you choose Business"),
                lambda: (stands(licence_fields={"state": Licence.State.PAST_DUE}), wants(BUSINESS)),
                "The last payment did not go through.",
            ),
            Example(
                words("You want to try it instead"),
                lambda: (stands(licence_fields={"state": Licence.State.PAST_DUE}), BUSINESS),
                "The last payment did not go through.",
            ),
            Example(words("You have paid the invoice"), lambda: (stands(), wants(BUSINESS))),
        ),
    ),
    Rule(
        "nothing-is-on-its-way",
        words(
            "One order at a time: while a payment is on its way, nothing else is changed. You can finish it or "
            "withdraw it. Left alone, it is given up by itself, and you are told by when."
        ),
        check=nothing_is_on_its_way,
        examples=(
            Example(
                words("You went to pay for Business, left the page open, and choose again"),
                lambda: (
                    stands(order_pending=True, order_over_at=AT + timedelta(minutes=40)),
                    wants(BUSINESS),
                ),
                "Another order is still on its way.",
                when=AT + timedelta(minutes=40),
            ),
            Example(words("You have withdrawn it"), lambda: (stands(), wants(BUSINESS))),
        ),
    ),
    Rule(
        "paying-is-on",
        words(
            "We can switch paying off for a moment, or pause it for one organisation; it pauses by itself for one that "
            "would be charged more than %(count)d times in a day. Nothing new is charged then, and what you have goes "
            "on, with its renewals."
        ),
        numbers=lambda _today: {"count": settings.CHARGES_A_DAY},
        check=paying_is_on,
        examples=(
            Example(
                words("We check our books"),
                lambda: (stands(stopped="books"), wants(BUSINESS)),
                "Paying is switched off for a moment while we check our books.",
            ),
            Example(
                words("One of us looks at your organisation’s payments"),
                lambda: (stands(stopped="customer"), wants(BUSINESS)),
                "Paying is paused for your organisation until one of us has looked at it.",
            ),
            Example(
                words("We have stopped all charging"),
                lambda: (stands(stopped="everybody"), wants(BUSINESS)),
                "Paying is switched off for a moment.",
            ),
            Example(words("Nothing is held back"), lambda: (stands(), wants(BUSINESS))),
        ),
    ),
    Rule(
        "not-cancelled",
        words("After cancelling, the cancellation is undone before anything is changed."),
        check=not_cancelled,
        examples=(
            Example(
                words("You cancelled Team for 1 April, and choose Business"),
                lambda: (stands(licence_fields={"cancels_at_period_end": True}), wants(BUSINESS)),
                "You have cancelled, and your plan ends with its period.",
                when=PERIOD[1],
            ),
            Example(words("You have undone it"), lambda: (stands(), wants(BUSINESS))),
        ),
    ),
    *FITTING_RULES,
]
