"""How values, counts and amounts are said."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from licensing.terms import NOT_INCLUDED, FeatureTerms
from portal.pages.values import card_words, count_words, feature_words, short_money, small_number, value_words
from portal.reader import reading_as


def feature(kind: str = "limit", **fields: object) -> FeatureTerms:
    known = {
        "key": "x",
        "name": "Projects",
        "group": "core",
        "unit": "projects",
        "monthly": False,
        "levels": (),
    }
    return FeatureTerms(**{**known, "kind": kind, "about": "", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("described", "value", "words"),
    [
        (feature(), 20, "20"),
        (feature(), None, "no limit"),
        (feature(), 0, "0"),
        (feature(), NOT_INCLUDED, "–"),
        (feature(name="Storage", unit="GB"), 50, "50 GB"),
        (feature("switch"), True, "yes"),
        (feature("switch"), False, "–"),
        (feature("level", levels=(("a", "by email"),)), "a", "by email"),
    ],
)
def test_values(described: FeatureTerms, value: object, words: str) -> None:
    assert value_words(described, value) == words


def test_features_in_a_list() -> None:
    assert feature_words(feature(), None) == "Projects without a limit"
    assert (
        feature_words(feature(name="API calls", monthly=True), 40_000) == "API calls a month: 40,000 projects"
    )
    assert feature_words(feature("switch", name="Approvals"), True) == "Approvals"


def test_counts_and_numbers() -> None:
    assert [count_words(n) for n in (0, 40_000, 2_000_000, 1_214_332)] == [
        "0",
        "40,000",
        "2 million",
        "1.21 million",
    ]
    assert [small_number(n) for n in (0, 2, 10, 11)] == ["none", "two", "ten", "11"]


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "words"),
    [
        (2300, "USD", "en_US", "$23"),
        (2350, "USD", "en_US", "$23.50"),
        (3400, "JPY", "en_US", "¥3,400"),
        (1234000, "KWD", "en_US", "KWD1,234"),
        (17000, "EUR", "en_IE", "€170"),
    ],
)
def test_price_lists_leave_out_zeros_and_nothing_else(
    amount: int, currency: str, locale: str, words: str
) -> None:
    with reading_as(locale=locale, zone=ZoneInfo("UTC")):
        assert short_money(amount, currency).replace("\xa0", " ") == words


def test_cards() -> None:
    assert card_words("visa", "4242") == "Visa ·· 4242"
    assert card_words("", "") == ""
