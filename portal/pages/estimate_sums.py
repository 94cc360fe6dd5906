"""The sum of an estimate in words, line by line, as the calculator shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from licensing.offers import Offer
from licensing.pricing import Estimate, Line
from portal.pages.sum_lines import SumLine, charge_line, credit_line, tax_line, unused_line
from portal.pages.values import per_interval
from portal.templatetags.words import day, money


@dataclass(frozen=True)
class Sum:
    """Every amount written for the reader. `tax_name` is the tax that is part of it; `gained` becomes their credit.
    `later`: from which renewal after the next one on it is what, because the terms called `ends` end.
    """

    lines: list[SumLine]
    due: str
    is_before_tax: bool
    tax_name: str
    gained: str
    renews_on: str
    renewal: str
    interval: str
    later: tuple[str, str] | None
    ends: str
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
        renewal=_said(estimate.next_charge, estimate),
        interval=per_interval(estimate.interval),
        later=_later(estimate),
        ends=held.edition.name,
        ahead=_said(ahead, estimate),
    )


def _later(estimate: Estimate) -> tuple[str, str] | None:
    if estimate.later_from is None or estimate.later_from <= estimate.renews_at:
        return None
    return day(estimate.later_from), _said(estimate.later_amount, estimate)


def _line(line: Line, *, estimate: Estimate, chosen: Offer, held: Offer) -> SumLine:
    if line.kind == "charge":
        return charge_line(
            tier=chosen.tier.name,
            seats=line.seats,
            amount=line.amount,
            currency=estimate.currency,
            start=line.start,
            end=line.end,
        )
    return unused_line(tier=held.tier.name, amount=line.amount, currency=estimate.currency, end=line.end)


def _tax(estimate: Estimate, *, name: str) -> list[SumLine]:
    if estimate.tax is None:
        note = _("Stripe works it out from your address; the next page shows it before you pay.")
        return [SumLine(_("Tax"), _("not known yet"), note=note, is_open=True)]
    if not estimate.tax:
        return []
    return [
        tax_line(name=name, percent=estimate.tax_percent, amount=estimate.tax, currency=estimate.currency)
    ]


def _balance(estimate: Estimate) -> list[SumLine]:
    found = []
    if estimate.credit_used:
        found.append(credit_line(amount=estimate.credit_used, currency=estimate.currency))
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
