"""Money is a whole number of minor units with its currency: cents, yen, fils."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision


def minor_digits(currency: str) -> int:
    """How many digits stand after the point: 2 for USD, 0 for JPY, 3 for KWD (CLDR)."""
    return get_currency_precision(currency.upper())


def format_money(amount: int, currency: str, *, locale: str) -> str:
    """Write `amount` minor units for a reader: (−1986, "USD", "en_US") → −$19.86. Exact; never rounds."""
    exact = Decimal(amount).scaleb(-minor_digits(currency))
    return format_currency(exact, currency.upper(), locale=locale).replace("-", "−")
