"""What is sold at Stripe, at which price, and the rates of its taxes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import stripe

from billing.gateway import client

# So many lookup keys Stripe takes at once.
KEYS_AT_ONCE = 10


def find_prices(lookup_keys: Sequence[str]) -> dict[str, tuple[str, int, str]]:
    """Lookup key → (price id, unit amount, currency) for those that exist. At most `KEYS_AT_ONCE` a call."""
    with client.asking() as v1:
        found = v1.prices.list({"lookup_keys": list(lookup_keys), "limit": 100, "active": True})
        return {
            price.lookup_key: (price.id, price.unit_amount, price.currency.upper()) for price in found.data
        }


def ensure_product(*, product_id: str, name: str) -> str:
    """Make the product where it is missing. Returns its id as Stripe tells it: no other answer is taken for one."""
    with client.asking() as v1:
        try:
            found = v1.products.retrieve(product_id)
        except stripe.InvalidRequestError as error:
            if error.http_status != 404:
                raise
            found = v1.products.create({"id": product_id, "name": name}, client.key(f"product-{product_id}"))
        return str(found.id)


def create_price(*, product_id: str, lookup_key: str, currency: str, interval: str, unit_amount: int) -> str:
    """Make a recurring price. A flat price is one whose quantity we keep at one."""
    with client.asking() as v1:
        made = v1.prices.create(
            {
                "product": product_id,
                "lookup_key": lookup_key,
                "currency": currency.lower(),
                "recurring": {"interval": interval},
                "unit_amount": unit_amount,
            },
            client.key(f"price-{lookup_key}-{unit_amount}"),
        )
        return str(made.id)


def fetch_tax_rate(tax_rate_id: str) -> tuple[str, str]:
    """Percentage, as an exact decimal, and name of a tax rate."""
    with client.asking() as v1:
        rate = v1.tax_rates.retrieve(tax_rate_id)
        return f"{Decimal(str(rate.percentage)).normalize():f}", str(rate.display_name)
