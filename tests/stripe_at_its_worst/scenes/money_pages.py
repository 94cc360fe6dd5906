"""The billing page: cancelling, taking that back, Stripe's pages for cards."""

from __future__ import annotations

from django.urls import reverse

from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes.scene import Scene, client_of, pressed


def cancelling(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _renewal_button(buyer, "billing_cancel")


def undoing_a_cancellation(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    client_of(buyer).post(reverse("billing_cancel"))
    return _renewal_button(buyer, "billing_undo_cancel")


def _renewal_button(buyer: Buyer, door: str) -> Scene:
    client = client_of(buyer)

    def ends() -> str:
        (there,) = buyer.subscriptions()
        if there.cancels_at_period_end != buyer.licence.cancels_at_period_end:
            return "differs from Stripe"
        return "ends with its period" if there.cancels_at_period_end else "renews"

    return Scene(buyer, press=lambda: pressed(client, "post", reverse(door)), ends=ends)


def opening_the_billing_portal(buyer: Buyer) -> Scene:
    buyer.with_card()
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "post", reverse("billing_portal")),
        ends=lambda: "opened",
    )


def coming_back_from_the_billing_portal(buyer: Buyer) -> Scene:
    buyer.with_card()
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "get", f"{reverse('billing')}?back="),
        ends=lambda: buyer.payer.card_last4,
    )
