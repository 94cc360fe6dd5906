"""A change that applies only if it is paid: until then nothing moves."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.actors import Browser
from tests.sandbox.cast import Cast, item, upgrade

ONLY_IF_PAID = {"payment_behavior": "pending_if_incomplete", "expand": ["latest_invoice.payments"]}


def _hand_over(cast: Cast, subscription: Any, card: str) -> Any:
    """Give the customer another default card."""
    method = cast.sdk.payment_methods.attach(card, {"customer": subscription.customer})
    cast.sdk.customers.update(
        subscription.customer, {"invoice_settings": {"default_payment_method": method.id}}
    )
    return method


def _stuck(cast: Cast, card: str) -> tuple[Any, Any]:
    """(subscription before, the same with an update that waits for its payment)."""
    before = cast.subscription()
    _hand_over(cast, before, card)
    return before, cast.sdk.subscriptions.update(before.id, {**upgrade(cast, before), **ONLY_IF_PAID})


def test_a_decline_leaves_everything_as_it_was(sdk: Any, cast: Cast) -> None:
    before, pending = _stuck(cast, "pm_card_chargeCustomerFail")
    assert (pending.status, item(pending).price.id) == ("active", cast.price("team"))
    assert item(pending).current_period_end == item(before).current_period_end
    waiting = pending.pending_update
    assert waiting.subscription_items[0].price.id == cast.price("business")
    assert waiting.expires_at - cast.door.now() in range(23 * 3600 - 60, 23 * 3600 + 1)
    invoice = pending.latest_invoice
    assert (invoice.status, invoice.next_payment_attempt, invoice.attempt_count) == ("open", None, 1)
    intent = sdk.payment_intents.retrieve(invoice.payments.data[0].payment.payment_intent)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == "generic_decline"
    assert cast.charges() == [1000]


def test_paying_its_invoice_applies_it(sdk: Any, cast: Cast) -> None:
    before, pending = _stuck(cast, "pm_card_chargeCustomerFail")
    invoice = pending.latest_invoice
    with pytest.raises(stripe.CardError) as refused:
        sdk.invoices.pay(invoice.id)
    assert refused.value.error.decline_code == "generic_decline"
    paid = sdk.invoices.pay(invoice.id, {"payment_method": "pm_card_mastercard"})
    assert paid.status == "paid"
    applied = sdk.subscriptions.retrieve(before.id)
    assert (applied.pending_update, item(applied).price.id) == (None, cast.price("business"))
    assert item(applied).id == item(before).id
    assert cast.charges() == [1000, invoice.amount_due]
    types = [event.type for event in sdk.events.list({"limit": 100}).data]
    assert types.count("customer.subscription.pending_update_applied") == 1


@pytest.mark.parametrize("ending", ["expires", "voided", "replaced", "canceled"])
def test_an_unpaid_one_is_discarded_with_its_invoice(sdk: Any, cast: Cast, ending: str) -> None:
    before, pending = _stuck(cast, "pm_card_chargeCustomerFail")
    sdk.customers.balance_transactions.create(before.customer, {"amount": -100, "currency": "usd"})
    if ending == "expires":
        cast.door.post("clock", advance=23 * 3600 + 1)
    elif ending == "voided":
        sdk.invoices.void_invoice(pending.latest_invoice.id)
    elif ending == "replaced":
        _hand_over(cast, before, "pm_card_visa")
        sdk.subscriptions.update(before.id, {**upgrade(cast, before, "team-year"), **ONLY_IF_PAID})
    else:
        sdk.subscriptions.cancel(before.id)
    invoice = sdk.invoices.retrieve(pending.latest_invoice.id, {"expand": ["payments"]})
    assert invoice.status == "void"
    assert sdk.payment_intents.retrieve(invoice.payments.data[0].payment.payment_intent).status == "canceled"
    after = sdk.subscriptions.retrieve(before.id)
    assert after.pending_update is None
    expected = "team-year" if ending == "replaced" else "team"
    assert item(after).price.id == cast.price(expected)
    types = [event.type for event in sdk.events.list({"limit": 100}).data]
    assert types.count("customer.subscription.pending_update_expired") == (ending == "expires")


def test_a_void_invoice_gives_the_credit_back(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    _hand_over(cast, subscription, "pm_card_chargeCustomerFail")
    sdk.customers.balance_transactions.create(subscription.customer, {"amount": -700, "currency": "usd"})
    pending = sdk.subscriptions.update(subscription.id, {**upgrade(cast, subscription), **ONLY_IF_PAID})
    invoice = pending.latest_invoice
    assert (invoice.starting_balance, invoice.ending_balance) == (-700, 0)
    assert invoice.amount_due == invoice.total - 700
    assert sdk.customers.retrieve(subscription.customer).balance == 0
    sdk.invoices.void_invoice(invoice.id)
    assert sdk.customers.retrieve(subscription.customer).balance == -700


def test_it_takes_few_other_parameters(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    for extra in ({"metadata": {"a": "b"}}, {"cancel_at_period_end": True}):
        with pytest.raises(stripe.InvalidRequestError, match="pending_if_incomplete"):
            sdk.subscriptions.update(
                subscription.id, {**upgrade(cast, subscription), **ONLY_IF_PAID, **extra}
            )
    assert cast.charges() == [1000]


def test_error_if_incomplete_is_402_and_changes_nothing(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    for card, code in (
        ("pm_card_chargeCustomerFail", "card_declined"),
        ("pm_card_authenticationRequired", "subscription_payment_intent_requires_action"),
    ):
        _hand_over(cast, subscription, card)
        strict = upgrade(cast, subscription, payment_behavior="error_if_incomplete")
        with pytest.raises(stripe.CardError) as refused:
            sdk.subscriptions.update(subscription.id, strict)
        assert (refused.value.http_status, refused.value.code) == (402, code)
    assert len(sdk.invoices.list({"subscription": subscription.id}).data) == 1
    assert sdk.subscriptions.retrieve(subscription.id).to_dict()["items"] == subscription.to_dict()["items"]


def test_allow_incomplete_applies_at_once_and_is_past_due(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    _hand_over(cast, subscription, "pm_card_chargeCustomerFail")
    changed = sdk.subscriptions.update(
        subscription.id, {**upgrade(cast, subscription), "expand": ["latest_invoice"]}
    )
    assert (changed.status, item(changed).price.id) == ("past_due", cast.price("business"))
    sdk.invoices.pay(changed.latest_invoice.id, {"payment_method": "pm_card_visa"})
    assert sdk.subscriptions.retrieve(subscription.id).status == "active"


def test_the_bank_is_asked_and_says_yes(sdk: Any, cast: Cast, browser: Browser) -> None:
    before, pending = _stuck(cast, "pm_card_authenticationRequired")
    assert pending.pending_update
    intent_id = pending.latest_invoice.payments.data[0].payment.payment_intent
    assert sdk.payment_intents.retrieve(intent_id).next_action.type == "use_stripe_sdk"
    home = "http://portal.test/back/?quote=7"
    intent = sdk.payment_intents.confirm(intent_id, {"return_url": home})
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    url = intent.next_action.redirect_to_url.url
    page = browser.open(url)
    assert "Approve payment" in page.text
    assert "Sandbox — no real money" in page.text
    done = browser.open(url, decision="approve")
    assert done.location.startswith(
        f"{home}&payment_intent={intent.id}&payment_intent_client_secret={intent.client_secret}"
    )
    assert item(sdk.subscriptions.retrieve(before.id)).price.id == cast.price("business")
    assert sdk.invoices.retrieve(pending.latest_invoice.id).status == "paid"
    assert browser.open(url, decision="approve").status == 303
    assert cast.charges() == [1000, intent.amount]
    with pytest.raises(stripe.InvalidRequestError) as over:
        sdk.payment_intents.confirm(intent_id, {"return_url": home})
    assert over.value.code == "payment_intent_unexpected_state"


def test_the_bank_is_asked_and_says_no(sdk: Any, cast: Cast, browser: Browser) -> None:
    before, pending = _stuck(cast, "pm_card_authenticationRequired")
    intent_id = pending.latest_invoice.payments.data[0].payment.payment_intent
    intent = sdk.payment_intents.confirm(intent_id, {"return_url": "http://portal.test/"})
    back = browser.open(intent.next_action.redirect_to_url.url, decision="refuse")
    assert "redirect_status=failed" in back.location
    failed = sdk.payment_intents.retrieve(intent_id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert sdk.subscriptions.retrieve(before.id).pending_update
    assert cast.charges() == [1000]
    paid = sdk.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"
    assert item(sdk.subscriptions.retrieve(before.id)).price.id == cast.price("business")


def test_a_strangers_secret_does_not_open_the_banks_page(sdk: Any, cast: Cast, browser: Browser) -> None:
    _, pending = _stuck(cast, "pm_card_authenticationRequired")
    intent_id = pending.latest_invoice.payments.data[0].payment.payment_intent
    assert browser.open(f"/challenge/{intent_id}?secret=guess").status == 404


@pytest.mark.parametrize("behavior", ["allow_incomplete", "default_incomplete"])
def test_a_first_payment_that_does_not_come(sdk: Any, cast: Cast, behavior: str) -> None:
    customer = cast.customer("pm_card_chargeCustomerFail")
    subscription = cast.subscription(
        customer=customer, payment_behavior=behavior, expand=["latest_invoice.payments"]
    )
    assert (subscription.status, subscription.latest_invoice.status) == ("incomplete", "open")
    again = cast.subscription(
        customer=customer, payment_behavior=behavior, expand=["latest_invoice.payments"]
    )
    intent = again.latest_invoice.payments.data[0].payment.payment_intent
    waits = "requires_confirmation" if behavior == "default_incomplete" else "requires_payment_method"
    assert sdk.payment_intents.retrieve(intent).status == waits
    sdk.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert sdk.subscriptions.retrieve(again.id).status == "active"
    cast.door.advance(days=1)
    assert sdk.subscriptions.retrieve(subscription.id).status == "incomplete_expired"
    assert sdk.invoices.retrieve(subscription.latest_invoice.id).status == "void"
    assert cast.charges() == [1000]


def test_without_a_card_nothing_begins(sdk: Any, cast: Cast) -> None:
    customer = cast.customer(None)
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        cast.subscription(customer=customer)
    broke = cast.customer("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        cast.subscription(customer=broke, payment_behavior="error_if_incomplete")
    assert sdk.subscriptions.list({"status": "all"}).data == []
