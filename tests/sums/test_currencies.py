"""A minor unit is what Stripe counts in; it is written exactly, and a price that cannot be charged is not published."""

from __future__ import annotations

from fractions import Fraction

import pytest

from licensing.catalogue import UnableToPublish
from licensing.money import charge_step, format_money, minor_digits
from licensing.pricing import apply_balance
from portal.pages.values import short_money
from portal.reader import LOCALES
from tests.licensing.small_catalogue import GOOD, published

KWD = GOOD.replace("USD = 9000\n", "USD = 9000\nKWD = 27500\n").replace(
    "USD = 900\n", "USD = 900\nKWD = {month}\n"
)


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (123456, "USD", "$1,234.56"),
        (-5, "EUR", "−€0.05"),
        (3480, "JPY", "¥3,480"),
        (12345, "KWD", "KWD12.345"),
        (-10, "KWD", "−KWD0.010"),
        (0, "KWD", "KWD0.000"),
        (99000, "RSD", "RSD990"),  # CLDR counts no para, Stripe does
        (99050, "RSD", "RSD990.50"),
        (199000, "ISK", "ISK1,990"),
        (50000, "UGX", "UGX500"),
        (1234567, "IQD", "IQD12,345.67"),
    ],
)
def test_an_amount_is_written_as_what_is_charged_for_it(amount: int, currency: str, written: str) -> None:
    assert format_money(amount, currency, locale="en_US") == written


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY", "KWD", "ISK", "RSD"])
def test_every_amount_is_written_exactly_in_every_locale(currency: str) -> None:
    for locale in LOCALES:
        for amount in [*range(-2_000, 2_001, 7), 10, 100, 1_000, 999_999_999_995, 10**12]:
            written = format_money(amount, currency, locale=locale)
            point = "," if locale == "en_ZA" else "."
            kept = "".join(sign for sign in written if sign.isdigit() or sign == point).replace(point, ".")
            exact = Fraction(kept) * (-1 if "−" in written else 1)
            assert exact == Fraction(amount, 10 ** minor_digits(currency)), (written, locale)


def test_a_price_list_leaves_only_zeros_out() -> None:
    assert short_money(12_000, "KWD") == "KWD12"
    assert short_money(12_340, "KWD") == "KWD12.340"
    assert short_money(199_000, "ISK") == "ISK1,990"
    assert short_money(99_050, "RSD") == "RSD990.50"
    assert short_money(3_400, "JPY") == "¥3,400"


@pytest.mark.django_db
@pytest.mark.usefixtures("nothing_on_sale")
def test_a_price_that_no_card_can_be_charged_is_not_published() -> None:
    with pytest.raises(UnableToPublish, match="make it a multiple of 10"):
        published(KWD.format(month=2755))
    assert published(KWD.format(month=2750)).published_at


@pytest.mark.parametrize(
    ("currency", "owed", "due"),
    [
        ("KWD", 12_344, 12_340),
        ("KWD", 12_345, 12_350),
        ("KWD", 4, 0),
        ("ISK", 149, 100),
        ("ISK", 150, 200),
        ("JPY", 51, 51),
        ("JPY", 49, 0),
    ],
)
def test_what_a_card_cannot_be_charged_stays_on_the_balance(currency: str, owed: int, due: int) -> None:
    balance = apply_balance(total=owed, credit=0, currency=currency)
    assert (balance.due, balance.carried) == (due, owed - due)
    assert balance.due % charge_step(currency) == 0
