"""The hosted pages, met by a browser without script: Checkout, billing portal, invoice, start."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.sandbox.actors import CARD, Browser, Visit
from tests.sandbox.cast import Cast

HOME = "http://portal.test/done/?session={CHECKOUT_SESSION_ID}"


def _session(cast: Cast, *, quantity: int = 3, **more: Any) -> Any:
    return cast.sdk.checkout.sessions.create(
        {
            "mode": "subscription",
            "line_items": [{"price": cast.price("team"), "quantity": quantity}],
            "success_url": HOME,
            "cancel_url": "http://portal.test/upgrade/",
            "client_reference_id": "order-7",
            "metadata": {"order": "7"},
            "subscription_data": {"metadata": {"licence": "9"}},
            **more,
        }
    )


def _labelled(page: Visit) -> bool:
    return set(page.seen.fields.values()) <= page.seen.labels


def test_checkout_sells_a_subscription_once(sdk: Any, cast: Cast, browser: Browser) -> None:
    customer = cast.customer(None, address={"country": "DE"})
    session = _session(cast, customer=customer.id, automatic_tax={"enabled": True}, expand=["line_items"])
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 3570)
    assert session.line_items.data[0].quantity == 3
    page = browser.open(session.url)
    assert "3 × Portal (at $10.00 / month)" in page.text
    assert "VAT 19 %" in page.text
    assert "Pay $35.70" in page.text
    assert _labelled(page)
    paid = browser.open(session.url, do="pay", **CARD)
    assert (paid.status, paid.location) == (303, f"http://portal.test/done/?session={session.id}")
    assert browser.open(session.url, do="pay", **CARD).location == paid.location
    assert browser.open(session.url).location == paid.location
    assert cast.charges() == [3570]
    done = sdk.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice", "customer"]})
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert (done.client_reference_id, done.metadata.to_dict()) == ("order-7", {"order": "7"})
    subscription = done.subscription
    assert (subscription.status, subscription.metadata.to_dict()) == ("active", {"licence": "9"})
    assert subscription.latest_invoice.amount_paid == 3570
    assert sdk.payment_methods.retrieve(subscription.default_payment_method).customer == customer.id
    types = [event.type for event in sdk.events.list({"limit": 100}).data]
    assert types.count("checkout.session.completed") == 1
    assert types.count("customer.subscription.created") == 1
    with pytest.raises(stripe.InvalidRequestError, match="complete"):
        sdk.checkout.sessions.expire(session.id)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": "4000000000000002"}, "Your card was declined. You were not charged."),
        ({"number": "4000000000000341"}, "Your card was declined. You were not charged."),
        ({"number": "4000000000009995"}, "insufficient funds"),
        ({"number": "4539578763621486"}, "test mode"),
        ({"number": "4242424242424241"}, "number is incorrect"),
        ({"number": ""}, "number is incomplete"),
        ({"expiry": "01/20"}, "expired"),
        ({"expiry": "13/34"}, "expiration month is invalid"),
        ({"expiry": "soon"}, "expiration date is incomplete"),
        ({"cvc": "1"}, "security code is incomplete"),
    ],
)
def test_a_refused_card_leaves_checkout_open(
    sdk: Any, cast: Cast, browser: Browser, change: dict[str, str], words: str
) -> None:
    session = _session(cast, customer=cast.customer(None).id)
    page = browser.open(session.url, do="pay", **{**CARD, **change})
    assert page.status == 402
    assert words in page.text
    assert sdk.checkout.sessions.retrieve(session.id).status == "open"
    assert sdk.subscriptions.list({"status": "all"}).data == []
    assert cast.charges() == []
    assert browser.open(session.url, do="pay", **CARD).status == 303
    assert cast.charges() == [3000]


def test_the_bank_is_asked_in_checkout(sdk: Any, cast: Cast, browser: Browser) -> None:
    session = _session(cast, customer=cast.customer(None).id)
    asked = browser.open(session.url, do="pay", **{**CARD, "number": "4000000000003220"})
    assert asked.location == f"/checkout/{session.id}/challenge"
    assert "$30.00" in browser.open(asked.location).text
    refused = browser.open(asked.location, decision="refuse")
    assert "unable to authenticate" in refused.text
    assert sdk.subscriptions.list({"status": "all"}).data == []
    browser.open(session.url, do="pay", **{**CARD, "number": "4000000000003220"})
    approved = browser.open(asked.location, decision="approve")
    assert approved.location.startswith("http://portal.test/done/")
    assert browser.open(asked.location, decision="approve").location == approved.location
    assert cast.charges() == [3000]


def test_checkout_asks_where_the_customer_is(sdk: Any, cast: Cast, browser: Browser) -> None:
    customer = cast.customer(None)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        _session(cast, customer=customer.id, automatic_tax={"enabled": True})
    assert refused.value.code == "customer_tax_location_invalid"
    session = _session(
        cast, customer=customer.id, automatic_tax={"enabled": True}, customer_update={"address": "auto"}
    )
    assert session.automatic_tax.status == "requires_location_inputs"
    assert "Continue" in browser.open(session.url).text
    page = browser.open(session.url, do="country", country="FR")
    assert "Pay $36.00" in page.text
    assert _labelled(page)
    browser.open(session.url, do="pay", country="FR", **CARD)
    assert cast.charges() == [3600]
    assert sdk.customers.retrieve(customer.id).address.country == "FR"


def test_checkout_makes_a_customer_and_offers_saved_cards(sdk: Any, cast: Cast, browser: Browser) -> None:
    session = _session(cast, customer_email="new@example.test")
    browser.open(session.url, do="pay", **CARD)
    customer = sdk.checkout.sessions.retrieve(session.id, {"expand": ["customer"]}).customer
    assert customer.email == "new@example.test"
    card = sdk.payment_methods.list({"customer": customer.id}).data[0]
    second = _session(cast, customer=customer.id)
    assert "Visa ending in 4242" in browser.open(second.url).text
    typed = {**CARD, "number": "4000000000000002"}
    assert browser.open(second.url, do="pay", saved=card.id, **typed).status == 402
    assert browser.open(second.url, do="pay", saved=card.id).status == 303
    assert cast.charges() == [3000, 3000]


def test_a_free_start_needs_no_card_where_that_is_asked(sdk: Any, cast: Cast, browser: Browser) -> None:
    trial = {"trial_period_days": 14}
    session = _session(
        cast,
        customer=cast.customer(None).id,
        subscription_data=trial,
        payment_method_collection="if_required",
    )
    assert "Card number" not in browser.open(session.url).text
    assert browser.open(session.url, do="pay").status == 303
    done = sdk.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert (done.payment_status, done.subscription.status) == ("no_payment_required", "trialing")


def test_checkout_saves_a_card(sdk: Any, cast: Cast, browser: Browser) -> None:
    customer = cast.customer(None)
    wish = {"mode": "setup", "currency": "usd", "customer": customer.id, "success_url": HOME}
    session = sdk.checkout.sessions.create(wish)
    assert "Save card" in browser.open(session.url).text
    assert browser.open(session.url, do="pay", **{**CARD, "number": "4000000000000002"}).status == 402
    assert browser.open(session.url, do="pay", **{**CARD, "number": "4000000000000341"}).status == 303
    done = sdk.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})
    assert (done.setup_intent.status, done.setup_intent.payment_method.card.last4) == ("succeeded", "0341")
    assert cast.charges() == []


def test_a_session_expires(sdk: Any, cast: Cast, browser: Browser) -> None:
    by_hand, by_time = _session(cast), _session(cast)
    assert sdk.checkout.sessions.expire(by_hand.id).status == "expired"
    cast.door.advance(days=1.01)
    assert sdk.checkout.sessions.retrieve(by_time.id).status == "expired"
    page = browser.open(by_time.url, do="pay", **CARD)
    assert (page.status, "expired" in page.text) == (410, True)
    assert cast.charges() == []


def test_the_billing_portal_minds_cards_and_the_end(sdk: Any, cast: Cast, browser: Browser) -> None:
    subscription = cast.subscription()
    url = sdk.billing_portal.sessions.create(
        {"customer": subscription.customer, "return_url": "http://portal.test/billing/"}
    ).url
    page = browser.open(url)
    assert "Visa ending in 4242" in page.text
    assert "Default" in page.text
    assert _labelled(page)
    assert browser.open(url, do="add", **{**CARD, "number": "4000000000000002"}).status == 402
    assert browser.open(url, do="add", **{**CARD, "number": "5555555555554444"}).status == 303
    changed = sdk.subscriptions.retrieve(subscription.id, {"expand": ["default_payment_method"]})
    assert changed.default_payment_method.card.brand == "mastercard"
    browser.open(url, do="cancel", target=subscription.id)
    assert sdk.subscriptions.retrieve(subscription.id).cancel_at_period_end is True
    assert "Ends on" in browser.open(url).text
    browser.open(url, do="resume", target=subscription.id)
    assert sdk.subscriptions.retrieve(subscription.id).cancel_at_period_end is False
    other = cast.subscription()
    assert browser.open(url, do="cancel", target=other.id).status == 402
    assert sdk.subscriptions.retrieve(other.id).cancel_at_period_end is False
    cast.door.post("clock", advance=3700)
    assert browser.open(url).status == 410


def test_an_open_invoice_is_paid_on_its_page(sdk: Any, cast: Cast, browser: Browser) -> None:
    customer = cast.customer("pm_card_chargeCustomerFail")
    subscription = cast.subscription(customer=customer, expand=["latest_invoice"])
    url = subscription.latest_invoice.hosted_invoice_url
    assert "Pay $10.00" in browser.open(url).text
    assert browser.open(url, saved="", **{**CARD, "number": "4000000000009995"}).status == 402
    asked = browser.open(url, saved="", **{**CARD, "number": "4000000000003220"})
    assert "/challenge/" in asked.location
    browser.open(asked.location, decision="refuse")
    assert browser.open(url, saved="", **CARD).status == 303
    page = browser.open(url)
    assert "Paid on" in page.text
    assert "Pay $" not in page.text
    browser.open(url, saved="", **CARD)
    assert cast.charges() == [1000]
    assert sdk.subscriptions.retrieve(subscription.id).status == "active"
    pdf = browser.open(subscription.latest_invoice.invoice_pdf)
    assert (pdf.type, pdf.body[:8]) == ("application/pdf", b"%PDF-1.4")


def test_the_start_page_explains_itself(cast: Cast, browser: Browser) -> None:
    cast.customer(None, name="<b>Ada</b>")
    page = browser.open("/")
    for words in ("A sandbox for Stripe", "4242 4242 4242 4242", "<b>Ada</b>", "Clock", "Faults"):
        assert words in page.text
    assert browser.open("/nothing").status == 404


def test_two_tabs_at_once_pay_once(cast: Cast, browser: Browser) -> None:
    session = _session(cast, customer=cast.customer(None).id)
    with ThreadPoolExecutor(6) as tabs:
        visits = list(tabs.map(lambda _: browser.open(session.url, do="pay", **CARD), range(6)))
    assert {visit.location for visit in visits} == {f"http://portal.test/done/?session={session.id}"}
    assert cast.charges() == [3000]
