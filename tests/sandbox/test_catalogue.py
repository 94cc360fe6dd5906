"""Products, prices, customers and cards on file, and the manners of every endpoint."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox import contract
from tests.sandbox.actors import Browser, client
from tests.sandbox.cast import Cast


def test_the_description_is_here_to_check_against() -> None:
    if not contract.PRESENT:
        pytest.skip(contract.ABSENT_REASON)
    assert contract.spec()["info"]["version"] == stripe.api_version


def test_products_are_made_under_a_given_id_once(sdk: Any) -> None:
    sdk.products.create({"id": "portal", "name": "Portal", "metadata": {"a": "1"}})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.products.create({"id": "portal", "name": "Portal"})
    assert refused.value.code == "resource_already_exists"
    sdk.products.update("portal", {"name": "Door", "metadata": {"a": "", "b": "2"}})
    product = sdk.products.retrieve("portal")
    assert (product.name, product.metadata.to_dict()) == ("Door", {"b": "2"})
    assert [row.id for row in sdk.products.list({"active": True}).data] == ["portal"]


def test_a_lookup_key_belongs_to_one_price_and_can_be_handed_on(sdk: Any, cast: Cast) -> None:
    first = cast.price("team")
    wish = {"product": "portal", "currency": "usd", "unit_amount": 1200, "recurring": {"interval": "month"}}
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        sdk.prices.create({**wish, "lookup_key": "team"})
    second = sdk.prices.create({**wish, "lookup_key": "team", "transfer_lookup_key": True})
    found = sdk.prices.list({"lookup_keys": ["team", "nothing"], "expand": ["data.product"]})
    assert [row.id for row in found.data] == [second.id]
    assert found.data[0].product.name == "Portal"
    assert sdk.prices.retrieve(first).lookup_key is None
    assert sdk.prices.update(first, {"active": False}).active is False


def test_customers_cards_and_balance(sdk: Any, cast: Cast) -> None:
    customer = cast.customer("pm_card_mastercard", address={"country": "DE", "city": "Bonn"})
    customer = sdk.customers.retrieve(
        customer.id, {"expand": ["invoice_settings.default_payment_method", "tax", "subscriptions"]}
    )
    assert customer.invoice_settings.default_payment_method.card.last4 == "4444"
    assert customer.tax.automatic_tax == "supported"
    sdk.customers.balance_transactions.create(customer.id, {"amount": -500, "currency": "usd"})
    assert sdk.customers.retrieve(customer.id).balance == -500
    row = sdk.customers.balance_transactions.list(customer.id).data[0]
    assert (row.amount, row.ending_balance, row.type) == (-500, -500, "adjustment")
    found = sdk.customers.list({"email": "ada@example.test"})
    assert [one.id for one in found.data] == [customer.id]
    method, other = customer.invoice_settings.default_payment_method.id, cast.customer()
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        sdk.payment_methods.attach(method, {"customer": other.id})
    sdk.payment_methods.detach(method)
    assert sdk.payment_methods.list({"customer": customer.id}).data == []
    assert sdk.customers.retrieve(customer.id).invoice_settings.default_payment_method is None


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
def test_a_refusing_card_is_not_attached(sdk: Any, cast: Cast, card: str, code: str) -> None:
    customer = cast.customer(None)
    with pytest.raises(stripe.CardError) as refused:
        sdk.payment_methods.attach(card, {"customer": customer.id})
    assert (refused.value.http_status, refused.value.error.decline_code) == (402, code)
    assert sdk.payment_methods.list({"customer": customer.id}).data == []


def test_a_real_card_number_is_refused(sdk: Any) -> None:
    card = {"number": "4539578763621486", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    with pytest.raises(stripe.CardError, match="test mode"):
        sdk.payment_methods.create({"type": "card", "card": card})
    with pytest.raises(stripe.CardError, match="number is incorrect"):
        sdk.payment_methods.create({"type": "card", "card": {**card, "number": "4539578763621487"}})
    past = {**card, "number": "4242424242424242", "exp_year": 2020}
    with pytest.raises(stripe.CardError, match="expired"):
        sdk.payment_methods.create({"type": "card", "card": past})


def test_tax_rates_stand_ready(sdk: Any) -> None:
    assert {rate.country: rate.percentage for rate in sdk.tax_rates.list({}).data} == {
        "DE": 19,
        "FR": 20,
        "GB": 20,
        "JP": 10,
    }


def test_lists_come_newest_first_in_pages(sdk: Any) -> None:
    made = [sdk.customers.create({"name": str(number)}).id for number in range(5)]
    newest = made[::-1]
    first = sdk.customers.list({"limit": 2})
    assert ([row.id for row in first.data], first.has_more) == (newest[:2], True)
    rest = sdk.customers.list({"limit": 3, "starting_after": newest[1]})
    assert ([row.id for row in rest.data], rest.has_more) == (newest[2:], False)
    back = sdk.customers.list({"limit": 2, "ending_before": newest[4]})
    assert ([row.id for row in back.data], back.has_more) == (newest[2:4], True)
    assert [row.id for row in sdk.customers.list({"limit": 2}).auto_paging_iter()] == newest
    assert sdk.customers.list({"created": {"gte": 4_000_000_000}}).data == []


def test_errors_come_in_stripes_form(sdk: Any, exchange: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.customers.retrieve("cus_nobody")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert refused.value.request_id.startswith("req_")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.customers.create({"nonsense": "1"})
    assert (refused.value.http_status, refused.value.code) == (400, "parameter_unknown")
    sdk.customers.create({"email": "ada@example.test"})
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        sdk.customers.list({"expand": ["data.email"]})
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        sdk.customers.list({"expand": ["data.subscriptions.data.latest_invoice.payments"]})
    exchange[1].off_contract.clear()  # the three requests above were wrong on purpose


def test_only_test_keys_are_let_in(address: str, browser: Browser) -> None:
    for key in ("sk_live_123", "nonsense"):
        sdk = stripe.StripeClient(key, base_addresses={"api": address}, max_network_retries=0)
        with pytest.raises(stripe.AuthenticationError):
            sdk.v1.customers.list()
    assert browser.open("/v1/customers").status == 401


def test_what_stripe_has_and_the_sandbox_has_not_is_404(address: str) -> None:
    sdk, _ = client(address)
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as refused:
        sdk.v1.coupons.list()
    assert refused.value.http_status == 404
