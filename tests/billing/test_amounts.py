"""Amounts: the estimate is the quote and the quote is the charge, to the minor unit, whatever is changed to what."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.cancellation import cancel_at_period_end
from billing.models import Order, Quote
from billing.payers import refresh_payer
from billing.renewals import next_renewal
from licensing.models import Edition, Licence
from licensing.pricing import Estimate, estimate
from licensing.standing import standing_of
from licensing.terms import edition_terms
from tests.billing.conftest import Buyer, newcomer
from tests.cast import OLD

SEED, CHANGES = "walk", 5  # another seed is another walk


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
    before = len(buyer.charged())
    order = buyer.accept(quote, at=at)
    assert (order.state, order.needs_staff) == (Order.State.SETTLED, ""), order.failure_words
    assert order.charged == quote.due
    assert buyer.charged()[before:] == ([quote.due] if quote.due else [])


def a_change(rng: random.Random, buyer: Buyer) -> dict[str, Any]:
    """Any choice of tier, seats and interval that is not what the buyer has."""
    licence = buyer.licence
    while True:
        choice = {
            "tier": rng.choice(["team", "business", "scale"]),
            "seats": rng.randint(5, 40),
            "interval": rng.choice(["month", "month", "year"]),
        }
        interval = licence.price.interval if licence.price else ""
        if (licence.tier.key, licence.seats, interval) != tuple(choice.values()):
            return choice


@pytest.mark.parametrize(
    ("country", "currency"), [("DE", "USD"), ("FR", "EUR"), ("JP", "JPY"), ("US", "USD")]
)
def test_a_walk_of_changes_is_estimated_quoted_and_charged_alike(
    ada: Buyer, country: str, currency: str
) -> None:
    rng = random.Random(f"{country} {currency} {SEED}")
    buyer = newcomer(ada.sandbox, country=country, currency=currency).with_card()
    at = timezone.now()
    for _ in range(CHANGES):
        buyer.credited(rng.choice([buyer.payer.credit, 0, 30, 700, 12_345, -40, -999]))
        change = a_change(rng, buyer)
        quote = buyer.quote(**change, at=at)
        agree(estimate_of(buyer, quote), quote)
        charged_as_quoted(buyer, quote, at=at)
        at = buyer.let_pass(seconds=rng.randint(1, 9 * 24 * 3600))
        buyer.receive(*buyer.events(), at=at)
        refresh_payer(buyer.payer)


def test_a_downgrade_gives_credit_that_the_next_purchase_uses(ada: Buyer) -> None:
    ada.with_card().buy("business", seats=10)
    down = ada.quote("team", seats=10)
    assert down.due == 0
    assert down.credit == down.total < 0
    charged_as_quoted(ada, down, at=timezone.now())
    assert ada.payer.credit == -down.total
    up = ada.quote("scale", seats=10)
    assert up.credit == -down.total
    charged_as_quoted(ada, up, at=timezone.now())
    assert ada.payer.credit == 0


def test_fewer_seats_give_their_time_back(ada: Buyer) -> None:
    ada.with_card().buy("team", seats=10)
    fewer = ada.quote("team", seats=4)
    assert (fewer.due, fewer.credit) == (0, fewer.total)
    charged_as_quoted(ada, fewer, at=timezone.now())
    assert ada.licence.seats == 4


def test_from_year_to_month_the_rest_of_the_year_is_credit(ada: Buyer) -> None:
    ada.with_card().buy("team", seats=3, interval="year")
    monthly = ada.quote("team", seats=3, interval="month")
    assert monthly.due == 0
    charged_as_quoted(ada, monthly, at=timezone.now())
    assert ada.licence.price.interval == "month"
    standing = standing_of(ada.customer, at=timezone.now())
    renewal = next_renewal(standing=standing, payer=ada.payer)
    assert renewal is not None
    assert (renewal.due, renewal.credit_used) == (0, monthly.renewal_amount)


def test_free_paid_cancelled_and_paid_again(ada: Buyer) -> None:
    ada.with_card().buy("team")
    cancel_at_period_end(customer=ada.customer, actor=ada.actor, at=timezone.now())
    at = ada.let_pass(days=32)
    ada.receive(*ada.events(), at=at)
    assert ada.licence.is_free
    again = ada.quote("team", at=at)
    charged_as_quoted(ada, again, at=at)
    assert len(ada.subscriptions()) == 1
    assert ada.licence.tier.key == "team"


def test_too_little_to_charge_is_said_to_come_with_the_next_payment(ada: Buyer) -> None:
    ada.with_card().buy("team", seats=3)
    total = ada.quote("business", seats=3).total
    ada.credited(total - 20)
    quote = ada.quote("business", seats=3)
    assert (quote.due, quote.credit) == (0, total - 20)
    assert [line["amount"] for line in quote.lines if line["kind"] == "other"] == [-20]
    charged_as_quoted(ada, quote, at=timezone.now())
    assert ada.payer.credit == -20
    next_one = ada.quote("scale", seats=5)
    assert [line["amount"] for line in next_one.lines if line["kind"] == "other"] == [20]
    assert next_one.due == next_one.total + 20
    charged_as_quoted(ada, next_one, at=timezone.now())
    assert ada.payer.credit == 0


def test_the_tier_that_is_held_keeps_its_older_price_for_more_seats_and_another_interval(
    ada: Buyer,
) -> None:
    old = edition_terms(Edition.objects.get(key=OLD).pk)
    Licence.objects.filter(pk=ada.licence.pk).update(edition_id=old.id, tier_id=old.free_tier.id)
    ada.with_card()
    charged_as_quoted(ada, ada.quote("team", edition=old), at=timezone.now())
    for choice in ({"seats": 4}, {"seats": 4, "interval": "year"}):
        quote = ada.quote("team", edition=old, **choice)
        agree(estimate_of(ada, quote), quote)
        charged_as_quoted(ada, quote, at=timezone.now())
        assert ada.licence.edition_id == old.id
