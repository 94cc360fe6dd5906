"""What the pages say of a second payment: while it goes back, when it has, and where it could not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing import gateway
from billing.answers import StripeRefused
from billing.clearing import clear
from billing.models import Attempt, Order
from billing.settling import close_failed, settle
from billing.tasks import give_back_left_behind
from licensing.history import COMMAND
from tests.money_pages.conftest import Buyer

TOLD = "We have been told, and will see to it. You need not do anything."


def second_of_two(ada: Buyer, *, credit: int = 0) -> Order:
    """The second of two paid pages, not looked at yet; Team is what the first one bought.

    `credit`: what of the second one came from the balance, in minor units.
    """
    first = ada.buy("team")
    close_failed(order_id=first.pk, failure="abandoned", words="", at=timezone.now())
    second = ada.buy("business")
    ada.pay_at_checkout(first)
    ada.credited(credit)
    ada.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    return second


def bounces(ada: Buyer, order: Order) -> Order:
    """The bank sends the refund of `order` back, and we hear of it."""
    refund = Attempt.objects.get(order=order, step="refund").answer["refund"]
    ada.sandbox.control("refunds/fail", refund=refund, reason="lost_or_stolen_card")
    ada.receive(*(event for event in ada.events() if event["type"] == "refund.failed"))
    order.refresh_from_db()
    return order


def refuses(*_: object, **__: object) -> None:
    raise StripeRefused("Charge is disputed.", code="charge_disputed")


def dollars(amount: int | None) -> str:
    return f"${(amount or 0) / 100:,.2f}"


def said(client: Client, order: Order) -> str:
    answer = client.get(reverse("quote", args=[order.quote_id]))
    assert 'data-state="given_back"' in answer.content.decode()
    return answer.content.decode()


def listed(client: Client) -> str:
    """What the list of invoices says, white space folded."""
    page = client.get(reverse("billing")).content.decode()
    return " ".join(page.split("<tbody>")[1].split("</tbody>")[0].split())


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


def test_card_and_credit_that_went_back_are_both_named(ada: Buyer, ada_client: Client) -> None:
    second = settle(order_id=second_of_two(ada, credit=700).pk, at=timezone.now())
    page = said(ada_client, second)
    assert "The second payment was given back." in page
    assert f"<b>{dollars(second.quote.total - 700)}</b> went back to the card" in page
    assert "<b>$7.00</b> that came from your credit is your credit again." in page
    assert "owe" not in page
    assert "paid twice, given back" in listed(ada_client)


def test_what_was_paid_from_credit_alone_is_given_back_once_it_is_credit_again(
    ada: Buyer, ada_client: Client
) -> None:
    second = second_of_two(ada, credit=50000)
    settle(order_id=second.pk, at=timezone.now())
    page = said(ada_client, second)
    assert "The second payment was given back." in page
    assert f"<b>{dollars(second.quote.total)}</b> that came from your credit is your credit again." in page
    assert "to the card" not in page
    assert "paid twice, given back" in listed(ada_client)


def test_what_is_back_and_what_is_on_its_way_are_told_apart(ada: Buyer, ada_client: Client) -> None:
    second = second_of_two(ada, credit=700)
    ada.fault("500_before", method="POST", path="/balance_transactions")
    settle(order_id=second.pk, at=timezone.now())
    page = said(ada_client, second)
    assert "The second payment is being given back." in page
    assert f"<b>{dollars(second.quote.total - 700)}</b> went back to the card" in page
    assert "<b>$7.00</b> that came from your credit is about to be your credit again." in page


def test_a_refund_that_the_bank_sent_back_is_owed_and_no_page_says_that_it_came_back(
    ada: Buyer, ada_client: Client
) -> None:
    second = bounces(ada, settle(order_id=second_of_two(ada).pk, at=timezone.now()))
    page, amount = said(ada_client, second), dollars(second.charged)
    assert f"You paid twice. We still owe you {amount}." in page
    assert f"The bank could not put <b>{amount}</b> back on the card it was paid with" in page
    assert TOLD in page
    assert "given back" not in page
    assert "went back" not in page
    invoices = listed(ada_client)
    assert "paid twice, still owed to you" in invoices
    assert f"{amount}: we will see to it." in invoices
    assert "given back" not in invoices


def test_of_a_refund_that_the_bank_sent_back_what_is_credit_again_is_not_owed(
    ada: Buyer, ada_client: Client
) -> None:
    second = bounces(ada, settle(order_id=second_of_two(ada, credit=700).pk, at=timezone.now()))
    page, owed = said(ada_client, second), dollars(second.quote.total - 700)
    assert f"You paid twice. We still owe you {owed}." in page
    assert "<b>$7.00</b> that came from your credit is your credit again." in page
    assert f"The bank could not put <b>{owed}</b> back on the card" in page
    assert TOLD in page
    assert "given back" not in page
    assert f"{owed}: we will see to it." in listed(ada_client)


def test_what_the_bank_sent_back_is_owed_also_while_the_credit_is_on_its_way(
    ada: Buyer, ada_client: Client
) -> None:
    second = second_of_two(ada, credit=700)
    ada.fault("500_before", method="POST", path="/balance_transactions")
    settle(order_id=second.pk, at=timezone.now())
    bounces(ada, second)
    page = said(ada_client, second)
    assert f"You paid twice. We still owe you {dollars(second.charged)}." in page
    assert "is about to be your credit again" in page
    assert "went back" not in page
    assert "paid twice, still owed to you" in listed(ada_client)
    give_back_left_behind(at=timezone.now() + timedelta(minutes=2))
    assert "<b>$7.00</b> that came from your credit is your credit again." in said(ada_client, second)


def test_where_stripe_refuses_it_says_that_we_see_to_it(
    ada: Buyer, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = second_of_two(ada)
    monkeypatch.setattr(gateway, "refund_payment", refuses)
    settle(order_id=second.pk, at=timezone.now())
    second.refresh_from_db()
    page, amount = said(ada_client, second), dollars(second.charged)
    assert f"You paid twice. We still owe you {amount}." in page
    assert f"Stripe did not let us give <b>{amount}</b> back by ourselves." in page
    assert TOLD in page
    assert "given back" not in page
    assert "disputed" not in page
    assert "paid twice, still owed to you" in listed(ada_client)


def test_where_stripe_refuses_the_credit_it_is_owed_although_the_card_has_its_money(
    ada: Buyer, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = second_of_two(ada, credit=700)
    monkeypatch.setattr(gateway, "move_balance", refuses)
    settle(order_id=second.pk, at=timezone.now())
    page = said(ada_client, second)
    assert "You paid twice. We still owe you $7.00." in page
    assert f"<b>{dollars(second.quote.total - 700)}</b> went back to the card" in page
    assert "Stripe did not let us make <b>$7.00</b> that came from your credit your credit again." in page
    assert TOLD in page


def test_a_second_subscription_that_stripe_would_not_end_is_not_said_to_be_over(
    ada: Buyer, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = second_of_two(ada)
    monkeypatch.setattr(gateway, "cancel_subscription", refuses)
    settle(order_id=second.pk, at=timezone.now())
    page = said(ada_client, second)
    assert "could not be ended yet; we have been told" in page
    assert "will not renew" not in page


def test_once_staff_have_dealt_with_it_nothing_is_said_to_be_owed_and_whom_to_ask_is_named(
    ada: Buyer, ada_client: Client
) -> None:
    second = bounces(ada, settle(order_id=second_of_two(ada).pk, at=timezone.now()))
    clear(row=second, actor=COMMAND, reason="Paid by bank transfer.", at=timezone.now())
    page = said(ada_client, second)
    assert "You paid twice. We have seen to the second payment." in page
    assert "One of us has dealt with it by hand since." in page
    assert "mailto:" in page.split("by hand since.")[1].split("</p>")[0]
    assert "owe" not in page
    assert "bank transfer" not in page
    invoices = listed(ada_client)
    assert "paid twice, seen to" in invoices
    assert "will see to it" not in invoices
