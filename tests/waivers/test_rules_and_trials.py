"""What a waived rule and another trial open, for how long and for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from licensing import trials, waivers
from licensing.eligibility import WAIVABLE, change_reasons
from licensing.history import Actor
from licensing.models import Customer, TrialMark, UsageReading, Waiver
from licensing.rules.changing import CHANGE_RULES
from licensing.rules.situation import Change
from licensing.rules.trying import TRIAL_RULES
from licensing.terms import storefront
from licensing.waivers.threshold import Wish
from portal.facts import facts_of
from tests import cast
from tests.cast import NOON, Party
from tests.waivers.wishes import DAY, ask, finance, kinds_of

pytestmark = pytest.mark.django_db


def change_to(customer: Customer, tier: str, *, at: datetime = NOON) -> list[str]:
    today = storefront().edition
    situation = facts_of(customer, today=today, at=at).situation
    seats = situation.standing.licence.seats
    return [
        reason.rule for reason in change_reasons(situation, Change(today.tier(tier), today, seats, "month"))
    ]


def test_a_raised_limit_does_not_open_a_tier_that_is_too_small_for_when_it_ends(ada: Party) -> None:
    cast.holds(ada.customer, tier="business", seats=8, since=NOON)
    UsageReading.objects.create(customer=ada.customer, feature_key="projects", value=24, read_at=NOON)
    assert change_to(ada.customer, "team") == ["usage-fits"]
    Waiver.objects.create(
        customer=ada.customer,
        product_id=ada.licence.product_id,
        kind="limit",
        feature_key="projects",
        value=25,
        starts_at=NOON,
        ends_at=NOON + DAY,
        reason="x",
        words="x",
        asked_at=NOON,
        asked_by_words="Sam",
        needs_approval=False,
        granted_at=NOON,
    )
    assert change_to(ada.customer, "team") == ["usage-fits"]


def test_a_waived_rule_is_not_in_the_way_while_it_lasts(ada: Party) -> None:
    cast.holds(ada.customer, tier="business", seats=8, since=NOON)
    UsageReading.objects.create(customer=ada.customer, feature_key="projects", value=24, read_at=NOON)
    waiver = ask(ada.customer, Wish("rule", NOON, NOON + 7 * DAY, rule_key="usage-fits"))
    assert not waiver.needs_approval
    assert change_to(ada.customer, "team") == []
    assert change_to(ada.customer, "team", at=waiver.ends_at) == ["usage-fits"]


def test_a_rule_is_waived_for_that_customer_alone(ada: Party) -> None:
    ask(cast.bo().customer, Wish("rule", NOON, NOON + DAY, rule_key="usage-fits"))
    UsageReading.objects.create(customer=ada.customer, feature_key="projects", value=21, read_at=NOON)
    cast.holds(ada.customer, tier="business", seats=8, since=NOON)
    assert change_to(ada.customer, "team") == ["usage-fits"]


def test_no_rule_that_guards_money_or_that_one_thing_happens_at_a_time_is_waivable() -> None:
    every = {rule.key for rule in (*CHANGE_RULES, *TRIAL_RULES)}
    assert every - set(WAIVABLE) == {
        "something-changes", "tier-is-sold", "leaving-is-cancelling", "nothing-is-owed", "nothing-is-on-its-way",
        "paying-is-on", "not-cancelled", "seats-fit-tier", "seats-fit-people", "tier-is-higher", "tier-can-be-tried",
        "one-trial-at-a-time", "tried-once-a-year", "renewal-is-not-prepared",
    }  # fmt: skip
    assert set(WAIVABLE) <= every


def try_business(customer: Customer, user: Any, *, at: datetime) -> Any:
    today = storefront().edition
    return trials.start_trial(
        situation=facts_of(customer, today=today, at=at).situation,
        tier=today.tier("business"),
        actor=Actor.person(user),
        at=at,
    )


def test_another_trial_opens_a_tier_that_was_tried_and_is_used_up_by_it(ada: Party) -> None:
    at = try_business(ada.customer, ada.user, at=NOON).ends_at
    with pytest.raises(trials.UnableToTry):
        try_business(ada.customer, ada.user, at=at)
    waiver = ask(ada.customer, Wish("trial", at, at + 30 * DAY, tier_key="business"), at=at)
    assert not waiver.needs_approval
    trial = try_business(ada.customer, ada.user, at=at + DAY)
    waiver.refresh_from_db()
    assert (waiver.end, waiver.ended_at, waiver.ended_by) == (Waiver.End.USED, at + DAY, ada.user)
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted", "waiver_ended"]
    with pytest.raises(trials.UnableToTry):
        try_business(ada.customer, ada.user, at=trial.ends_at)


def test_a_trial_that_was_open_anyway_does_not_use_it_up(ada: Party) -> None:
    waiver = ask(ada.customer, Wish("trial", NOON, NOON + 30 * DAY, tier_key="business"))
    try_business(ada.customer, ada.user, at=NOON)
    waiver.refresh_from_db()
    assert waiver.is_live(at=NOON)


def test_another_trial_is_for_the_tier_it_names_and_until_its_day(ada: Party) -> None:
    at = try_business(ada.customer, ada.user, at=NOON).ends_at
    ask(ada.customer, Wish("trial", at, at + DAY, tier_key="scale"), at=at)
    with pytest.raises(trials.UnableToTry):
        try_business(ada.customer, ada.user, at=at)
    other = ask(ada.customer, Wish("trial", at, at + DAY, tier_key="business"), at=at)
    assert other.needs_approval, "one more trial in twelve months is given alone"
    waivers.approve(waiver=other, actor=finance(), at=at)
    with pytest.raises(trials.UnableToTry):
        try_business(ada.customer, ada.user, at=at + DAY)
    assert TrialMark.objects.filter(identity=f"customer:{ada.customer.pk}").count() == 1
