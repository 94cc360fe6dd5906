"""Coming back from Stripe's page, and withdrawing an order."""

from __future__ import annotations

from django.urls import reverse

from billing.models import Order
from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes.scene import Scene, client_of, ends_of_order, pressed, sweep


def coming_back_from_checkout(buyer: Buyer) -> Scene:
    order = buyer.buy("team")
    buyer.pay_at_checkout(order)
    return returning(buyer, order)


def returning(buyer: Buyer, order: Order) -> Scene:
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "get", reverse("quote_return", args=[order.quote_id])),
        ends=ends_of_order(buyer, order.quote),
        heal=sweep,
        due=lambda: order.quote.due,
        is_paid=True,
    )


def withdrawing(buyer: Buyer) -> Scene:
    order = buyer.buy("team")
    return _withdrawing(buyer, order)


def withdrawing_what_is_paid_meanwhile(buyer: Buyer) -> Scene:
    order = buyer.buy("team")
    scene = _withdrawing(buyer, order)
    scene.between["expire_checkout"] = lambda: buyer.pay_at_checkout(order)
    scene.due = lambda: order.quote.due
    return scene


def _withdrawing(buyer: Buyer, order: Order) -> Scene:
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "post", reverse("quote_withdraw", args=[order.quote_id])),
        ends=ends_of_order(buyer, order.quote),
    )
