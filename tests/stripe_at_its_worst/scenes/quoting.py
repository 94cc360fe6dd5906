"""Asking for a quote: of a first purchase, of a change, at a price that nobody knows yet."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from billing.models import Order, PayerAttempt, Quote
from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes.scene import Scene, Seen, client_of, pressed


def first_quote(buyer: Buyer) -> Scene:
    return _quote(buyer, "team")


def first_quote_a_day_after_one_without_an_answer(buyer: Buyer) -> Scene:
    scene = _quote(buyer, "team")
    buyer.fault("close_connection", path="/v1/customers$", method="POST")
    scene.press()
    PayerAttempt.objects.update(first_asked_at=timezone.now() - timedelta(hours=21))
    return scene


def quote_of_a_price_unknown_here(buyer: Buyer) -> Scene:
    """Neither we nor Stripe know the price yet."""
    return _quote(buyer, "team")


def quote_of_a_change(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _quote(buyer, "business")


def _quote(buyer: Buyer, tier: str) -> Scene:
    client = client_of(buyer)
    before = Quote.objects.count()

    def press() -> Seen:
        return pressed(client, "post", reverse("upgrade"), {"tier": tier, "seats": "3", "interval": "month"})

    def ends() -> str:
        assert not Order.objects.filter(quote__customer=buyer.customer, quote__tier__key="business").exists()
        return f"{Quote.objects.count() - before} quoted"

    return Scene(buyer, press, ends)
