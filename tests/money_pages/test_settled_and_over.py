"""What the page of a settled quote says when what it brought is not held any more."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.cancellation import cancel_at_period_end
from billing.clearing import clear
from billing.models import Order
from billing.settling import settle
from licensing.history import COMMAND
from portal.policy import record_policy
from tests.billing.test_ended_before_applied import ends, paid_change
from tests.money_pages.conftest import Buyer


def said(client: Client, order: Order) -> str:
    """The page of a settled order, white space folded."""
    page = client.get(reverse("quote", args=[order.quote_id])).content.decode()
    assert 'data-state="settled"' in page
    return " ".join(page.split())


def test_while_it_is_held_it_says_so(ada: Buyer, ada_client: Client) -> None:
    page = said(ada_client, ada.with_card().buy("team"))
    assert "You have Team for 3 people." in page
    assert "What is new" in page
    assert "It has ended" not in page


def test_it_leads_to_the_rules_it_was_bought_under(ada: Buyer, ada_client: Client) -> None:
    held = record_policy(at=timezone.now())
    order = ada.with_card().buy("team")
    assert held is not None
    assert f'Bought under <a href="/policy/{held.pk}/">the rules of' in said(ada_client, order)


@pytest.fixture
def over(ada: Buyer, monkeypatch: pytest.MonkeyPatch) -> Order:
    """A paid change to Business whose subscription had ended before anybody looked."""
    order = paid_change(ada, monkeypatch)
    ends(ada)
    return settle(order_id=order.pk, at=timezone.now())


def test_ended_before_it_was_applied_it_says_what_was_paid_what_there_is_and_that_we_look_at_it(
    over: Order, ada_client: Client
) -> None:
    page = said(ada_client, over)
    assert "You bought Business for 3 people. It has ended." in page
    assert f"<b>${over.quote.due / 100:,.2f}</b> was charged, once" in page
    assert "The subscription had ended before we could give you Business." in page
    assert "We have been told, and one of us will look at what you paid for it." in page
    assert "You have <b>Free</b> now. Nothing more will be charged." in page
    assert "See what Business would cost now" in page
    for untrue in ("You have Business", "What is new", "You keep", "From ", "as you had asked"):
        assert untrue not in page.split("<main")[1].split("</main>")[0]


def test_once_staff_have_looked_it_says_so(over: Order, ada_client: Client) -> None:
    clear(row=over, actor=COMMAND, reason="Refunded at Stripe.", at=timezone.now())
    page = said(ada_client, over)
    assert "One of us has looked at what you paid for it." in page
    assert "will look" not in page


def test_what_a_member_cancelled_has_ended_as_they_had_asked(ada: Buyer, ada_client: Client) -> None:
    order = ada.with_card().buy("team")
    cancel_at_period_end(customer=ada.customer, actor=ada.actor, at=timezone.now())
    assert "You have Team for 3 people." in said(ada_client, order), "until its last day"
    ada.receive(*ada.events(), at=ada.let_pass(days=32))
    page = said(ada_client, order)
    assert "You bought Team for 3 people. It has ended." in page
    assert ", as you had asked. You have <b>Free</b> now." in page


def test_what_was_ended_at_stripe_is_said_to_have_ended_and_not_why(ada: Buyer, ada_client: Client) -> None:
    order = ada.with_card().buy("team")
    ends(ada)
    ada.receive(*ada.events())
    page = said(ada_client, order)
    assert "You bought Team for 3 people. It has ended." in page
    assert "as you had asked" not in page
    assert "did not come" not in page


def test_what_was_not_paid_any_more_ended_because_of_that(ada: Buyer, ada_client: Client) -> None:
    order = ada.with_card().buy("team")
    ada.with_card("pm_card_chargeCustomerFail")
    at = ada.let_pass(days=32)
    for _ in range(5):
        ada.receive(*ada.events(), at=at)
        at = ada.let_pass(days=8)
    ada.receive(*ada.events(), at=at)
    assert "because its payment did not come. You have <b>Free</b> now." in said(ada_client, order)


def test_what_was_changed_since_has_not_ended_and_what_there_is_now_is_named(
    ada: Buyer, ada_client: Client
) -> None:
    order = ada.with_card().buy("team")
    ada.buy("business")
    page = said(ada_client, order)
    assert "You bought Team for 3 people." in page
    assert "Your plan has changed since. You have <b>Business for 3 people</b> now." in page
    assert "It has ended" not in page
    assert "Nothing more will be charged" not in page


def test_what_was_ended_and_bought_again_is_held(ada: Buyer, ada_client: Client) -> None:
    order = ada.with_card().buy("team")
    ends(ada)
    ada.receive(*ada.events())
    ada.buy("team")
    page = said(ada_client, order)
    assert "You have Team for 3 people." in page
    assert "It has ended" not in page
