"""What an old customer keeps, told from the holder's point of view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licensing.grandfathering import PRICE, compare, differences
from licensing.models import Edition
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, PriceTerms, TierTerms, edition_terms
from tests.cast import OLD, TODAY, make_catalogue


def edition(
    *, gives: dict[str, Any], prices: tuple[PriceTerms, ...] = (), **features: FeatureTerms
) -> EditionTerms:
    tier = TierTerms(1, "team", "Team", 1, "", 14, 1, None, gives, prices)
    return EditionTerms(1, 1, "e", "E", "", tuple(features.values()), (tier,))


def feature(kind: str, key: str = "x", levels: tuple[tuple[str, str], ...] = ()) -> FeatureTerms:
    return FeatureTerms(key, key.title(), kind, "core", "", False, levels, "")


def kind_of(held: EditionTerms, today: EditionTerms) -> str:
    (only,) = differences(held=held, today=today, tier_key="team")
    return only.kind


@pytest.mark.django_db
def test_team_of_march_2025_beside_january_2026() -> None:
    make_catalogue()
    held, today = (edition_terms(Edition.objects.get(key=key).pk) for key in (OLD, TODAY))
    found = differences(held=held, today=today, tier_key="team", currency="USD", interval="month")
    by_key = {d.feature_key: d for d in found}
    assert found[0].feature_key == PRICE
    assert (by_key[PRICE].held.unit_amount, by_key[PRICE].today.unit_amount) == (1900, 2300)
    assert {key: d.kind for key, d in by_key.items() if d.kind != "same"} == {
        PRICE: "kept_better",
        "api-calls": "kept_better",
        "sso": "kept_better",
        "rows": "kept_worse",
    }
    assert by_key["sso"].today is NOT_INCLUDED
    assert by_key["projects"].kind == "same"
    assert "region" not in by_key, "what neither gives is no difference"
    assert set(compare(old=held, new=today)) == {"team", "business", "scale"}
    assert [d.kind for d in compare(old=held, new=today)["business"] if d.feature_key == "audit-log"] == [
        "kept_worse"
    ]


@pytest.mark.parametrize(
    ("held", "today", "kind"),
    [
        (None, 5, "kept_better"),
        (5, None, "kept_worse"),
        (None, None, "same"),
        (0, NOT_INCLUDED, "kept_better"),
        (NOT_INCLUDED, 0, "kept_worse"),
    ],
)
def test_limits(held: Any, today: Any, kind: str) -> None:
    def given(value: Any) -> dict[str, Any]:
        return {} if value is NOT_INCLUDED else {"x": value}

    x = feature("limit")
    assert kind_of(edition(gives=given(held), x=x), edition(gives=given(today), x=x)) == kind


def test_levels_are_compared_on_the_scale_that_knows_both() -> None:
    then = feature("level", levels=(("mail", ""), ("phone", "")))
    now = feature("level", levels=(("forum", ""), ("mail", ""), ("chat", ""), ("phone", "")))
    assert kind_of(edition(gives={"x": "mail"}, x=then), edition(gives={"x": "mail"}, x=now)) == "same"
    assert kind_of(edition(gives={"x": "mail"}, x=then), edition(gives={"x": "chat"}, x=now)) == "kept_worse"
    assert (
        kind_of(edition(gives={"x": "phone"}, x=then), edition(gives={"x": "chat"}, x=now)) == "kept_better"
    )


def test_a_switch_that_became_a_limit_was_without_one() -> None:
    switch, limit = feature("switch"), feature("limit")
    assert kind_of(edition(gives={"x": True}, x=switch), edition(gives={"x": 9}, x=limit)) == "kept_better"
    assert kind_of(edition(gives={"x": 9}, x=limit), edition(gives={"x": True}, x=switch)) == "kept_worse"


def test_a_feature_or_a_tier_that_is_gone_is_kept() -> None:
    held = edition(
        gives={"x": 3}, x=feature("limit"), prices=(PriceTerms(1, "USD", "month", 900, True, "k"),)
    )
    gone = replace(held, features=(), tiers=())
    assert {d.kind for d in differences(held=held, today=gone, tier_key="team")} == {"kept_better"}
    with pytest.raises(KeyError):
        differences(held=gone, today=held, tier_key="team")


def test_a_free_tier_that_costs_now_is_kept_free() -> None:
    free = edition(gives={})
    paid = edition(gives={}, prices=(PriceTerms(1, "USD", "month", 900, True, "k"),))
    (only,) = differences(held=free, today=paid, tier_key="team")
    assert (only.feature_key, only.held, only.kind) == (PRICE, NOT_INCLUDED, "kept_better")
    assert differences(held=free, today=paid, tier_key="team", currency="EUR") == []
