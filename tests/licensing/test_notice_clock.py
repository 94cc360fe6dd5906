"""The notice clock: a change takes effect no earlier than the promised number of whole days after it was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from licensing.models import NoticeRule
from licensing.noticeclock import DEFAULTS, Earliest, NoPolicy, NoticeClock, earliest, ensure_rules

BERLIN = ZoneInfo("Europe/Berlin")
MONTH = NoticeRule(kind="price_rise", days=30, source="policy")


def in_berlin(told_at: datetime) -> datetime:
    """The earliest moment, as Berlin's clocks show it, by a policy of 30 days."""
    found = NoticeClock([MONTH]).earliest(kind="price_rise", country="DE", zone=BERLIN, told_at=told_at)
    return found.at.astimezone(BERLIN)


def berlin(*when: int) -> datetime:
    return datetime(*when, tzinfo=BERLIN)  # type: ignore[arg-type, misc]


@pytest.mark.proves("notice-periods")
@pytest.mark.parametrize(
    ("told_at", "first_moment"),
    [
        (berlin(2027, 3, 1, 9), berlin(2027, 4, 1)),  # summer time begins in between
        (berlin(2027, 3, 1, 23, 59), berlin(2027, 4, 1)),  # the day of telling does not count
        (berlin(2027, 3, 2), berlin(2027, 4, 2)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), berlin(2027, 2, 1)),  # their day, not ours
        (berlin(2028, 2, 1, 12), berlin(2028, 3, 3)),  # a leap year
    ],
)
def test_days_are_whole_days_of_the_customers_zone(told_at: datetime, first_moment: datetime) -> None:
    assert in_berlin(told_at) == first_moment


def test_where_clocks_skip_midnight_the_day_begins_at_its_first_moment() -> None:
    """In Cairo 30 April 2027 begins at one o'clock."""
    cairo = ZoneInfo("Africa/Cairo")
    told_at = datetime(2027, 3, 30, 12, tzinfo=cairo)
    found = NoticeClock([MONTH]).earliest(kind="price_rise", country="EG", zone=cairo, told_at=told_at)
    assert found.at.astimezone(cairo).isoformat() == "2027-04-30T01:00:00+03:00"


@given(
    told_at=st.integers(0, 10 * 366 * 86400).map(
        lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
    ),
    zone=st.sampled_from(sorted(available_timezones())),
    days=st.integers(1, 400),
)
def test_nobody_has_less_than_the_whole_days_promised(told_at: datetime, zone: str, days: int) -> None:
    place = ZoneInfo(zone)
    rule = NoticeRule(kind="feature_loss", days=days, source="policy")
    found = NoticeClock([rule]).earliest(kind="feature_loss", country="", zone=place, told_at=told_at)
    passed = (found.at.astimezone(place).date() - told_at.astimezone(place).date()).days
    before = (found.at - timedelta(seconds=1)).astimezone(place).date()
    assert passed >= days + 1
    assert before < found.at.astimezone(place).date()


def test_the_longer_of_policy_and_country_counts() -> None:
    rules = [MONTH, NoticeRule(kind="price_rise", jurisdiction="DE", days=42, source="Germany")]
    clock = NoticeClock(rules)
    assert clock.period(kind="price_rise", country="DE").days == 42
    assert clock.period(kind="price_rise", country="FR").source == "policy"

    generous = NoticeClock([*rules[1:], NoticeRule(kind="price_rise", days=60, source="policy")])
    assert generous.period(kind="price_rise", country="DE").source == "policy"
    assert generous.longer_in("price_rise") == {}
    assert [*clock.longer_in("price_rise")] == ["DE"]


def test_without_a_policy_nothing_has_a_date() -> None:
    only_germany = NoticeClock([NoticeRule(kind="price_rise", jurisdiction="DE", days=42, source="Germany")])
    with pytest.raises(NoPolicy):
        only_germany.earliest(kind="price_rise", country="DE", zone=BERLIN, told_at=berlin(2027, 3, 1))


@pytest.mark.django_db
def test_a_new_installation_has_careful_rules_with_a_source_each() -> None:
    assert {kind for kind, place, _, _ in DEFAULTS if not place} == set(NoticeRule.Kind.values)
    assert NoticeRule.objects.count() == len(DEFAULTS)
    for rule in NoticeRule.objects.all():
        rule.full_clean()
        assert "not legal advice" in rule.note
    found = earliest(kind="price_rise", country="DE", zone=BERLIN, told_at=berlin(2027, 3, 1, 9))
    assert isinstance(found, Earliest)
    assert (found.at, found.days) == (berlin(2027, 4, 13), 42)
    assert "§ 308" in found.source


@pytest.mark.django_db
def test_what_the_vendor_has_set_is_left_alone_by_later_releases() -> None:
    NoticeRule.objects.filter(jurisdiction="KR").delete()
    NoticeRule.objects.filter(kind="price_rise", jurisdiction="").update(days=45)
    call_command("migrate", verbosity=0)
    ensure_rules()
    assert not NoticeRule.objects.filter(jurisdiction="KR").exists()
    assert NoticeClock.read().period(kind="price_rise").days == 45


@pytest.mark.django_db
def test_one_rule_for_a_kind_and_a_place() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticeRule.objects.create(kind="price_rise", jurisdiction="", days=10, source="another")


@pytest.mark.django_db
def test_all_customers_are_answered_from_one_query(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        clock = NoticeClock.read()
        for country in ("DE", "SE", "JP"):
            clock.earliest(kind="price_rise", country=country, zone=BERLIN, told_at=berlin(2027, 3, 1))
