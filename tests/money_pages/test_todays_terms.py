"""Whoever holds older terms may move to today's of the same tier, and sees first what that costs and gives up."""

from __future__ import annotations

from django.test import Client
from django.urls import resolve, reverse

from billing.models import Order, Quote
from tests.billing.conftest import Buyer
from tests.money_pages.test_quote_page import on_older_edition, page, press

__all__ = ["on_older_edition"]


def asks(client: Client) -> Quote:
    answer = client.post(reverse("todays_terms"))
    return Quote.objects.get(pk=resolve(answer["Location"]).kwargs["quote_id"])


def test_the_quote_says_what_is_given_up_and_takes_a_tick(
    on_older_edition: Buyer, ada_client: Client
) -> None:
    held = on_older_edition.licence
    quote = asks(ada_client)
    assert (quote.tier.key, quote.seats, quote.price.interval) == ("team", 3, "month")
    said = page(ada_client, quote)
    assert "What you give up by leaving Team of January 2026" in said
    assert "<b>$27.00</b> in place of your $23.00" in said
    assert press(ada_client, "quote_accept", quote).status_code == 422
    press(ada_client, "quote_accept", quote, gives_up="yes")
    assert Order.objects.get(quote=quote).state == Order.State.SETTLED
    assert on_older_edition.licence.edition.key == "2026-07"
    assert on_older_edition.licence.version > held.version


def test_on_todays_terms_there_is_nothing_to_move_to(ada: Buyer, ada_client: Client) -> None:
    ada.with_card().buy("team", seats=3)
    answer = ada_client.post(reverse("todays_terms"), follow=True)
    assert "This is not open to you now. You were not charged" in answer.content.decode()
    assert Quote.objects.count() == 1


def test_my_plan_offers_it_only_where_todays_terms_have_more(
    on_older_edition: Buyer, ada_client: Client
) -> None:
    assert reverse("todays_terms") not in ada_client.get(reverse("plan")).content.decode()


def test_while_stripe_is_silent_it_is_said_that_nothing_was_charged(
    on_older_edition: Buyer, ada_client: Client
) -> None:
    on_older_edition.fault("500_before", path="/invoices/create_preview")
    answer = ada_client.post(reverse("todays_terms"), follow=True)
    assert "You were not charged." in answer.content.decode()
