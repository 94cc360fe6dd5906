"""The rules of opening an organisation and of closing it."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.models import Licence
from licensing.reasons import Clause, Example, Reason, Rule
from licensing.rules.example import AT, FREE, PERIOD, TEAM, TODAY, licence
from licensing.terms import EditionTerms

# Each may invite strangers by mail, so nobody makes them by the dozen.
ORGANISATIONS_A_DAY = 5
A_DAY = timedelta(days=1)


def something_is_on_sale(today: EditionTerms | None) -> Reason | None:
    if today is not None:
        return None
    return Reason(
        "on-sale",
        _("Nothing is on sale here yet."),
        _("You can come in when the first edition is published."),
    )


def has_a_name(name: str) -> Reason | None:
    if name:
        return None
    return Reason("named", _("An organisation needs a name."), _("Say what it is called."))


def currency_is_on_sale(currency: str, on_sale: Sequence[str]) -> Reason | None:
    if currency in on_sale:
        return None
    return Reason(
        "currency-on-sale",
        _("Today’s prices are not stated in %(currency)s.") % {"currency": currency or "no currency"},
        _("Choose one of %(currencies)s.") % {"currencies": ", ".join(on_sale)},
    )


def time_zone_exists(zone: str) -> Reason | None:
    if zone in zoneinfo.available_timezones():
        return None
    return Reason(
        "time-zone",
        _("There is no time zone “%(zone)s”.") % {"zone": zone},
        _("Choose one of the list."),
    )


def pace_of_organisations(oldest: datetime | None) -> Reason | None:
    """`oldest`: when the person made the first of so many; None where they made fewer in the last 24 hours."""
    if oldest is None:
        return None
    return Reason(
        "organisations-a-day",
        _("You have made %(count)s organisations in a day.") % {"count": ORGANISATIONS_A_DAY},
        _("You can make another when a day has passed."),
        when=oldest + A_DAY,
    )


def closes_when_free(licence: Licence) -> Reason | None:
    if licence.is_free:
        return None
    return Reason(
        "closing-when-free",
        _("This organisation has a paid licence."),
        _("Cancel it under Billing. When it has ended, you can close the organisation."),
        when=licence.period_end,
    )


OPENING_RULES: list[Rule] = [
    Rule(
        "on-sale",
        words("You can come in once there are terms to come in on."),
        check=something_is_on_sale,
        examples=(
            Example(
                words("No edition has been published yet"), lambda: (None,), "Nothing is on sale here yet."
            ),
            Example(words("The first one has"), lambda: (TODAY,)),
        ),
    ),
    Rule(
        "named",
        words("An organisation has a name, by which its people and we know it."),
        check=has_a_name,
        examples=(
            Example(words("You leave the name empty"), lambda: ("",), "An organisation needs a name."),
            Example(words("You call it Byrne Maps"), lambda: ("Byrne Maps",)),
        ),
    ),
    Rule(
        "currency-on-sale",
        words("An organisation pays in one of the currencies of the price list."),
        check=currency_is_on_sale,
        examples=(
            Example(
                words("Prices are stated in dollars and euros, and you want to pay in francs"),
                lambda: ("CHF", ["EUR", "USD"]),
                "Today’s prices are not stated in CHF.",
            ),
            Example(words("You want to pay in euros"), lambda: ("EUR", ["EUR", "USD"])),
        ),
    ),
    Rule(
        "time-zone",
        words("An organisation lives in a time zone; every date we name is told in it."),
        check=time_zone_exists,
        examples=(
            Example(
                words("You write a place that no clock knows"),
                lambda: ("Mars/Base",),
                "There is no time zone “Mars/Base”.",
            ),
            Example(words("You choose Europe/Dublin"), lambda: ("Europe/Dublin",)),
        ),
    ),
    Rule(
        "organisations-a-day",
        words("One person makes at most %(count)d organisations in a day."),
        numbers=lambda _today: {"count": ORGANISATIONS_A_DAY},
        check=pace_of_organisations,
        examples=(
            Example(
                words("You made the first of so many at noon"),
                lambda: (AT,),
                f"You have made {ORGANISATIONS_A_DAY} organisations in a day.",
                when=AT + A_DAY,
            ),
            Example(words("You made fewer"), lambda: (None,)),
        ),
    ),
]

CLOSING_RULE = Rule(
    "closing-when-free",
    words(
        "An organisation is closed when nothing is paid any more: cancel first, and close it when the paid time "
        "is over."
    ),
    check=closes_when_free,
    examples=(
        Example(
            words("You have Team, paid until 1 April"),
            lambda: (licence(TEAM),),
            "This organisation has a paid licence.",
            when=PERIOD[1],
        ),
        Example(words("You have Free"), lambda: (licence(FREE),)),
    ),
)

CLOSED_IS_KEPT = Clause(
    "closed-is-kept",
    words(
        "Closing an organisation lets its people go. What was bought, billed and decided stays on record, as it "
        "was."
    ),
)
