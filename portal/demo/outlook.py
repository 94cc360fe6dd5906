"""What is due for one customer by now, in sentences for whoever has just let time pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from babel.dates import format_datetime

from billing.renewals import MONTHLY, YEARLY
from licensing.models import Customer, Licence, Trial
from licensing.trials import REMINDERS


def outlook(*, customer: Customer, at: datetime) -> list[str]:
    """Where the customer stands at `at`, and what the sweeps and Stripe's webhooks will make of it within a minute."""
    return [*_trials(customer, at), *_licences(customer, at)]


def _trials(customer: Customer, at: datetime) -> Iterator[str]:
    for trial in Trial.objects.filter(customer=customer, ended_at=None).select_related("tier"):
        when = _moment(trial.ends_at, customer)
        if trial.ends_at <= at:
            yield f"The trial of {trial.tier.name} ended on {when}; a mail says so."
        else:
            yield f"The trial of {trial.tier.name} ends on {when}{_reminder(trial.ends_at - at, REMINDERS)}."


def _licences(customer: Customer, at: datetime) -> Iterator[str]:
    licences = Licence.objects.filter(customer=customer, ended_at=None).select_related("tier", "price")
    for licence in licences:
        name = licence.tier.name
        if licence.price is None or licence.period_end is None:
            yield f"{name} is free and has no date."
            continue
        when = _moment(licence.period_end, customer)
        if licence.period_end <= at:
            yield f"{name} was due on {when}; Stripe has charged or tried to, and the portal follows."
        elif licence.state == Licence.State.PAST_DUE:
            yield f"{name} is past due; Stripe tries the card again after 3, 5 and 7 days, then it ends."
        elif licence.cancels_at_period_end:
            yield f"{name} is cancelled and ends on {when}."
        else:
            turns = YEARLY if licence.price.interval == "year" else MONTHLY
            yield f"{name} renews on {when}{_reminder(licence.period_end - at, turns)}."


def _reminder(left: timedelta, turns: Sequence[timedelta]) -> str:
    return "; a reminder goes out, if it has not gone yet" if left <= max(turns) else ""


def _moment(moment: datetime, customer: Customer) -> str:
    local = moment.astimezone(customer.zone)
    return format_datetime(local, "d MMMM y, HH:mm", locale="en_GB", tzinfo=customer.zone)
