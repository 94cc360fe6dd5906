"""The price list is made from the catalogue that bills, and is the same for everybody who is not signed in."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.pages.prices import currency_for
from tests import cast
from tests.cast import Party
from tests.pages.conftest import SignIn, text_of


@pytest.fixture
def _on_sale(db: None) -> None:
    cast.make_catalogue()


@pytest.mark.usefixtures("nothing_on_sale")
def test_before_anything_is_on_sale_the_page_says_so(visitor: Client) -> None:
    assert "Nothing is on sale yet." in text_of(visitor.get("/"))


@pytest.mark.usefixtures("_on_sale")
def test_every_tier_shows_price_seats_and_trial(visitor: Client) -> None:
    words = text_of(visitor.get("/?currency=USD"))
    assert "US$23 a seat a month" in words
    assert "up to 50 people 14 days to try, no card" in words
    assert "from 5 seats on 30 days to try, no card" in words
    assert "US$0 for good, no card" in words


@pytest.mark.usefixtures("_on_sale")
def test_a_year_says_what_it_saves(visitor: Client) -> None:
    assert "US$230 a seat a year · US$46 less than by the month" in text_of(
        visitor.get("/?currency=USD&interval=year")
    )


@pytest.mark.usefixtures("_on_sale")
def test_comparison_names_what_is_and_what_is_not_included(visitor: Client) -> None:
    words = text_of(visitor.get("/"))
    assert "Answer from support" in words
    assert "in the forum next working day within 4 hours within 1 hour, by name" in words
    assert "– not included – not included yes yes" in words
    assert words.index("Core what") < words.index("Extended for") < words.index("Premium for")


@pytest.mark.parametrize(
    ("language", "currency"),
    [
        ("de-AT,de;q=0.9", "EUR"),
        ("ja", "JPY"),
        ("en-US", "USD"),
        ("en-GB,en", "USD"),
        ("", "USD"),
        ("*", "USD"),
    ],
)
def test_currency_follows_the_region_of_the_browser(language: str, currency: str) -> None:
    assert currency_for(language, sold=["EUR", "JPY", "USD"]) == currency


@pytest.mark.usefixtures("_on_sale")
def test_nonsense_in_the_address_falls_back(visitor: Client) -> None:
    assert "US$23 a seat a month" in text_of(visitor.get("/?currency=%00&interval=forever"))


@pytest.mark.usefixtures("_on_sale")
def test_the_page_is_rendered_once_and_then_confirmed(
    visitor: Client, django_assert_num_queries: object
) -> None:
    first = visitor.get("/")
    with django_assert_num_queries(1):  # type: ignore[operator]
        again = visitor.get("/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Cookie" in first["Vary"]
    assert "csrf" not in first.content.decode()


@pytest.mark.usefixtures("_on_sale")
def test_each_way_of_writing_has_its_own_page(visitor: Client) -> None:
    british = visitor.get("/?currency=USD")
    american = visitor.get("/?currency=USD", headers={"accept-language": "en-US"})
    assert british["ETag"] != american["ETag"]
    assert "$23 a seat" in text_of(american)
    assert "US$23" not in text_of(american)


def test_a_member_finds_their_tier_marked_and_nobody_may_keep_the_page(ada: Party, sign_in: SignIn) -> None:
    response = sign_in(ada.user).get("/")
    assert "Team yours" in text_of(response)
    assert "private" in response["Cache-Control"]
    assert "ETag" not in response


def test_who_holds_an_older_edition_is_told_that_this_is_not_their_price(bo: Party, sign_in: SignIn) -> None:
    assert "you hold it on the terms of March 2025" in text_of(sign_in(bo.user).get("/"))
