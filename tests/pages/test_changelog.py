"""What changed from edition to edition, with the vendor's reasons, newest first."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import cast
from tests.pages.conftest import text_of


@pytest.mark.usefixtures("nothing_on_sale")
def test_nothing_published_is_said(visitor: Client) -> None:
    assert "No edition has been published yet." in text_of(visitor.get("/changelog/"))


def test_newest_first_with_reasons_and_differences(visitor: Client) -> None:
    cast.make_catalogue()
    words = text_of(visitor.get("/changelog/?currency=USD"))
    assert words.index("January 2026") < words.index("March 2025")
    assert "Running Meridian costs more than it did" in words
    assert "Price US$19 a seat a month US$23 a seat a month" in words
    assert "Single sign-on included not included" in words
    assert "Audit log 30 days 90 days" in words
    assert "The first edition." in words


def test_prices_follow_the_currency_asked_for(visitor: Client) -> None:
    cast.make_catalogue()
    assert "€17 a seat a month €21 a seat a month" in text_of(visitor.get("/changelog/?currency=EUR"))
