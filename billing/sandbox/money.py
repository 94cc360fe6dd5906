"""Amounts of minor units written for people, right for currencies with no, two or three decimals."""

from __future__ import annotations

ZERO_DECIMAL = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}

# Stripe does not charge less than this; what is left goes to the customer's balance instead.
MINIMUM_CHARGE = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "krw": 50, "cad": 50, "aud": 50, "chf": 50}

# A charge is a multiple of this: cards know no third decimal, and no part of a króna. An invoice is rounded to it.
CHARGE_STEP = {**dict.fromkeys(THREE_DECIMAL, 10), "isk": 100, "ugx": 100}


def decimals(currency: str) -> int:
    """How many decimals the currency is written with."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def formatted(amount: int, currency: str) -> str:
    """`5467, "usd"` → `$54.67`; `1500, "jpy"` → `¥1,500`; `1234, "kwd"` → `KWD 1.234`."""
    places = decimals(currency)
    whole, part = divmod(abs(amount), 10**places)
    number = f"{whole:,}" + (f".{part:0{places}d}" if places else "")
    symbol = SYMBOLS.get(currency, currency.upper() + " ")
    return f"{'−' if amount < 0 else ''}{symbol}{number}"
