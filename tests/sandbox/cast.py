"""The known cast: one product, its prices, and customers with the card a test needs."""

from __future__ import annotations

from typing import Any

from tests.sandbox.actors import Door

PRICES = {
    "free": (0, "month", "usd"),
    "team": (1000, "month", "usd"),
    "business": (3252, "month", "usd"),
    "team-year": (10000, "year", "usd"),
    "team-jpy": (1500, "month", "jpy"),
}


class Cast:
    """Makes who and what a test needs, each once."""

    def __init__(self, sdk: Any, door: Door) -> None:
        self.sdk, self.door = sdk, door
        self._prices: dict[str, str] = {}

    def price(self, name: str) -> str:
        """The id of a price, by its lookup key."""
        if not self._prices:
            self.sdk.products.create({"id": "portal", "name": "Portal"})
        if name not in self._prices:
            amount, interval, currency = PRICES[name]
            made = self.sdk.prices.create(
                {
                    "product": "portal",
                    "currency": currency,
                    "unit_amount": amount,
                    "recurring": {"interval": interval},
                    "lookup_key": name,
                }
            )
            self._prices[name] = made.id
        return self._prices[name]

    def customer(self, card: str | None = "pm_card_visa", **more: Any) -> Any:
        """A customer, with this test card as the default."""
        customer = self.sdk.customers.create({"email": "ada@example.test", "name": "Ada", **more})
        if card:
            method = self.sdk.payment_methods.attach(card, {"customer": customer.id})
            chosen = {"invoice_settings": {"default_payment_method": method.id}}
            customer = self.sdk.customers.update(customer.id, chosen)
        return customer

    def subscription(
        self, price: str = "team", *, customer: Any = None, quantity: int = 1, **more: Any
    ) -> Any:
        """A subscription of a customer with a good card."""
        customer = customer or self.customer()
        items = [{"price": self.price(price), "quantity": quantity}]
        return self.sdk.subscriptions.create({"customer": customer.id, "items": items, **more})

    def charges(self) -> list[int]:
        """What was really charged, in order."""
        return [row["amount"] for row in self.door.get("charges")["data"]]


def item(subscription: Any) -> Any:
    """The one item of a subscription."""
    return subscription["items"].data[0]


def upgrade(cast: Cast, subscription: Any, price: str = "business", **more: Any) -> dict[str, Any]:
    """The parameters of a change to another price, invoiced at once."""
    return {
        "items": [{"id": item(subscription).id, "price": cast.price(price)}],
        "proration_behavior": "always_invoice",
        **more,
    }
