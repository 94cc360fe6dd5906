"""What changed from edition to edition, with the vendor's reasons, newest first."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from licensing.catalogue import load_draft
from tests import cast
from tests.cast import NOON, Party
from tests.pages.conftest import SignIn, text_of
from tests.sunsets.scenes import announced, mails, sweep


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


def test_the_currency_is_named_and_another_is_one_click_away(visitor: Client) -> None:
    cast.make_catalogue()
    page = visitor.get("/changelog/?currency=EUR").content.decode()
    assert '<a href="?currency=EUR" aria-current="true">EUR</a>' in page
    assert '<a href="?currency=USD">USD</a>' in page


def test_what_is_new_for_newcomers_alone_is_told_too(visitor: Client) -> None:
    """How long a tier is lent, and a way to pay that there was not."""
    cast.make_catalogue()
    by_the_year = [(f"USD = {amount}\n", "") for amount in (23000, 32000, 59000)]
    cast.later_terms(("trial_days = 14", "trial_days = 7"), *by_the_year)
    at = NOON - timedelta(days=50)
    text = (cast.CATALOGUES / "meridian-2026-01.toml").read_text()
    august = text.replace("2026-01", "2026-08").replace("January 2026", "August 2026")
    cast.publish(load_draft(source=august, at=at), at=at)

    words = text_of(visitor.get("/changelog/?currency=USD"))
    august, july = (
        words[words.index(f"{month} 2026 Published") :].split("Published")[1] for month in ("August", "July")
    )
    assert "Trial 14 days 7 days" in july
    assert "Price US$230 a seat a year none" in july
    assert "Trial 7 days 14 days" in august
    assert "Price none US$230 a seat a year" in august


# For whoever holds one


def said_of(client: Client, edition: str) -> str:
    """What the entry of an edition says to the reader, up to its reasons."""
    words = text_of(client.get("/changelog/"))
    return words[words.index(f"{edition} Published on") :].split("Published on")[1]


def test_who_bought_before_reads_that_they_are_not_affected_and_what_they_gain_all_the_same(
    bo: Party, sign_in: SignIn
) -> None:
    client = sign_in(bo.user)
    newer, own = said_of(client, "January 2026"), said_of(client, "March 2025")
    assert (
        "You: You keep Team of March 2025, and have this of the newer terms too: Rows stored: 2 million"
        in newer
    )
    assert "You: These are the terms you hold, and keep." in own


def test_who_bought_later_reads_that_it_was_before_their_time(ada: Party, sign_in: SignIn) -> None:
    client = sign_in(ada.user)
    assert "You: These are the terms you hold, and keep." in said_of(client, "January 2026")
    assert "Not affected: your terms are the later ones of January 2026." in said_of(client, "March 2025")


def test_where_nothing_is_shared_they_simply_keep_theirs(bo: Party, sign_in: SignIn) -> None:
    """Bo on the free tier of March 2025, to which January 2026 shares nothing."""
    free = bo.licence.edition.tiers.get(key="free")
    type(bo.licence).objects.filter(pk=bo.licence.pk).update(
        tier=free, price=None, period_start=None, period_end=None
    )
    words = said_of(sign_in(bo.user), "January 2026")
    assert "You: Not affected: you keep Free of March 2025, its price and all it gives." in words


def test_what_is_announced_to_leave_is_named_with_its_day(bo: Party, sign_in: SignIn) -> None:
    """Single sign-on leaves the Team of March 2025; Bo, who holds it, has been told."""
    client = sign_in(bo.user)
    assert "You: These are the terms you hold, and keep." in said_of(client, "March 2025")
    announced(at=NOON)
    sweep(at=NOON)
    mails(at=NOON)
    own, newer = said_of(client, "March 2025"), said_of(client, "January 2026")
    assert re.search(r"keep them but for this: Affected on \d+ \w+ 2027: Single sign-on leaves\.", own)
    assert "You keep Team of March 2025, and have this of the newer terms too" in newer


def test_a_visitor_is_told_nothing_of_the_kind_and_a_304_when_asking_again(visitor: Client) -> None:
    answer = visitor.get("/changelog/")
    assert "You:" not in text_of(answer)
    assert visitor.get("/changelog/", headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert (
        visitor.get("/changelog/?currency=JPY", headers={"if-none-match": answer["ETag"]}).status_code == 200
    )


def test_what_one_member_reads_is_kept_for_nobody_else(bo: Party, sign_in: SignIn, visitor: Client) -> None:
    assert "no-store" in sign_in(bo.user).get("/changelog/")["Cache-Control"]
    assert "You:" not in text_of(visitor.get("/changelog/"))
