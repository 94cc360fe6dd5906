"""Dates and amounts are written as the reader's browser asks, among the ways that go with English text."""

from __future__ import annotations

import pytest

from licensing.money import format_money
from portal.reader import locale_for


@pytest.mark.parametrize(
    ("accept_language", "locale"),
    [
        ("", "en_US"),
        ("en-GB,en;q=0.8", "en_GB"),
        ("en", "en_US"),
        ("de-DE,de;q=0.9", "en_150"),
        ("de-DE,en-IE;q=0.5", "en_IE"),
        ("ja", "en_US"),
        ("*", "en_US"),
        ("not a language", "en_US"),
    ],
)
def test_the_browsers_language_decides(accept_language: str, locale: str) -> None:
    assert locale_for(accept_language) == locale


def test_a_japanese_reader_sees_yen_as_they_are_written() -> None:
    assert format_money(3400, "JPY", locale=locale_for("ja-JP,ja;q=0.9")) == "¥3,400"
