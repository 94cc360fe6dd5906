"""Becoming a payer: whoever of an organisation buys first, and however often, it is one Stripe customer."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from django.utils import timezone

from billing import gateway
from billing import payers as payers_module
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Payer, PayerAttempt
from billing.payers import ensure_payer
from tests.billing.conftest import Buyer, at_once

NOW = timezone.now()


def made(ada: Buyer) -> list[dict[str, Any]]:
    """Ada's organisation as Stripe knows it, once or more often."""
    with gateway.client.asking() as v1:
        found = [each.to_dict() for each in v1.customers.list({"limit": 100}).auto_paging_iter()]
    return [each for each in found if each["metadata"].get("customer") == ada.customer.slug]


def asks(ada: Buyer, email: str, *, later: timedelta = timedelta(0)) -> Payer:
    return ensure_payer(customer=ada.customer, email=email, at=NOW + later)


def test_two_owners_who_buy_first_at_once_are_one_stripe_customer(ada: Buyer) -> None:
    payers = at_once(lambda: asks(ada, "ada@demo.test"), lambda: asks(ada, "other@demo.test"))
    assert {payer.stripe_id for payer in payers} == {each["id"] for each in made(ada)}
    assert (len(made(ada)), PayerAttempt.objects.count()) == (1, 0)


def test_a_second_owner_waits_for_the_first_ones_answer(ada: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it takes, on a machine that is out of breath too."""
    monkeypatch.setattr(payers_module, "WAITS", (0.2,) * 50)
    ada.fault("slow", path="/v1/customers$", method="POST", seconds=0.5)
    payers = at_once(lambda: asks(ada, "ada@demo.test"), lambda: asks(ada, "other@demo.test"))
    assert len({payer.stripe_id for payer in payers}) == 1
    assert len(made(ada)) == 1


def test_while_stripe_is_at_work_its_list_is_looked_through_once(ada: Buyer) -> None:
    def second() -> Payer:
        give_up = monotonic() + 10
        while not PayerAttempt.objects.exists() and monotonic() < give_up:
            sleep(0.01)
        return asks(ada, "other@demo.test", later=timedelta(seconds=1))

    ada.fault("slow", path="/v1/customers$", method="POST", seconds=1.2)
    payers = at_once(lambda: asks(ada, "ada@demo.test"), second)
    asked = [each["method"] for each in ada.sandbox.requests() if each["path"] == "/v1/customers"]
    assert len({payer.stripe_id for payer in payers}) == 1
    assert asked.count("POST") > 1, "somebody found it at work"
    assert asked.count("GET") == 1


def test_after_a_request_without_an_answer_another_owner_finds_what_it_made(ada: Buyer) -> None:
    ada.fault("close_connection", path="/v1/customers$", method="POST")
    with pytest.raises(StripeUnavailable):
        asks(ada, "ada@demo.test")
    ada.customer.name = "Okafor & Sons"
    ada.customer.save()
    assert [asks(ada, "other@demo.test").stripe_id] == [each["id"] for each in made(ada)]
    assert made(ada)[0]["email"] == "ada@demo.test"


def test_what_a_key_answers_with_the_same_500_for_ever_is_found_by_our_mark(ada: Buyer) -> None:
    ada.fault("500_after", path="/v1/customers$", method="POST")
    with pytest.raises(StripeUnavailable):
        asks(ada, "ada@demo.test")
    found = asks(ada, "ada@demo.test", later=timedelta(minutes=1))
    assert [found.stripe_id] == [each["id"] for each in made(ada)]


def test_when_the_key_is_too_old_it_is_found_by_our_mark(ada: Buyer) -> None:
    ada.fault("close_connection", path="/v1/customers$", method="POST")
    with pytest.raises(StripeUnavailable):
        asks(ada, "ada@demo.test")
    assert [asks(ada, "x@demo.test", later=timedelta(hours=21)).stripe_id] == [
        each["id"] for each in made(ada)
    ]


def test_what_is_proven_absent_is_asked_for_anew_under_another_key(ada: Buyer) -> None:
    ada.fault("500_before", path="/v1/customers$", method="POST")
    with pytest.raises(StripeUnavailable):
        asks(ada, "ada@demo.test")
    asks(ada, "other@demo.test", later=timedelta(hours=21))
    asked = [each for each in ada.sandbox.requests() if each["path"] == "/v1/customers"]
    assert len({each["idempotency_key"] for each in asked if each["method"] == "POST"}) == 2
    assert [each["email"] for each in made(ada)] == ["other@demo.test"]


def test_a_refusal_is_not_repeated_to_the_next_owner(ada: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(**_: Any) -> str:
        raise StripeRefused("Invalid email address.")

    with monkeypatch.context() as patch:
        patch.setattr(gateway, "create_customer", refuses)
        with pytest.raises(StripeRefused):
            asks(ada, "ada@demo")
    asks(ada, "other@demo.test")
    assert [each["email"] for each in made(ada)] == ["other@demo.test"]
