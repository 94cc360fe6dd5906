"""Every "no" names its rule, its fact, and the smallest change that would turn it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from billing.models import Order
from licensing.eligibility import change_reasons
from licensing.offers import offer_of, offers_for
from licensing.rules.changing import order_on_its_way
from licensing.rules.situation import Change, Situation
from licensing.terms import storefront
from licensing.usage import UnableToRecord, record_reading
from portal.facts import facts_of
from tests import cast
from tests.cast import NOON, Party
from tests.pages.conftest import orders

pytestmark = pytest.mark.django_db


def situation(party: Party) -> Situation:
    return facts_of(party.customer, today=storefront().edition, at=NOON).situation


def rules(party: Party, tier: str, *, seats: int = 8, interval: str = "month", **facts: object) -> list[str]:
    found = replace(situation(party), **facts)
    change = Change(tier=found.today.tier(tier), edition=found.today, seats=seats, interval=interval)
    return [reason.rule for reason in change_reasons(found, change)]


def test_an_ordinary_upgrade_is_open() -> None:
    assert rules(cast.ada(), "business") == []


def test_nothing_to_change_is_not_an_order() -> None:
    assert rules(cast.ada(), "team") == ["something-changes"]
    assert rules(cast.ada(), "team", seats=9) == []
    assert rules(cast.ada(), "team", interval="year") == []


def test_leaving_for_the_free_tier_is_cancelling() -> None:
    assert "leaving-is-cancelling" in rules(cast.ada(), "free", seats=1)


def test_who_owes_a_payment_settles_that_first() -> None:
    assert rules(cast.di(), "scale") == ["nothing-is-owed"]


def test_one_order_at_a_time() -> None:
    assert rules(cast.ada(), "business", order_pending=True) == ["nothing-is-on-its-way"]


@pytest.mark.parametrize(("way", "hours"), [("checkout", 1), ("card", 22)])
def test_an_order_on_its_way_says_when_it_is_over_at_the_latest(way: str, hours: int) -> None:
    """Stripe's payment page lasts an hour, and a bank's question 22."""
    ada = cast.ada()
    order = orders(ada, way=way)
    found = situation(ada)
    change = Change(tier=found.today.tier("business"), edition=found.today, seats=8, interval="month")
    (reason,) = change_reasons(found, change)
    assert reason.when == order.accepted_at + timedelta(hours=hours)
    assert "Left alone, it is given up by itself." in reason.change


def test_an_order_that_a_person_looks_at_names_no_end() -> None:
    ada = cast.ada()
    Order.objects.filter(pk=orders(ada).pk).update(needs_staff="Stripe refuses to show it.")
    assert situation(ada).order_pending
    assert situation(ada).order_over_at is None


def test_an_order_that_nobody_can_say_the_end_of_names_none() -> None:
    reason = order_on_its_way(over_at=None)
    assert reason.when is None
    assert "by itself" not in reason.change


def test_a_cancelled_plan_is_resumed_before_it_is_changed() -> None:
    ada = cast.ada()
    ada.licence.cancels_at_period_end = True
    ada.licence.save()
    assert rules(ada, "business") == ["not-cancelled"]


def test_everybody_keeps_a_seat() -> None:
    assert rules(cast.ada(), "business", seats=2, people=3) == ["seats-fit-people"]


def test_seats_stay_within_what_the_tier_is_sold_for() -> None:
    assert rules(cast.ada(), "scale", seats=4) == ["seats-fit-tier"]
    assert rules(cast.ada(), "team", seats=51) == ["seats-fit-tier"]


def test_what_you_have_must_fit_into_a_lower_tier() -> None:
    di = cast.di()
    type(di.licence).objects.filter(pk=di.licence.pk).update(state="active")
    record_reading(customer=di.customer, feature_key="projects", value=38, at=NOON)
    record_reading(customer=di.customer, feature_key="guests", value=26, at=NOON)
    found = situation(di)
    change = Change(found.today.tier("team"), found.today, 3, "month")
    [reason] = change_reasons(found, change)
    assert reason.rule == "usage-fits"
    assert reason.text == "You use 38 projects and 26 guests; Team has room for 20 and 25."
    assert reason.change == "Remove 18 projects and 1 guest, and what you have fits into Team."


def test_a_monthly_count_does_not_stand_in_the_way() -> None:
    di = cast.di()
    type(di.licence).objects.filter(pk=di.licence.pk).update(state="active")
    record_reading(customer=di.customer, feature_key="api-calls", value=400_000, at=NOON)
    assert rules(di, "team", seats=3) == []


@pytest.mark.proves("edition-kept")
def test_the_held_tier_is_offered_on_the_terms_it_is_held_on() -> None:
    bo = cast.bo()
    offers = offers_for(situation(bo), seats=7, interval="year")
    held, higher = offer_of(offers, "team"), offer_of(offers, "business")
    assert (held.edition.key, held.given_up) == (cast.OLD, ())
    assert (higher.edition.key, [one.feature_key for one in higher.given_up]) == (
        cast.TODAY,
        ["price", "api-calls", "sso"],
    )
    assert [offer.tier.key for offer in offers] == ["free", "team", "business", "scale"]


def test_pricing_every_tier_asks_the_database_nothing(django_assert_num_queries) -> None:
    found = situation(cast.ada())
    with django_assert_num_queries(0):
        offers_for(found, seats=8, interval="month")


def test_gaining_keeping_and_losing_are_told_apart() -> None:
    offers = offers_for(situation(cast.ada()), seats=8, interval="month")
    business, free = offer_of(offers, "business"), offer_of(offers, "free")
    assert {"projects", "sso", "audit-log"} <= {row.feature.key for row in business.gains}
    assert "exports" in {row.feature.key for row in business.keeps}
    assert business.loses == []
    assert {"projects", "exports"} <= {row.feature.key for row in free.loses}


@pytest.mark.parametrize(
    ("feature", "value"), [("no-such", 1), ("sso", 1), ("projects", -1), ("projects", 2**63)]
)
def test_a_reading_that_does_not_fit_is_refused(feature: str, value: int) -> None:
    with pytest.raises(UnableToRecord):
        record_reading(customer=cast.ada().customer, feature_key=feature, value=value, at=NOON)
