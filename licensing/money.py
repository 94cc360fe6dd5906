"""Money is a whole number of minor units with its currency: cents, yen, fils.

What a minor unit is, the processor decides (https://docs.stripe.com/currencies). CLDR, which Babel writes by, counts
none in currencies whose small coins have gone out of use, such as RSD and ISK; Stripe still counts hundredths of them.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision, is_currency

# fmt: off
ZERO_DECIMAL = frozenset([
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
])
# fmt: on
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
WHOLE_UNITS_ONLY = frozenset(("ISK", "UGX"))  # counted in hundredths, charged without


def is_known(currency: str) -> bool:
    """Whether that is a currency as it is written in prices: USD, and neither usd nor ZZZ."""
    return len(currency) == 3 and currency.isupper() and currency.isascii() and is_currency(currency)


def minor_digits(currency: str) -> int:
    """How many digits of an amount stand after the point: 2 for USD, 0 for JPY, 3 for KWD."""
    code = currency.upper()
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2


def charge_step(currency: str) -> int:
    """What every charge in `currency` is a multiple of, in minor units: 10 for KWD, 100 for ISK, 1 for most.

    Cards know no third digit, and no part of a króna (docs: Three-decimal currencies, Special cases).
    """
    code = currency.upper()
    return 10 if code in THREE_DECIMAL else 100 if code in WHOLE_UNITS_ONLY else 1


@lru_cache(maxsize=4096)
def format_money(amount: int, currency: str, *, locale: str) -> str:
    """Write `amount` minor units for a reader: (−1986, "USD", "en_US") → −$19.86. Exact; never rounds.

    With as many digits as CLDR gives the currency, and with all of them where that would leave something out.
    """
    digits, usual = minor_digits(currency), get_currency_precision(currency.upper())
    exact = Decimal(amount).scaleb(-digits)
    as_usual = usual >= digits or amount % 10 ** (digits - usual) == 0
    written = format_currency(exact, currency.upper(), locale=locale, currency_digits=as_usual)
    return written.replace("-", "−")
