"""The billing page, Stripe's portal, cancelling and undoing it."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest import mock
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.answers import StripeUnavailable
from billing.models import Invoice, Payer
from licensing.history import STRIPE
from licensing.licences import change_licence
from licensing.models import Licence
from tests.money_pages.conftest import Buyer, SignIn, join


def billing(client: Client, **query: str) -> str:
    answer = client.get(reverse("billing"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def invoice(ada: Buyer, number: str, **facts: object) -> Invoice:
    fields = {
        "customer": ada.customer,
        "stripe_id": f"in_{number}",
        "number": number,
        "status": "paid",
        "currency": "USD",
        "total": 1000,
        "amount_due": 0,
        "amount_paid": 1000,
        "issued_at": timezone.now(),
        "hosted_url": f"https://invoice.stripe.com/{number}",
    }
    return Invoice.objects.create(**{**fields, **facts})


def test_on_a_free_tier_it_says_that_nothing_will_be_charged(ada: Buyer, ada_client: Client) -> None:
    said = billing(ada_client)
    assert "Free costs nothing." in said
    assert "No invoices yet" in said
    assert reverse("billing_portal") not in said


def test_it_names_the_next_payment_the_card_and_every_invoice(ada: Buyer, ada_client: Client) -> None:
    ada.with_card().buy("team", seats=3)
    said = billing(ada_client)
    for words in (
        "The next payment is on",
        "$82.11",
        "Visa ·· 4242",
        "VAT 19 %",
        "paid",
        Invoice.objects.get().number,
    ):
        assert words in said


def test_an_open_invoice_can_be_paid_from_here(ada: Buyer, ada_client: Client) -> None:
    owed = past_due(ada)
    said = billing(ada_client)
    assert re.search(r"The card is tried again by itself on \w+, \w+ \d+ at ", said)
    assert "The last payment did not go through." in said
    assert "$82.11 is open on invoice A-9." in said
    assert f'href="{owed.hosted_url}"' in said


def test_a_payment_page_left_open_is_no_payment_on_its_way(ada: Buyer, ada_client: Client) -> None:
    order = ada.buy("team", seats=3)
    assert order.way == order.Way.CHECKOUT
    said = billing(ada_client)
    assert "Your payment page is open." in said
    assert "on its way" not in said


def past_due(ada: Buyer, **more: object) -> Invoice:
    """Ada's Team, past due with $82.11 open on invoice A-9; `more` of the invoice."""
    ada.with_card().buy("team", seats=3)
    at = timezone.now()
    change_licence(
        licence=ada.licence,
        kind="licence_past_due",
        at=at,
        actor=STRIPE,
        state=Licence.State.PAST_DUE,
        past_due_since=at,
    )
    owed = {"status": "open", "amount_due": 9211, "amount_paid": 1000}
    return invoice(ada, "A-9", **owed, **{"next_attempt_at": at + timedelta(days=3), **more})


def test_drafts_are_not_listed_and_pages_turn_after_two_dozen(ada: Buyer, ada_client: Client) -> None:
    invoice(ada, "DRAFT-1", status="draft")
    for number in range(30):
        invoice(ada, f"N-{number:02}", issued_at=timezone.now() - timedelta(days=number))
    first, second = billing(ada_client), billing(ada_client, page="2")
    assert "DRAFT-1" not in first + second
    assert "N-00" in first
    assert "N-24" not in first
    assert "N-29" in second


def test_the_number_of_queries_does_not_grow_with_the_invoices(
    ada: Buyer, ada_client: Client, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    billing(ada_client)
    for number in range(20):
        invoice(ada, f"N-{number:02}")
    with django_assert_max_num_queries(10):
        billing(ada_client)


def test_only_those_who_may_spend_see_it(ada: Buyer, signed_in: SignIn) -> None:
    member = signed_in(join(ada.customer, email="eve@demo.test"))
    assert member.get(reverse("billing")).status_code == 403
    assert member.post(reverse("billing_cancel")).status_code == 403
    assert member.post(reverse("billing_portal")).status_code == 403


# Stripe's own pages


def where_stripe_leads_back_to(ada: Buyer) -> str:
    asked = next(r for r in reversed(ada.sandbox.requests()) if "billing_portal" in r["path"])
    return parse_qs(asked["form"])["return_url"][0]


def test_payment_method_and_details_lead_to_stripe_and_back_to_where_one_was(
    ada: Buyer, ada_client: Client
) -> None:
    quote = ada.with_card().quote("team")
    answer = ada_client.post(reverse("billing_portal"), {"quote": str(quote.pk)})
    assert answer.url.startswith(ada.sandbox.url)
    back = where_stripe_leads_back_to(ada)
    assert back == f"http://testserver{reverse('billing')}?back={quote.pk}"
    assert ada_client.get(back).url == reverse("quote", args=[quote.pk])


def test_a_card_given_at_stripe_is_named_on_the_way_back_before_any_event(
    ada: Buyer, ada_client: Client
) -> None:
    ada.with_card()
    ada_client.post(reverse("billing_portal"))
    Payer.objects.update(card_brand="", card_last4="")
    answer = ada_client.get(where_stripe_leads_back_to(ada), follow=True)
    assert answer.redirect_chain == [(reverse("billing"), 302)]
    assert "Visa ·· 4242" in answer.content.decode()


def test_on_the_way_back_a_silent_stripe_does_not_stand_in_the_way(ada: Buyer, ada_client: Client) -> None:
    ada.with_card()
    with mock.patch("portal.views.billing.refresh_payer", side_effect=StripeUnavailable("cut")):
        assert ada_client.get(reverse("billing"), {"back": ""}).url == reverse("billing")


@pytest.mark.parametrize("nonsense", ["https://evil.test/", "x", ""])
def test_nobody_is_led_elsewhere_from_stripes_pages(ada: Buyer, ada_client: Client, nonsense: str) -> None:
    ada.with_card()
    ada_client.post(reverse("billing_portal"), {"quote": nonsense, "return_url": "https://evil.test/"})
    back = where_stripe_leads_back_to(ada)
    assert back.startswith("http://testserver/billing/?back=")
    assert ada_client.get(back).url == reverse("billing")


def test_without_a_payer_there_is_nothing_to_open(ada: Buyer, ada_client: Client) -> None:
    assert ada_client.post(reverse("billing_portal")).url == reverse("billing")
    assert "not bought anything yet" in billing(ada_client)


def test_when_stripe_is_silent_the_page_says_so(ada: Buyer, ada_client: Client) -> None:
    ada.with_card()
    with mock.patch("portal.views.billing.billing_portal_url", side_effect=StripeUnavailable("cut")):
        ada_client.post(reverse("billing_portal"))
    assert "does not answer. Nothing changed." in billing(ada_client)


# Cancelling


def test_cancelling_is_explained_first_with_both_answers_of_equal_weight(
    ada: Buyer, ada_client: Client
) -> None:
    ada.with_card().buy("team", seats=3)
    said = ada_client.get(reverse("billing_cancel")).content.decode()
    for words in ("What happens if you cancel Team.", "you can take it back until the last day", "Keep Team"):
        assert words in said
    main = said.split("<main")[1].split("</main>")[0]
    assert main.count("button secondary") == 2
    assert 'class="button"' not in main
    assert not ada.licence.cancels_at_period_end


def test_cancelling_says_what_becomes_of_the_credit(ada: Buyer, ada_client: Client) -> None:
    ada.with_card().buy("team", seats=3)
    assert "Your credit" not in cancelling(ada_client)
    Payer.objects.filter(customer=ada.customer).update(credit=12_345)
    said = cancelling(ada_client)
    assert "Your credit of $123.45 stays yours, and pays for what you buy next." in said


def test_a_card_that_is_on_file_is_not_denied_on_a_free_tier(ada: Buyer, ada_client: Client) -> None:
    assert "There is no payment method on file that we could charge" in billing(ada_client)
    ada.with_card()
    said = billing(ada_client)
    assert "Nothing will ever be charged to the card on file before you accept a quote." in said
    assert "no payment method on file" not in said
    assert "no card to charge" not in ada_client.get(reverse("plan")).content.decode()


def test_what_became_credit_is_not_called_paid(ada: Buyer, ada_client: Client) -> None:
    ada.with_card().buy("team", seats=3)
    invoice(ada, "downgraded", total=-500, amount_paid=0)
    assert "became your credit" in billing(ada_client)


def cancelling(client: Client) -> str:
    said = client.get(reverse("billing_cancel")).content.decode()
    return " ".join(said.split("<main")[1].split("</main>")[0].split())


def test_while_a_payment_is_missing_cancelling_says_what_becomes_of_the_open_invoice(
    ada: Buyer, ada_client: Client
) -> None:
    past_due(ada)
    assert "The open invoice stays open as long as you have it." in billing(ada_client)
    said = cancelling(ada_client)
    assert "no further charge" not in said
    assert (
        "$82.11 on invoice A-9 stays open as long as you have Team: cancelling does not change that." in said
    )
    assert re.search(r"The card is tried again by itself on \w+, \w+ \d+ at ", said)
    assert "Nothing is charged beyond it." in said
    assert re.search(
        r"Team ends when the last try fails, on [^.]+ at the latest, and you go on with Free\. "
        r"The card is not tried again, and the invoice is taken back\.",
        said,
    )
    assert re.search(r"If it is paid, Team is yours until then \([^)]+\)\.", said)


def test_where_no_further_try_is_planned_cancelling_names_none(ada: Buyer, ada_client: Client) -> None:
    past_due(ada, next_attempt_at=None)
    said = cancelling(ada_client)
    assert "No further try is planned by itself." in said
    assert "last try fails" not in said


def test_whoever_cancelled_unpaid_reads_what_ends_when_on_billing(ada: Buyer, ada_client: Client) -> None:
    past_due(ada)
    change_licence(
        licence=ada.licence,
        kind="licence_cancelled",
        at=timezone.now(),
        actor=ada.actor,
        cancels_at_period_end=True,
    )
    said = billing(ada_client)
    assert re.search(r"You have cancelled: Team ends on [^.]+ at the latest, and nothing", said)
    assert "and nothing is charged beyond the open invoice." in said
    assert "As long as you have Team you can take the cancellation back." in said


def test_a_cancelled_licence_stays_to_its_last_day_and_one_click_undoes_it(
    ada: Buyer, ada_client: Client
) -> None:
    ada.with_card().buy("team", seats=3)
    ada_client.post(reverse("billing_cancel"))
    said = billing(ada_client)
    assert ada.licence.cancels_at_period_end
    assert ada.licence.tier.key == "team"
    assert "Team ends on" in said
    assert "Nothing more will be charged." in said
    ada_client.post(reverse("billing_undo_cancel"))
    assert not ada.licence.cancels_at_period_end
    assert "goes on as before" in billing(ada_client)


def test_there_is_nothing_to_cancel_on_a_free_tier(ada: Buyer, ada_client: Client) -> None:
    assert ada_client.get(reverse("billing_cancel")).url == reverse("billing")
    assert ada_client.post(reverse("billing_cancel")).url == reverse("billing")


def test_when_stripe_is_silent_nothing_is_cancelled_here(ada: Buyer, ada_client: Client) -> None:
    ada.with_card().buy("team", seats=3)
    with mock.patch("portal.views.billing.cancel_at_period_end", side_effect=StripeUnavailable("cut")):
        answer = ada_client.post(reverse("billing_cancel"))
    assert answer.status_code == 503
    assert "do not know yet" in answer.content.decode()
    assert not ada.licence.cancels_at_period_end


def test_a_cancellation_without_an_answer_is_neither_said_to_be_done_nor_not_done(
    ada: Buyer, ada_client: Client
) -> None:
    ada.with_card().buy("team")
    for door, done in (("billing_cancel", True), ("billing_undo_cancel", False)):
        ada.fault("500_after", path="/v1/subscriptions/", method="POST")
        ada_client.post(reverse(door))
        (there,) = ada.subscriptions()
        assert there.cancels_at_period_end is done, "it was taken in all the same"
        ada.fault("500_after", path="/v1/subscriptions/", method="POST")
        answer = ada_client.post(reverse(door), follow=True)
        said = answer.content.decode()
        assert "we do not know yet whether it was taken in" in said
        assert "Nothing changed" not in said
        assert "not cancelled" not in said
        ada_client.post(reverse(door))
        assert ada.licence.cancels_at_period_end is done


def test_a_cancellation_that_stripe_took_is_done_whatever_it_then_refuses_to_show(
    ada: Buyer, ada_client: Client
) -> None:
    ada.with_card().buy("team")
    ada.fault("400", path="/v1/subscriptions/", method="GET")
    assert ada_client.post(reverse("billing_cancel")).url == reverse("billing")
    assert ada.licence.cancels_at_period_end
