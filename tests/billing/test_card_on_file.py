"""A customer with a card on file: charged once, the quoted amount, only applied if paid."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.models import Order
from tests.billing.conftest import Buyer


def test_first_purchase_charges_the_quoted_amount_once(ada: Buyer) -> None:
    quote = ada.with_card().quote("team", seats=3)
    order = ada.accept(quote)
    assert order.state == Order.State.SETTLED
    assert [charge["amount"] for charge in ada.sandbox.charges()] == [quote.due]
    assert order.charged == quote.due
    assert (ada.licence.tier.key, ada.licence.seats) == ("team", 3)


@pytest.mark.proves("price-shown")
def test_upgrade_charges_the_difference_that_was_quoted(ada: Buyer) -> None:
    ada.with_card().buy("team", seats=3)
    quote = ada.quote("business", seats=4)
    assert {line["kind"] for line in quote.lines} == {"unused", "charge"}
    order = ada.accept(quote)
    assert order.state == Order.State.SETTLED, order.failure_words
    assert [charge["amount"] for charge in ada.sandbox.charges()][-1] == quote.due
    assert len(ada.sandbox.charges()) == 2
    assert (ada.licence.tier.key, ada.licence.seats) == ("business", 4)


def test_accepting_twice_is_one_order_and_one_charge(ada: Buyer) -> None:
    quote = ada.with_card().quote("team")
    assert ada.accept(quote).pk == ada.accept(quote).pk
    assert len(ada.sandbox.charges()) == 1


def test_yearly_bills_the_new_period_whole_and_gives_back_the_rest(ada: Buyer) -> None:
    ada.with_card().buy("team", seats=3)
    quote = ada.quote("team", seats=3, interval="year")
    order = ada.accept(quote)
    assert order.state == Order.State.SETTLED, order.failure_words
    assert order.charged == quote.due
    assert ada.licence.price.interval == "year"
    # The new period begins when Stripe makes the change, a moment after the quoted instant.
    assert timedelta(0) <= ada.licence.period_end - quote.renews_at < timedelta(minutes=1)


@pytest.mark.proves("unpaid-changes-nothing")
@pytest.mark.parametrize("card", ["pm_card_chargeCustomerFail"])
def test_a_declined_card_leaves_everything_as_it_was(ada: Buyer, card: str) -> None:
    ada.with_card().buy("team", seats=3)
    before = ada.licence
    ada.with_card(card)
    order = ada.buy("business", seats=3)
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.DECLINED)
    after = ada.licence
    assert (after.tier_id, after.seats, after.period_end, after.version) == (
        before.tier_id,
        before.seats,
        before.period_end,
        before.version,
    )
    assert len(ada.sandbox.charges()) == 1


def test_a_declined_first_purchase_leaves_the_free_tier(ada: Buyer) -> None:
    order = ada.with_card("pm_card_chargeCustomerFail").buy("team")
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.DECLINED)
    assert ada.licence.is_free
    assert ada.sandbox.charges() == []
