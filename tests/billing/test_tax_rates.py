"""The rate of a tax is asked for once, whoever pays it and however often they are quoted."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing import gateway
from billing.models import StripeTaxRate
from billing.payers import learn_tax
from billing.prices import stripe_price_id
from tests.billing.conftest import Buyer, at_once, newcomer


def asked(ada: Buyer) -> list[str]:
    """The tax rates that Stripe was asked for, in order."""
    paths = [request["path"] for request in ada.sandbox.requests()]
    return [path.removeprefix("/v1/tax_rates/") for path in paths if path.startswith("/v1/tax_rates/")]


def test_each_rate_is_asked_for_once_however_many_quotes_and_customers_there_are(ada: Buyer) -> None:
    bo, fay = newcomer(ada.sandbox), newcomer(ada.sandbox, country="FR")
    for buyer in (ada, bo, fay, ada, fay):
        buyer.quote("team")
    german, french = asked(ada)
    assert dict(StripeTaxRate.objects.values_list("stripe_id", "percent")) == {german: "19", french: "20"}
    assert [buyer.payer.tax_percent for buyer in (ada, bo, fay)] == ["19", "19", "20"]
    assert ada.payer.tax_name == bo.payer.tax_name != ""


def test_a_quote_at_a_known_rate_asks_stripe_for_the_payer_and_the_two_previews_and_nothing_else(
    ada: Buyer,
) -> None:
    ada.quote("team")
    before = len(ada.sandbox.requests())
    ada.quote("team", seats=5)
    paths = [request["path"] for request in ada.sandbox.requests()[before:]]
    preview = "/v1/invoices/create_preview"
    assert paths == [f"/v1/customers/{ada.payer.stripe_id}", preview, preview]


def test_a_known_rate_costs_one_query_and_no_request(ada: Buyer) -> None:
    quote, payer = ada.quote("team"), ada.payer
    preview = gateway.preview_first(
        customer_id=payer.stripe_id, price_id=stripe_price_id(quote.price, at=timezone.now()), quantity=3
    )
    before = len(ada.sandbox.requests())
    with CaptureQueriesContext(connection) as queries:
        learn_tax(payer=payer, preview=preview)
    assert (len(queries), len(ada.sandbox.requests()) - before) == (1, 0)


def test_two_who_meet_a_rate_at_once_keep_one_row(ada: Buyer) -> None:
    bo = newcomer(ada.sandbox)
    ada.quote("team")
    bo.quote("team")
    StripeTaxRate.objects.all().delete()
    ada.fault("slow", path="/v1/tax_rates/.*", seconds=0.5)
    at_once(lambda: ada.quote("team"), lambda: bo.quote("team"))
    assert StripeTaxRate.objects.get().percent == "19"
    assert len(asked(ada)) == 3, "both asked"
