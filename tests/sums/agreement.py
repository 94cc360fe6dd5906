"""The estimate is the quote and the quote is the charge: what tests of real purchases hold against each other."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.models import Order, Quote
from licensing.pricing import Estimate, estimate
from licensing.standing import standing_of
from licensing.terms import edition_terms
from tests.billing.conftest import Buyer


def estimate_of(buyer: Buyer, quote: Quote) -> Estimate:
    """What the calculator said for the same change at the same instant."""
    standing = standing_of(buyer.customer, at=quote.quoted_at)
    price = edition_terms(quote.tier.edition_id).tier_by_id(quote.tier_id).price_by_id(quote.price_id)
    assert price is not None
    return estimate(
        held=standing.held,
        price=price,
        seats=quote.seats,
        at=quote.quoted_at,
        tax_percent=buyer.payer.tax_percent,
        credit=buyer.payer.credit,
    )


def agree(guess: Estimate, quote: Quote) -> None:
    """Every amount that is shown on both pages is the same on both."""
    amounts = [line["amount"] for line in quote.lines if line["kind"] in ("unused", "charge")]
    assert sorted(line.amount for line in guess.lines) == sorted(amounts)
    assert (guess.subtotal, guess.tax, guess.due) == (quote.subtotal, quote.tax, quote.due)
    assert guess.credit_used - guess.credit_gained == quote.credit
    assert guess.debt_paid - guess.carried == sum(
        line["amount"] for line in quote.lines if line["kind"] == "other"
    )
    assert guess.renewal_amount == quote.renewal_amount
    # A new period begins when Stripe makes the change, a moment after it was asked.
    assert abs(guess.renews_at - quote.renews_at) < timedelta(minutes=1)
    # The sum as it is written out comes to what is due.
    assert sum(line["amount"] for line in quote.lines) + quote.tax - quote.credit == quote.due


def charged_as_quoted(buyer: Buyer, quote: Quote, *, at: datetime) -> None:
    """Accepting settles at once, and the card is charged what was quoted, once, or not at all where nothing is due."""
    before = len(buyer.charged())
    order = buyer.accept(quote, at=at)
    assert (order.state, order.needs_staff) == (Order.State.SETTLED, ""), order.failure_words
    assert order.charged == quote.due
    assert buyer.charged()[before:] == ([quote.due] if quote.due else [])
