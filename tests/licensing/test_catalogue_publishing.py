"""Publishing: once, whole, and only terms that keep the rules."""

from __future__ import annotations

import re
from typing import Any

import pytest

from licensing import catalogue
from licensing.history import COMMAND, Actor
from licensing.models import Edition, Feature, Grant, Price, Product, Tier
from licensing.terms import read_edition, storefront
from tests.cast import NOON, PUBLISHED, TODAY, make_catalogue, person
from tests.licensing.small_catalogue import GOOD, load, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_on_sale")]


def faults_of_publishing(edition: Edition) -> tuple[str, ...]:
    with pytest.raises(catalogue.UnableToPublish) as refusal:
        catalogue.publish(edition=edition, actor=COMMAND, at=NOON)
    return refusal.value.faults


def test_publishing_seals_the_terms() -> None:
    user = person("Mia Vogel")
    edition = catalogue.publish(edition=load(), actor=Actor.person(user), at=NOON)
    assert (edition.published_at, edition.published_by) == (NOON, user)
    assert re.fullmatch("[0-9a-f]{64}", edition.content_hash)
    assert catalogue.verify(edition=Edition.objects.get())
    assert faults_of_publishing(edition) == (
        "The edition 2026-05 was published on 22 November 2026 already.",
    )


def test_the_hash_is_of_the_terms_not_of_the_presentation() -> None:
    edition = published()
    Product.objects.update(tagline="Something new", accent="#123456")
    assert catalogue.verify(edition=Edition.objects.get(pk=edition.pk))


def test_a_draft_does_not_verify() -> None:
    assert not catalogue.verify(edition=load())


def test_the_newest_published_edition_is_on_sale() -> None:
    assert storefront() is None
    make_catalogue()
    shop = storefront()
    assert shop is not None
    assert (shop.edition.key, shop.edition.currencies) == (TODAY, ["EUR", "JPY", "USD"])


CASES = [
    ('"The first terms."', '" "', "The edition has no rationale;"),
    ("rank = 0", "rank = 7", "The free tier free must have the lowest rank."),
    ("rank = 0", "rank = 0\nprices = { month = { USD = 1 } }", "No tier is free;"),
    ("rank = 0", "rank = 0\ntrial_days = 14", "The tier free is free, so there is nothing to try."),
    ("rank = 1", "rank = 1\ntrial_days = 400", "The tier team: a trial lasts 1 to 365 days, not 400."),
    ("JPY = 5000\n", "JPY = { flat = 5000 }\n", "The prices of team are partly by the seat and partly flat"),
    ('unit = "projects"', "", "The feature projects is a limit and needs a unit"),
    ('"switch"', '"switch"\nmonthly = true', "The feature sso is no limit, so"),
    ('"switch"', '"switch"\nlevels = [["a", "b"]]', "The feature sso is no level, so"),
    ('levels = [["mail", "by mail"], ["phone", "by phone"]]', "", "The feature support needs levels"),
    ('["mail", "by mail"]', '["phone", "by mail"]', "The feature support has two levels with the same key."),
]


@pytest.mark.parametrize(("right", "wrong", "fault"), CASES)
def test_terms_that_break_a_rule_are_not_published(right: str, wrong: str, fault: str) -> None:
    faults = faults_of_publishing(load(GOOD.replace(right, wrong, 1)))
    assert any(found.startswith(fault) for found in faults), faults
    assert not Edition.objects.exclude(published_at=None).exists()


GIVEN = [
    ("sso", 3, "Team gives “3” of Single sign-on, and a switch is yes, or not given at all."),
    ("sso", None, "Team gives “no limit” of Single sign-on, and a switch is yes"),
    ("projects", -1, "Team gives “-1” of Projects, and a limit is a whole number from 0, or no limit."),
    ("projects", True, "Team gives “yes” of Projects, and a limit is a whole number"),
    ("projects", "ninety", "Team gives “ninety” of Projects, and a limit is a whole number"),
    ("projects", 2.5, "Team gives “2.5” of Projects, and a limit is a whole number"),
    ("support", "visit", "Team gives “visit” of Support, and its levels are mail, phone."),
    ("support", ["phone"], "Team gives “['phone']” of Support, and its levels are mail, phone."),
]


@pytest.mark.parametrize(("feature", "value", "fault"), GIVEN)
def test_what_fits_no_feature_is_not_published(feature: str, value: Any, fault: str) -> None:
    """No file and no form lets it in; a row written past them may hold it."""
    draft = load()
    Grant.objects.filter(tier__key="team", feature__key=feature).update(value=value)
    faults = faults_of_publishing(draft)
    assert [found for found in faults if found.startswith(fault)] != [], faults
    assert [found.endswith(" Write a value that fits.") for found in faults if " gives “" in found] == [True]


ODD = [
    ("tier", {"min_seats": 0}, "The tier team must begin at one seat or more."),
    ("tier", {"min_seats": 5, "max_seats": 3}, "The tier team ends at 3 seats, below the 5"),
    ("price", {"unit_amount": 0}, "The price of team in USD, by the month, must be more than nothing"),
    ("price", {"currency": "usd"}, "The price of team in usd, by the month, is in no currency that we know"),
    ("price", {"currency": "XQX"}, "The price of team in XQX, by the month, is in no currency that we know"),
    ("feature", {"levels": 5}, "The feature support: a level is a pair of a key and its words, not 5."),
    ("feature", {"levels": ["phone"]}, "The feature support: a level is a pair of a key and its words, not"),
]


@pytest.mark.parametrize(("row", "fields", "fault"), ODD)
def test_odd_rows_are_not_published(row: str, fields: dict[str, Any], fault: str) -> None:
    draft = load()
    rows: dict[str, Any] = {
        "tier": Tier.objects.filter(key="team"),
        "price": Price.objects.filter(currency="USD", interval="month"),
        "feature": Feature.objects.filter(key="support"),
    }
    rows[row].update(**fields)
    faults = faults_of_publishing(draft)
    assert any(found.startswith(fault) for found in faults), faults


def test_an_edition_needs_a_free_tier_and_one_to_upgrade_to() -> None:
    no_tiers, free_only, no_prices = (
        GOOD[: GOOD.index("[[tiers]]")],
        GOOD[: GOOD.rindex("[[tiers]]")],
        GOOD[: GOOD.index("[tiers.prices.month]")],
    )
    assert faults_of_publishing(load(no_tiers)) == ("The edition has no tiers.",)
    assert faults_of_publishing(load(free_only)) == ("The edition has no tier to upgrade to.",)
    assert faults_of_publishing(load(no_prices)) == ("Only one tier may be free, and these are: free, team.",)


def test_every_paid_tier_is_sold_in_the_same_currencies_and_intervals() -> None:
    big = """
[[tiers]]
key = "big"
name = "Big"
rank = 2
gives = { projects = "no limit", sso = true, support = "phone" }
claims = [{ feature = "support", text = "Call us." }]
prices = { month = { USD = 1000, EUR = 900 } }
"""
    more = GOOD.replace('support = "phone"', 'support = "mail"') + big
    assert set(faults_of_publishing(load(more))) == {
        "The tier team has no price in EUR by the month, and another tier has.",
        "The tier big has no price in JPY by the month, and another tier has.",
        "The tier big has no price in JPY by the year, and another tier has.",
        "The tier big has no price in USD by the year, and another tier has.",
    }


def test_rows_made_by_hand_are_held_to_the_same_rules() -> None:
    """A draft edited in the admin may hold what no file can say."""
    edition = load()
    Price.objects.filter(currency="USD", interval="month").update(lookup_key="nonsense")
    Feature.objects.update(position=1)
    assert set(faults_of_publishing(edition)) == {
        "The price of team in USD, by the month, has the lookup key 'nonsense' and must have 'team-2026-05-month-usd'.",
        "The features projects and sso both stand at position 1.",
        "The features sso and support both stand at position 1.",
    }


def test_a_grant_of_another_draft_is_found() -> None:
    edition = load()
    other = catalogue.draft_from(edition=edition, key="2026-06", name="June 2026")
    Grant.objects.filter(tier__edition=other, feature__key="sso").update(
        feature=Feature.objects.get(edition=edition, key="sso")
    )
    assert "The tier team gives the feature sso of another edition." in faults_of_publishing(other)


def test_the_demo_catalogue_is_as_the_pages_tell_it() -> None:
    """Two editions with four tiers each; a year costs ten months; the older one is kinder to Team."""
    make_catalogue()
    for key in PUBLISHED:
        terms = read_edition(Edition.objects.get(key=key))
        assert [tier.key for tier in terms.tiers] == ["free", "team", "business", "scale"]
        assert 12 <= len(terms.features) <= 16
        for tier in terms.tiers[1:]:
            for currency in ("USD", "EUR", "JPY"):
                month, year = (tier.price(currency=currency, interval=i) for i in ("month", "year"))
                assert month
                assert year
                assert year.unit_amount == 10 * month.unit_amount
