"""Between the quote and its acceptance the world moves on. The price shown is the price charged, or nothing is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing import gateway
from billing.models import Order, StripePrice, Subscription
from billing.orders import QuoteChanged, UnableToAccept
from billing.quotes import UnableToQuote
from billing.tasks import settle_left_behind
from licensing.invitations import invite
from tests.billing.conftest import Buyer


@pytest.fixture
def holder(ada: Buyer) -> Buyer:
    ada.with_card().buy("team")
    ada.receive(*ada.events())
    return ada


def test_it_can_be_accepted_up_to_its_last_instant_and_not_at_it(ada: Buyer) -> None:
    quote = ada.with_card().quote("team")
    with pytest.raises(UnableToAccept):
        ada.accept(quote, at=quote.expires_at)
    assert ada.accept(quote, at=quote.expires_at - timedelta(seconds=1)).state == Order.State.SETTLED


def test_cancelled_at_stripe_in_between_nothing_is_charged(holder: Buyer) -> None:
    quote = holder.quote("business")
    gateway.cancel_subscription(holder.subscriptions()[0].stripe_id)
    with pytest.raises(UnableToAccept):
        holder.accept(quote)
    assert len(holder.charged()) == 1
    assert not Order.objects.filter(quote=quote).exists()


def test_cancelled_at_stripe_while_an_order_waits_to_be_asked_opens_no_new_subscription(
    holder: Buyer,
) -> None:
    quote = holder.quote("business")
    holder.fault("500_before", path="/v1/subscriptions/.*", method="POST", after=1)
    order = holder.accept(quote)
    gateway.cancel_subscription(holder.subscriptions()[0].stripe_id)
    holder.receive(*holder.events())
    assert not Subscription.objects.exists()
    settle_left_behind(at=timezone.now() + timedelta(minutes=1))
    settle_left_behind(at=timezone.now() + timedelta(hours=21))
    order.refresh_from_db()
    assert order.state == Order.State.FAILED
    assert holder.charged() == [holder.charged()[0]]
    assert holder.subscriptions() == []


def test_renewed_in_between_it_is_told_and_nothing_is_charged(holder: Buyer) -> None:
    quote = holder.quote("business")
    at = holder.let_pass(days=32)
    with pytest.raises(UnableToAccept):
        holder.accept(quote, at=quote.expires_at - timedelta(minutes=1))
    holder.receive(*holder.events(), at=at)
    with pytest.raises(UnableToAccept):
        holder.accept(quote, at=quote.expires_at - timedelta(minutes=1))
    assert len(holder.charged()) == 2  # the purchase and its renewal


@pytest.mark.proves("price-shown")
def test_credit_in_between_makes_a_fresh_quote_of_the_present_moment(holder: Buyer) -> None:
    quote = holder.quote("business")
    holder.credited(700)
    with pytest.raises(QuoteChanged) as changed:
        holder.accept(quote)
    fresh = changed.value.quote
    assert (fresh.credit, fresh.due) == (700, fresh.total - 700)
    assert fresh.expires_at <= holder.licence.period_end
    order = holder.accept(fresh)
    assert (order.state, order.charged, order.needs_staff) == (Order.State.SETTLED, fresh.due, "")


def test_people_invited_in_between_need_their_seats(holder: Buyer) -> None:
    holder.buy("team", seats=5)
    quote = holder.quote("team", seats=1)
    for name in ("fay", "gus"):
        invite(
            customer=holder.customer,
            email=f"{name}@demo.test",
            role="member",
            by=holder.user,
            at=timezone.now(),
        )
    with pytest.raises(UnableToAccept) as refusal:
        holder.accept(quote)
    assert [reason.rule for reason in refusal.value.reasons] == ["seats-fit-people"]
    assert holder.licence.seats == 5


def test_a_price_withdrawn_at_stripe_charges_nothing_and_says_so(holder: Buyer) -> None:
    quote = holder.quote("business")
    with gateway.client.asking() as v1:
        stripe_id = StripePrice.objects.get(lookup_key=quote.price.lookup_key).stripe_id
        v1.prices.update(stripe_id, {"active": False})
    with pytest.raises(UnableToAccept):
        holder.accept(quote)
    with pytest.raises(UnableToQuote):
        holder.quote("business")
    assert len(holder.charged()) == 1


def test_another_amount_at_stripe_gives_no_quote(ada: Buyer) -> None:
    quote = ada.with_card().quote("team")
    StripePrice.objects.all().delete()
    known = gateway.find_prices([quote.price.lookup_key])[quote.price.lookup_key]
    with gateway.client.asking() as v1:
        found = v1.prices.retrieve(known[0])
        v1.prices.create(
            {
                "product": found.product,
                "currency": "usd",
                "unit_amount": 1,
                "recurring": {"interval": "month"},
                "lookup_key": quote.price.lookup_key,
                "transfer_lookup_key": True,
            }
        )
    with pytest.raises(UnableToQuote):
        ada.quote("team")


def test_the_card_taken_off_file_in_between_opens_no_second_subscription(holder: Buyer) -> None:
    quote = holder.quote("business")
    with gateway.client.asking() as v1:
        v1.payment_methods.detach(holder.payer.payment_method_id)
    with pytest.raises(UnableToAccept) as refusal:
        holder.accept(quote)
    assert [reason.rule for reason in refusal.value.reasons] == ["card-on-file"]
    assert len(holder.charged()) == 1
    assert len(holder.subscriptions()) == 1


def test_without_a_card_what_costs_nothing_is_done(holder: Buyer) -> None:
    holder.buy("business")
    with gateway.client.asking() as v1:
        v1.payment_methods.detach(holder.payer.payment_method_id)
    order = holder.buy("team")
    assert (order.state, order.charged) == (Order.State.SETTLED, 0)
    assert holder.licence.tier.key == "team"
