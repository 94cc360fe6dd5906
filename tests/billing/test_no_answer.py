"""Stripe that does not answer: the outcome is unknown, is said so, and is resolved without a second charge."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing import gateway
from billing.answers import StripeUnavailable
from billing.models import Attempt, Order, StripePrice
from billing.orders import UnableToAccept
from billing.tasks import settle_left_behind
from tests.billing.conftest import Buyer

FAULTS = ["500_before", "500_after", "close_connection", "429"]


@pytest.fixture
def quoted(ada: Buyer) -> Buyer:
    ada.with_card().buy("team")
    return ada


def lose_the_answer(quoted: Buyer, fault: str) -> None:
    """To the second request about the subscription: the first is our mark, the second the change."""
    match = {"method": "POST", "path": "/v1/subscriptions/.*"}
    quoted.sandbox.control("faults", match=match, fault=fault, times=1, after=1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_change_without_an_answer_is_made_once_with_one_key(quoted: Buyer, fault: str) -> None:
    quote = quoted.quote("business")
    lose_the_answer(quoted, fault)
    order = quoted.accept(quote)
    assert Attempt.objects.get(order=order, step="change").outcome == Attempt.Outcome.ASKED
    settle_left_behind(at=timezone.now() + timedelta(minutes=1))
    order.refresh_from_db()
    assert order.state == Order.State.SETTLED
    assert quoted.licence.tier.key == "business"
    assert [charge["amount"] for charge in quoted.sandbox.charges()][1:] == [quote.due]
    keys = {
        request["idempotency_key"]
        for request in quoted.sandbox.requests()
        if "-change" in (request["idempotency_key"] or "")
    }
    assert keys == {f"order-{order.pk}-change"}


def test_an_answer_lost_before_the_work_leaves_the_order_pending_and_the_old_tier_in_force(
    quoted: Buyer,
) -> None:
    quote = quoted.quote("business")
    lose_the_answer(quoted, "500_before")
    assert quoted.accept(quote).is_pending
    assert quoted.licence.tier.key == "team"


def test_after_the_keys_are_forgotten_our_mark_finds_what_was_paid(quoted: Buyer) -> None:
    quote = quoted.quote("business")
    lose_the_answer(quoted, "500_after")
    order = quoted.accept(quote)
    settle_left_behind(at=order.accepted_at + timedelta(hours=21))
    order.refresh_from_db()
    assert order.state == Order.State.SETTLED
    assert len(quoted.sandbox.charges()) == 2


def test_after_the_keys_are_forgotten_what_is_proven_absent_fails_without_a_charge(quoted: Buyer) -> None:
    quote = quoted.quote("business")
    lose_the_answer(quoted, "500_before")
    order = quoted.accept(quote)
    settle_left_behind(at=order.accepted_at + timedelta(hours=21))
    order.refresh_from_db()
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.ABANDONED)
    assert len(quoted.sandbox.charges()) == 1


def test_a_list_that_lags_behind_the_last_use_of_a_key_proves_no_absence(
    quoted: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = quoted.quote("business")
    lose_the_answer(quoted, "500_before")
    order = quoted.accept(quote)
    quoted.fault("close_connection", path="/v1/subscriptions/.*", method="POST")
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "list_invoices", lambda **_: [])
        settle_left_behind(at=order.accepted_at + timedelta(hours=19, minutes=59))
        settle_left_behind(at=order.accepted_at + timedelta(hours=20, minutes=1))
        order.refresh_from_db()
        assert order.is_pending, "it was done, and the list does not show it yet"
    settle_left_behind(at=order.accepted_at + timedelta(hours=20, minutes=5))
    order.refresh_from_db()
    assert (order.state, order.charged) == (Order.State.SETTLED, quote.due)


def test_while_the_outcome_is_unknown_there_is_no_second_order_and_no_second_key(quoted: Buyer) -> None:
    quote, other = quoted.quote("business"), quoted.quote("scale", seats=5)
    lose_the_answer(quoted, "500_before")
    order = quoted.accept(quote)
    with pytest.raises(UnableToAccept) as refused:
        quoted.accept(other)
    assert [reason.rule for reason in refused.value.reasons] == ["nothing-is-on-its-way"]
    assert list(Attempt.objects.filter(order__customer=quoted.customer, outcome="asked")) == [
        Attempt.objects.get(order=order, step="change")
    ]


def test_a_no_to_the_question_for_the_price_leaves_an_unknown_outcome_unknown(quoted: Buyer) -> None:
    quote = quoted.quote("business")
    lose_the_answer(quoted, "500_before")
    order = quoted.accept(quote)
    StripePrice.objects.filter(lookup_key=quote.price.lookup_key).delete()
    quoted.fault("400", path="/v1/prices", method="GET")
    settle_left_behind(at=timezone.now() + timedelta(minutes=1))
    order.refresh_from_db()
    assert order.is_pending
    settle_left_behind(at=timezone.now() + timedelta(minutes=2))
    order.refresh_from_db()
    assert (order.state, order.charged) == (Order.State.SETTLED, quote.due)


def test_no_preview_means_no_quote_and_nothing_happened(ada: Buyer) -> None:
    ada.with_card()
    ada.sandbox.control(
        "faults", match={"method": "POST", "path": "/v1/invoices/create_preview"}, fault="500_before", times=1
    )
    with pytest.raises(StripeUnavailable):
        ada.quote("team")
    assert ada.sandbox.charges() == []
