"""What the pages say of a second payment: while it goes back, when it has, and where it could not."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing import gateway
from billing.answers import StripeRefused
from billing.models import Order
from billing.settling import close_failed, settle
from tests.money_pages.conftest import Buyer


def second_of_two(ada: Buyer) -> Order:
    """The second of two paid pages, not looked at yet; Team is what the first one bought."""
    first = ada.buy("team")
    close_failed(order_id=first.pk, failure="abandoned", words="", at=timezone.now())
    second = ada.buy("business")
    ada.pay_at_checkout(first)
    ada.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    return second


def said(client: Client, order: Order) -> str:
    answer = client.get(reverse("quote", args=[order.quote_id]))
    assert 'data-state="given_back"' in answer.content.decode()
    return answer.content.decode()


def test_given_back_it_says_how_much_where_to_and_that_nothing_else_changed(
    ada: Buyer, ada_client: Client
) -> None:
    second = settle(order_id=second_of_two(ada).pk, at=timezone.now())
    page = said(ada_client, second)
    assert "You paid twice. The second payment was given back." in page
    assert f"<b>${second.quote.due / 100:,.2f}</b> went back to the card it was paid with" in page
    assert "Team is paid for once and stays exactly as it is" in page
    assert "not charged" not in page.lower()
    assert "See what Business would cost now" in page
    billing = ada_client.get(reverse("billing")).content.decode()
    assert "paid twice, given back" in billing
    assert reverse("quote", args=[second.quote_id]) in billing


def test_while_it_goes_back_it_says_so(ada: Buyer, ada_client: Client) -> None:
    second = second_of_two(ada)
    ada.fault("500_before", method="POST", path="/v1/refunds")
    settle(order_id=second.pk, at=timezone.now())
    assert "The second payment is being given back." in said(ada_client, second)
    assert "paid twice, being given back" in ada_client.get(reverse("billing")).content.decode()


def test_where_stripe_refuses_it_says_that_we_see_to_it(
    ada: Buyer, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = second_of_two(ada)

    def refuses(**_: object) -> None:
        raise StripeRefused("Charge is disputed.", code="charge_disputed")

    monkeypatch.setattr(gateway, "refund_payment", refuses)
    settle(order_id=second.pk, at=timezone.now())
    page = said(ada_client, second)
    assert "The second payment will be given back." in page
    assert "We have been told, and will see to it." in page
    assert "disputed" not in page
