"""The worker dies, or Stripe falls silent, at any request of an order: afterwards it is charged once, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing import gateway
from billing.answers import StripeUnavailable
from billing.models import Attempt, Order, Quote
from billing.tasks import settle_left_behind
from tests.billing.conftest import Buyer, Died, newcomer


def first_purchase(buyer: Buyer) -> Quote:
    return buyer.with_card().quote("team")


def change(buyer: Buyer) -> Quote:
    buyer.with_card().buy("team")
    return buyer.quote("business")


WAYS = [first_purchase, change]


def requests_of(buyer: Buyer, prepare: Callable[[Buyer], Quote]) -> int:
    """How many requests an untroubled acceptance makes."""
    quote = prepare(buyer)
    before = len(buyer.sandbox.requests())
    assert buyer.accept(quote).state == Order.State.SETTLED
    return len(buyer.sandbox.requests()) - before


def carried_on(buyer: Buyer, quote: Quote, before: list[int]) -> None:
    """The customer tries again, the sweep comes by: one charge, the quoted one, and one licence."""
    with suppress(StripeUnavailable):
        buyer.accept(quote)
    settle_left_behind(at=timezone.now() + timedelta(minutes=1))
    order = Order.objects.get(quote=quote)
    assert (order.state, order.needs_staff) == (Order.State.SETTLED, "")
    assert buyer.charged() == [*before, quote.due]
    assert buyer.licence.price_id == quote.price_id
    assert len(buyer.subscriptions()) == 1


@pytest.mark.parametrize("prepare", WAYS, ids=lambda prepare: prepare.__name__)
def test_a_worker_that_dies_after_any_answer_leaves_one_charge(
    ada: Buyer, prepare: Callable[[Buyer], Quote], monkeypatch: pytest.MonkeyPatch
) -> None:
    speak = gateway.client.asking
    left = [0]

    @contextmanager
    def speak_and_die() -> Iterator[Any]:
        with speak() as v1:
            yield v1
        left[0] -= 1
        if left[0] == 0:
            raise Died

    for nth in range(1, requests_of(ada, prepare) + 1):
        buyer = newcomer(ada.sandbox)
        quote = prepare(buyer)
        before = buyer.charged()
        left[0] = nth
        with monkeypatch.context() as patch:
            patch.setattr(gateway.client, "asking", speak_and_die)
            with suppress(Died):
                buyer.accept(quote)
        carried_on(buyer, quote, before)


@pytest.mark.parametrize("fault", ["500_after", "close_connection"])
@pytest.mark.parametrize("prepare", WAYS, ids=lambda prepare: prepare.__name__)
def test_any_request_without_an_answer_leaves_one_charge(
    ada: Buyer, prepare: Callable[[Buyer], Quote], fault: str
) -> None:
    for nth in range(requests_of(ada, prepare)):
        buyer = newcomer(ada.sandbox)
        quote = prepare(buyer)
        before = buyer.charged()
        buyer.fault(fault, after=nth)
        with suppress(StripeUnavailable):
            buyer.accept(quote)
        carried_on(buyer, quote, before)


@pytest.mark.parametrize("fault", ["500_after", "500_before", "close_connection"])
def test_a_checkout_page_that_was_never_answered_holds_nobody_up(ada: Buyer, fault: str) -> None:
    ada.fault(fault, path="/v1/checkout/sessions$", method="POST")
    order = ada.buy("team")
    assert order.is_pending
    settle_left_behind(at=timezone.now() + timedelta(minutes=1))
    settle_left_behind(at=timezone.now() + timedelta(minutes=20))
    order.refresh_from_db()
    if order.is_pending:
        ada.pay_at_checkout(order)
        settle_left_behind(at=timezone.now() + timedelta(minutes=21))
        order.refresh_from_db()
        assert order.state == Order.State.SETTLED
        assert ada.charged() == [order.quote.due]
    else:
        assert ada.charged() == []
        assert ada.buy("team").pay_url


def test_stripe_slower_than_our_patience_is_unknown_and_asked_again(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = change(ada)
    ada.fault("timeout_after", path="/v1/subscriptions/.*", method="POST", after=1, seconds=2)
    with monkeypatch.context() as patch:
        patch.setattr(gateway.client, "TIMEOUT", 0.5)
        order = ada.accept(quote)
    assert Attempt.objects.get(order=order, step="change").outcome == Attempt.Outcome.ASKED
    carried_on(ada, quote, ada.charged()[:1])


def test_never_asked_in_time_it_is_not_asked_any_more(ada: Buyer) -> None:
    quote = change(ada)
    ada.fault("500_before", path="/v1/subscriptions/.*", method="POST")
    order = ada.accept(quote)
    settle_left_behind(at=order.accepted_at + timedelta(hours=21))
    order.refresh_from_db()
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.ABANDONED)
    assert len(ada.charged()) == 1
    assert ada.licence.tier.key == "team"


def test_another_card_put_on_file_before_the_same_question_is_asked_again_is_no_other_question(
    ada: Buyer,
) -> None:
    quote = first_purchase(ada)
    ada.fault("close_connection", path="/v1/subscriptions$", method="POST")
    with suppress(StripeUnavailable):
        ada.accept(quote)
    ada.with_card("pm_card_mastercard")
    carried_on(ada, quote, [])


def test_a_key_that_stripe_knows_with_other_words_is_unknown_and_its_words_stay_with_us(ada: Buyer) -> None:
    with gateway.client.asking() as v1:
        used = {"name": "Other"}
        v1.customers.create(used, {"idempotency_key": "taken"})
    with pytest.raises(StripeUnavailable) as error:
        gateway.create_customer(
            name="A", email="a@b.test", country="DE", reference="a", mark="m", idempotency_key="taken"
        )
    assert "taken" not in str(error.value)


def test_a_secret_key_that_stripe_does_not_know_is_not_a_no_to_the_customer(
    ada: Buyer, settings: Any
) -> None:
    quote = change(ada)
    settings.STRIPE_SECRET_KEY = "sk_wrong_and_secret"
    with pytest.raises(StripeUnavailable) as error:
        ada.accept(quote)
    assert "sk_wrong" not in str(error.value)
