"""Accepting a quote: with a card, without one, with one that fails or whose bank asks first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from billing import gateway
from billing.looking import PAGE_ANSWERED_WITHIN
from billing.models import Order, Quote
from billing.settling import close_failed
from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes.scene import Scene, client_of, ends_of_order, pressed, sweep

CARD = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123", "name": "Ada", "saved": ""}
FAILS, ASKS = "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"


def accepting_with_a_card(buyer: Buyer) -> Scene:
    return _pressing_twice(buyer, buyer.with_card().quote("team"))


def accepting_a_change(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _pressing_twice(buyer, buyer.quote("business"))


def accepting_a_change_whose_answer_is_lost(buyer: Buyer) -> Scene:
    scene = accepting_a_change(buyer)
    buyer.fault("close_connection", path="/v1/subscriptions/.*", method="POST", after=1)
    return scene


def accepting_without_a_card(buyer: Buyer) -> Scene:
    quote = buyer.quote("team")

    def heal() -> None:
        sweep()
        order = Order.objects.get(quote=quote)
        if order.is_pending and order.pay_url:
            buyer.pay_at_checkout(order)
            sweep()
        elif order.is_pending:
            # Its key repeats a 500: nobody has the page's address, and the order is given up before long.
            sweep(later=PAGE_ANSWERED_WITHIN + timedelta(minutes=1))

    return _accepting(buyer, quote, heal)


def accepting_what_is_closed_meanwhile(buyer: Buyer) -> Scene:
    """While Stripe opens its page, the order is closed in another tab: the page must be closed there too."""
    quote = buyer.quote("team")
    return _accepting(
        buyer,
        quote,
        between={
            "create_checkout": lambda: close_failed(
                order_id=Order.objects.get(quote=quote).pk, failure="withdrawn", words="", at=timezone.now()
            )
        },
    )


def accepting_with_a_card_that_fails(buyer: Buyer) -> Scene:
    return _accepting(buyer, buyer.with_card(FAILS).quote("team"))


def accepting_a_change_with_a_card_that_fails(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _accepting(buyer, buyer.with_card(FAILS).quote("business"))


def paid_on_the_invoices_page_meanwhile(buyer: Buyer) -> Scene:
    """The card fails; before we take the invoice back, the customer pays it on Stripe's page."""
    quote = buyer.with_card(FAILS).quote("team")

    def pays() -> None:
        with_url = [each["hosted_invoice_url"] for each in _invoices(buyer) if each["status"] == "open"]
        buyer.fill_in(with_url[0], **CARD)

    return _accepting(buyer, quote, between={"void_invoice": pays})


def accepting_with_a_card_whose_bank_asks(buyer: Buyer) -> Scene:
    quote = buyer.with_card(ASKS).quote("team")

    def heal() -> None:
        sweep()
        order = Order.objects.get(quote=quote)
        if order.is_pending and order.pay_url:
            if "/invoice" in order.pay_url:
                buyer.fill_in(order.pay_url, **CARD)
            else:
                buyer.fill_in(order.pay_url, decision="approve")
            sweep()

    return _accepting(buyer, quote, heal)


def _accepting(buyer: Buyer, quote: Quote, heal: Callable[[], Any] = sweep, **more: Any) -> Scene:
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "post", reverse("quote_accept", args=[quote.pk])),
        ends=ends_of_order(buyer, quote),
        heal=heal,
        due=lambda: quote.due,
        **more,
    )


def _pressing_twice(buyer: Buyer, quote: Quote) -> Scene:
    """Whoever got no answer presses again, and the sweep comes by."""
    client = client_of(buyer)

    def heal() -> None:
        pressed(client, "post", reverse("quote_accept", args=[quote.pk]))
        sweep()

    return _accepting(buyer, quote, heal)


def _invoices(buyer: Buyer) -> list[dict[str, Any]]:
    with gateway.client.asking() as v1:
        return [each.to_dict() for each in v1.invoices.list({"customer": buyer.payer.stripe_id}).data]
