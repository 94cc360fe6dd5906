"""The sum of an estimate in words, line by line, as the calculator shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.offers import Offer
from licensing.pricing import Estimate, Line
from portal.pages.values import per_interval
from portal.templatetags.words import day, day_from, money


@dataclass(frozen=True)
class SumLine:
    """One line: what it is for, a note in small, and the amount. `is_open`: the amount is not known yet."""

    label: str
    said: str
    note: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class Sum:
    """Every amount written for the reader. `tax_name` is the tax that is part of it; `gained` becomes their credit."""

    lines: list[SumLine]
    due: str
    is_before_tax: bool
    tax_name: str
    gained: str
    renews_on: str
    renewal: str
    interval: str
    ahead: str


def sum_of(estimate: Estimate, *, chosen: Offer, held: Offer, tax_name: str, ahead: int) -> Sum:
    """What is charged first, then what is given back, tax, and how the total meets what is owed. `ahead` is what two
    years cost, in minor units.
    """
    name = tax_name or _("Tax")
    gained = estimate.credit_gained
    return Sum(
        lines=[
            *(_line(line, estimate=estimate, chosen=chosen, held=held) for line in reversed(estimate.lines)),
            *_tax(estimate, name=name),
            *_balance(estimate),
        ],
        due=_said(estimate.due, estimate),
        is_before_tax=estimate.tax is None,
        tax_name=name if estimate.tax else "",
        gained=_said(gained, estimate) if gained else "",
        renews_on=day(estimate.renews_at),
        renewal=_said(estimate.renewal_amount, estimate),
        interval=per_interval(estimate.interval),
        ahead=_said(ahead, estimate),
    )


def _line(line: Line, *, estimate: Estimate, chosen: Offer, held: Offer) -> SumLine:
    amount = _said(line.amount, estimate)
    if line.kind == "charge":
        said = {"tier": chosen.tier.name, "count": line.seats}
        label = ngettext("%(tier)s, one seat", "%(tier)s, %(count)d seats", line.seats) % said
        span = {"start": day_from(line.start, line.end), "end": day(line.end)}
        return SumLine(label, amount, note=_("%(start)s to %(end)s") % span)
    label = _("%(tier)s, time not used") % {"tier": held.tier.name}
    return SumLine(label, amount, note=_("up to %(day)s, already paid") % {"day": day(line.end)})


def _tax(estimate: Estimate, *, name: str) -> list[SumLine]:
    if estimate.tax is None:
        note = _("Stripe works it out from your address; the next page shows it before you pay.")
        return [SumLine(_("Tax"), _("not known yet"), note=note, is_open=True)]
    if not estimate.tax:
        return []
    return [SumLine(f"{name} {estimate.tax_percent} %", _said(estimate.tax, estimate))]


def _balance(estimate: Estimate) -> list[SumLine]:
    found = []
    if estimate.credit_used:
        found.append(SumLine(_("Your credit"), f"−{_said(estimate.credit_used, estimate)}"))
    if estimate.debt_paid:
        found.append(
            SumLine(_("Still to pay"), _said(estimate.debt_paid, estimate), note=_("from an earlier payment"))
        )
    if estimate.carried > 0:
        note = (
            _("rounded down to what a card can be charged")
            if estimate.due
            else _("too little to charge by itself")
        )
        found.append(
            SumLine(_("Comes with the next payment"), f"−{_said(estimate.carried, estimate)}", note=note)
        )
    elif estimate.rounded_up:
        found.append(
            SumLine(
                _("Comes off the next payment"),
                _said(estimate.rounded_up, estimate),
                note=_("rounded up to what a card can be charged"),
            )
        )
    return found


def _said(amount: int, estimate: Estimate) -> str:
    return money(amount, estimate.currency)
