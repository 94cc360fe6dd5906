"""The quote's page in every state: what it says, what it offers, and who may press what."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.answers import StripeUnavailable
from billing.brakes import let_go, park, stop_charging
from billing.models import Order, Quote
from billing.orders import UnableToAccept
from licensing.catalogue import load_draft
from licensing.history import COMMAND
from licensing.models import Role
from tests.money_pages.conftest import Buyer, SignIn, join
from tests.publishing import publish


def page(client: Client, quote: Quote, **query: str) -> str:
    answer = client.get(reverse("quote", args=[quote.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, name: str, quote: Quote, **form: str) -> object:
    return client.post(reverse(name, args=[quote.pk]), form)


def state(client: Client, quote: Quote) -> str:
    return page(client, quote).split('data-state="')[1].split('"')[0]


# What an open quote says


def test_the_button_carries_the_amount_that_will_be_charged(ada: Buyer, ada_client: Client) -> None:
    quote = ada.with_card().quote("team", seats=3)
    said = page(ada_client, quote)
    assert quote.due == 8211
    assert "Pay $82.11 now" in said
    assert said.count('class="button wide"') == 1


def test_each_line_of_the_sum_is_shown_with_tax_and_renewal(ada: Buyer, ada_client: Client) -> None:
    said = page(ada_client, ada.with_card().quote("team", seats=3))
    for words in ("Team, 3 seats", "$69.00", "VAT 19 %", "$13.11", "$82.11", "a month, tax included"):
        assert words in said


def test_unused_time_is_named_by_the_tier_it_comes_from(ada: Buyer, ada_client: Client) -> None:
    ada.with_card().buy("team", seats=3)
    said = page(ada_client, ada.quote("business", seats=3))
    assert "Team, time not used" in said
    assert said.index("Business, 3 seats") < said.index("Team, time not used")
    assert "already billed" in said


def test_seats_are_set_beside_the_room_there_was(ada: Buyer, ada_client: Client) -> None:
    """Free has room for three people: two seats are fewer for whoever has the people, and five are two more."""
    two, five = ada.with_card().quote("team", seats=2), ada.quote("team", seats=5)
    said = page(ada_client, two)
    assert "seat</li>" not in said, "she is alone"
    assert "more seat" not in said
    assert "2 more seats" in page(ada_client, five)
    for name in ("dee", "eve"):
        join(ada.customer, email=f"{name}@okafor.test")
    said = page(ada_client, two)
    assert "You lose" in said
    assert "One seat</li>" in said
    assert "more seat" not in said


def test_a_bank_that_was_not_told_yes_is_no_declined_card(ada: Buyer, ada_client: Client) -> None:
    order = ada.with_card("pm_card_threeDSecure2Required").buy("team")
    ada.fill_in(order.pay_url, decision="refuse")
    ada_client.get(reverse("quote_return", args=[order.quote_id]))
    said = page(ada_client, order.quote)
    assert "The payment was not confirmed with your bank." in said
    assert "You were not charged." in said
    assert "payment method has failed" not in said


def test_a_change_that_gives_back_more_than_it_costs_asks_for_nothing(ada: Buyer, ada_client: Client) -> None:
    ada.with_card().buy("business", seats=3)
    said = page(ada_client, ada.quote("team", seats=3))
    assert "Confirm, nothing to pay today" in said
    assert "becomes your credit" in said
    assert "You lose" in said


def test_without_a_card_the_page_says_that_it_is_entered_at_stripe(ada: Buyer, ada_client: Client) -> None:
    assert "on Stripe’s own page" in page(ada_client, ada.quote("team"))


def test_the_page_is_answered_in_eleven_queries_whatever_the_tier(
    ada: Buyer, ada_client: Client, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    team, scale = ada.quote("team"), ada.quote("scale", seats=30)
    page(ada_client, team)
    for quote in (team, scale):
        with django_assert_max_num_queries(11):
            page(ada_client, quote)


# Who may see it, and who may accept it


def test_another_customers_quote_answers_as_one_that_does_not_exist(
    ada: Buyer, stranger: Client, ada_client: Client
) -> None:
    quote = ada.quote("team")
    for name in ("quote", "quote_return"):
        assert stranger.get(reverse(name, args=[quote.pk])).status_code == 404
        assert ada_client.get(reverse(name, args=[uuid.uuid4()])).status_code == 404
    for name in ("quote_accept", "quote_withdraw", "quote_again"):
        assert press(stranger, name, quote).status_code == 404
    assert not Order.objects.exists()


def test_a_plain_member_sees_the_quote_and_can_ask_but_not_accept(ada: Buyer, signed_in: SignIn) -> None:
    quote = ada.quote("team")
    member = signed_in(join(ada.customer, email="eve@demo.test"))
    said = page(member, quote)
    assert "Ask an owner for Team" in said
    assert reverse("quote_accept", args=[quote.pk]) not in said
    for name in ("quote_accept", "quote_withdraw", "quote_again"):
        assert press(member, name, quote).status_code == 403
    assert not Order.objects.exists()


def test_a_member_is_not_led_to_ask_for_the_tier_they_have(ada: Buyer, signed_in: SignIn) -> None:
    ada.with_card().buy("team", seats=3)
    quote = ada.quote("team", seats=5)
    said = page(signed_in(join(ada.customer, email="eve@demo.test")), quote)
    assert "Only an owner or a billing member of your organisation can spend. You can ask them to." in said
    assert reverse("team_ask") not in said


def test_a_billing_member_may_accept(ada: Buyer, signed_in: SignIn) -> None:
    quote = ada.with_card().quote("team")
    press(signed_in(join(ada.customer, email="bill@demo.test", role=Role.BILLING)), "quote_accept", quote)
    assert Order.objects.get().state == Order.State.SETTLED


def test_a_signed_out_person_is_led_through_signing_in_to_the_quote(ada: Buyer, ada_client: Client) -> None:
    quote = ada.quote("team")
    door = reverse("quote_accept", args=[quote.pk])
    assert reverse("account_login") in Client().post(door).url
    assert ada_client.get(door).url == reverse("quote", args=[quote.pk])


# Accepting


def test_accepting_with_a_card_on_file_charges_once_and_says_what_is_new(
    ada: Buyer, ada_client: Client
) -> None:
    quote = ada.with_card().quote("team", seats=3)
    assert press(ada_client, "quote_accept", quote).url == reverse("quote", args=[quote.pk])
    said = page(ada_client, quote)
    assert 'data-state="settled"' in said
    for words in ("You have Team for 3 people.", "$82.11", "What is new", "receipt is on its way"):
        assert words in said
    assert [charge["amount"] for charge in ada.sandbox.charges()] == [8211]


def test_pressing_twice_charges_once(ada: Buyer, ada_client: Client) -> None:
    quote = ada.with_card().quote("team", seats=3)
    for _ in range(2):
        press(ada_client, "quote_accept", quote)
    assert len(ada.sandbox.charges()) == 1
    assert state(ada_client, quote) == "settled"


def test_a_second_tab_with_an_older_quote_cannot_be_accepted(ada: Buyer, ada_client: Client) -> None:
    ada.with_card()
    first, second = ada.quote("team"), ada.quote("business")
    press(ada_client, "quote_accept", first)
    assert state(ada_client, second) == "outdated"
    answer = press(ada_client, "quote_accept", second)
    assert answer.status_code == 409
    assert "You were not charged" in answer.content.decode()
    assert len(ada.sandbox.charges()) == 1


def test_without_a_card_accepting_leads_to_stripes_page_and_back_is_safe(
    ada: Buyer, ada_client: Client
) -> None:
    quote = ada.quote("team")
    first = press(ada_client, "quote_accept", quote)
    assert first.url == Order.objects.get().pay_url
    assert state(ada_client, quote) == "paying"
    assert press(ada_client, "quote_accept", quote).url == first.url
    said = page(ada_client, quote)
    assert first.url in said
    assert "Withdraw, and stay on Free" in said


def test_withdrawing_leaves_everything_as_it_was_and_can_be_taken_up_again(
    ada: Buyer, ada_client: Client
) -> None:
    quote = ada.quote("team")
    press(ada_client, "quote_accept", quote)
    press(ada_client, "quote_withdraw", quote)
    said = page(ada_client, quote)
    assert "You withdrew this payment." in said
    assert "You were not charged." in said
    again = press(ada_client, "quote_again", quote)
    fresh = Quote.objects.exclude(pk=quote.pk).get()
    assert again.url.startswith(reverse("quote", args=[fresh.pk]))
    assert state(ada_client, fresh) == "open"


def test_while_one_payment_is_on_its_way_another_quote_points_to_it(ada: Buyer, ada_client: Client) -> None:
    team, business = ada.quote("team"), ada.quote("business")
    press(ada_client, "quote_accept", team)
    said = page(ada_client, business)
    assert 'data-state="busy"' in said
    assert reverse("quote", args=[team.pk]) in said
    assert "Left alone, it is given up by itself, at the latest on " in said
    assert "Pay $" not in said


def test_who_accepts_beside_a_payment_on_its_way_is_told_when_it_is_over_at_the_latest(
    ada: Buyer, ada_client: Client
) -> None:
    team, business = ada.quote("team"), ada.quote("business")
    press(ada_client, "quote_accept", team)
    with pytest.raises(UnableToAccept) as refused:
        ada.accept(business)
    (reason,) = refused.value.reasons
    assert reason.rule == "nothing-is-on-its-way"
    assert reason.when == Order.objects.get(quote=team).accepted_at + timedelta(hours=1), "Checkout’s hour"


def test_a_declined_card_leaves_everything_as_it_was_and_says_so(ada: Buyer, ada_client: Client) -> None:
    quote = ada.with_card("pm_card_chargeCustomerFail").quote("team")
    press(ada_client, "quote_accept", quote)
    said = page(ada_client, quote)
    for words in (
        "card was declined",
        "You were not charged.",
        "Free stays exactly as it was",
        "Use another card",
    ):
        assert words in said
    assert ada.licence.is_free
    assert not ada.sandbox.charges()


def test_while_the_outcome_is_unknown_the_page_asks_again_and_promises_one_charge(
    ada: Buyer, ada_client: Client
) -> None:
    quote = ada.with_card().quote("team")
    with mock.patch("billing.orders.settle", side_effect=StripeUnavailable("cut")):
        press(ada_client, "quote_accept", quote)
    said = page(ada_client, quote)
    assert 'data-state="asking"' in said
    assert "You will not be charged twice" in said
    assert f'hx-get="{reverse("quote_return", args=[quote.pk])}"' in said
    assert '<noscript><meta http-equiv="refresh"' in said
    ada_client.get(reverse("quote_return", args=[quote.pk]))
    assert state(ada_client, quote) == "settled"
    assert len(ada.sandbox.charges()) == 1


def test_when_stripe_is_silent_before_anything_was_asked_the_page_says_that_nothing_happened(
    ada: Buyer, ada_client: Client
) -> None:
    quote = ada.with_card().quote("team")
    with mock.patch("billing.orders.refresh_payer", side_effect=StripeUnavailable("cut")):
        answer = press(ada_client, "quote_accept", quote)
    assert answer.status_code == 503
    assert "You were not charged, and nothing changed." in answer.content.decode()
    assert not Order.objects.exists()


# Expiry, changes, and fresh quotes


def test_an_expired_quote_offers_a_fresh_one_by_one_button(ada: Buyer, ada_client: Client) -> None:
    quote = ada.quote("team", at=timezone.now() - timedelta(hours=2))
    said = page(ada_client, quote)
    assert "This quote has expired." in said
    assert "Get a fresh quote" in said
    assert press(ada_client, "quote_accept", quote).status_code == 409
    fresh = press(ada_client, "quote_again", quote)
    assert "the sum is the same as before" in ada_client.get(fresh.url).content.decode()


def test_a_price_that_changed_since_is_shown_beside_the_earlier_one(ada: Buyer, ada_client: Client) -> None:
    quote = ada.with_card().quote("team", seats=3)
    with mock.patch("billing.orders.fingerprint", return_value="other"):
        answer = press(ada_client, "quote_accept", quote)
    newer = Quote.objects.exclude(pk=quote.pk).get()
    assert answer.url == f"{reverse('quote', args=[newer.pk])}?instead_of={quote.pk}"
    assert not Order.objects.exists()
    other = ada.quote("team", seats=4)
    said = page(ada_client, other, instead_of=str(quote.pk))
    assert "The sum is not the same as before." in said
    assert "$82.11" in said
    assert "$109.48" in said


@pytest.mark.parametrize("nonsense", ["x", "", "2c2cc78f-a103-4ea2-89c1-bb89f9d06b50"])
def test_a_foreign_or_broken_earlier_quote_counts_as_none(
    ada: Buyer, ada_client: Client, nonsense: str
) -> None:
    assert "as before" not in page(ada_client, ada.quote("team"), instead_of=nonsense)


# Giving up an older edition


@pytest.fixture
def on_older_edition(ada: Buyer) -> Buyer:
    """Ada bought Team, and then the terms changed: what she holds is the older, kinder edition."""
    ada.with_card().buy("team", seats=3)
    source = Path("portal/demo/meridian-2026-01.toml").read_text()
    dearer = source.replace("2026-01", "2026-07").replace("January 2026", "July 2026").replace("2300", "2700")
    publish(load_draft(source=dearer, at=timezone.now()), at=timezone.now())
    return ada


def test_giving_up_an_older_price_is_said_first_and_takes_a_tick(
    on_older_edition: Buyer, ada_client: Client
) -> None:
    quote = on_older_edition.quote("business", seats=3)
    said = page(ada_client, quote)
    assert "What you give up by leaving Team of January 2026" in said
    assert "<b>$27.00</b> in place of your $23.00" in said
    assert said.index("What you give up") < said.index("The sum")
    answer = press(ada_client, "quote_accept", quote)
    assert answer.status_code == 422
    assert "Tick this first." in answer.content.decode()
    assert Order.objects.filter(quote=quote).count() == 0
    press(ada_client, "quote_accept", quote, gives_up="yes")
    assert Order.objects.get(quote=quote).state == Order.State.SETTLED


def test_more_seats_on_the_terms_held_give_nothing_up(on_older_edition: Buyer, ada_client: Client) -> None:
    licence = on_older_edition.licence
    press(ada_client, "quote_again", Quote.objects.filter(tier=licence.tier).latest("quoted_at"))
    assert Quote.objects.count() == 1, "nothing changes, so there is nothing to quote"


# While charging is stopped


def test_while_charging_is_stopped_no_page_of_a_quote_offers_to_pay(ada: Buyer, ada_client: Client) -> None:
    ada.with_card()
    quote = ada.quote("team")
    brake = stop_charging(actor=COMMAND, reason="A test.", at=timezone.now())
    shown = page(ada_client, quote)
    assert "Paying is switched off for a moment." in shown
    assert reverse("quote_accept", args=[quote.pk]) not in shown
    pressed = ada_client.post(reverse("quote_accept", args=[quote.pk])).content.decode()
    assert pressed.count('href="/policy/#paying-is-on"') == 1
    let_go(brake=brake, actor=COMMAND, reason="Over.", at=timezone.now())
    shown = page(ada_client, quote)
    assert "switched off" not in shown
    assert reverse("quote_accept", args=[quote.pk]) in shown


def test_to_a_parked_customer_no_reason_is_named_that_may_not_be_theirs(
    ada: Buyer, ada_client: Client
) -> None:
    ada.with_card()
    quote = ada.quote("team")
    park(customer=ada.customer, actor=COMMAND, reason="Their auditor asked.", at=timezone.now())
    shown = page(ada_client, quote)
    assert "Paying is paused for your organisation until one of us has looked at it." in shown
    assert "auditor" not in shown
