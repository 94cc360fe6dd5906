"""What an announced sunset takes is told with what is held, and what it has taken is nowhere counted as held."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from licensing.certificates import certificate_of, statement_of
from licensing.offers import offer_of, offers_for
from licensing.standing import standing_of
from licensing.terms import storefront
from portal.facts import facts_of
from portal.pages.calculator import calculator
from tests.cast import NOON, Party, bo
from tests.sunsets.scenes import announced, days, has, mails, sweep

pytestmark = pytest.mark.django_db
GONE = NOON + days(90)


def said(party: Party, *, at: datetime) -> dict[str, Any]:
    shop = storefront()
    assert shop is not None
    certificate = certificate_of(standing_of(party.customer, at=at), shop=shop)
    assert certificate is not None
    return statement_of(certificate, keys_at="", verify_at="")


def test_a_certificate_names_what_leaves_and_when() -> None:
    lindqvist = bo()
    assert said(lindqvist, at=NOON)["leaving"] == []
    assert "sso" in [one["feature"] for one in said(lindqvist, at=NOON)["kept"]]
    announced()
    statement = said(lindqvist, at=NOON)
    [leaving] = statement["leaving"]
    assert (leaving["feature"], leaving["name"]) == ("sso", "Single sign-on")
    assert leaving["until"] == "2027-02-15T00:00:00+01:00"
    assert "sso" not in [one["feature"] for one in statement["kept"]], "it stands once, with its day"


def test_what_has_left_is_neither_kept_nor_lost_by_moving() -> None:
    lindqvist = bo()
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=GONE)
    assert not has(lindqvist.customer, at=GONE)
    statement = said(lindqvist, at=GONE)
    assert "sso" not in [one["feature"] for one in statement["kept"]]
    assert statement["leaving"] == []

    shop = storefront()
    assert shop is not None
    facts = facts_of(lindqvist.customer, today=shop.edition, at=GONE)
    business = offer_of(offers_for(facts.situation, seats=6, interval="year"), "business")
    assert business is not None
    assert "sso" in [row.feature.key for row in business.gains], "Business would bring it back"
    assert "sso" not in [one.feature_key for one in business.given_up]
    page = calculator(facts, tier_key="business", seats=6, interval="year")
    assert {row.key: row.change for row in page.rows}["sso"] == "gain"
    assert any("Single sign-on" in line for line in page.todo.gains)
