"""A moment is written so that it can be read in one way only, in the customer's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.reader import reading_as
from portal.templatetags.words import moment, until
from tests.calendars.oracle import ZONES, as_read


def said(at: str, zone: str, *, locale: str = "en_GB") -> str:
    with reading_as(locale=locale, zone=ZoneInfo(zone)):
        return moment(datetime.fromisoformat(at))


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    assert said("2026-11-01T05:30:00Z", "America/New_York") == "Sunday 1 November at 01:30 (UTC−04:00)"
    assert said("2026-11-01T06:30:00Z", "America/New_York") == "Sunday 1 November at 01:30 (UTC−05:00)"
    assert said("2026-11-01T07:30:00Z", "America/New_York") == "Sunday 1 November at 02:30"
    # Lord Howe puts its clock back by half an hour.
    assert said("2026-04-04T14:45:00Z", "Australia/Lord_Howe") == "Sunday 5 April at 01:45 (UTC+11:00)"
    assert said("2026-04-04T15:15:00Z", "Australia/Lord_Howe") == "Sunday 5 April at 01:45 (UTC+10:30)"


def test_midnight_says_which_day_it_belongs_to() -> None:
    assert said("2026-03-02T23:00:00Z", "Europe/Berlin") == "Tuesday 3 March at 00:00 (as the day begins)"
    assert (
        said("2026-03-02T23:00:00Z", "Europe/Berlin", locale="en_US")
        == "Tuesday, March 3 at 12:00 AM (as the day begins)"
    )
    assert said("2026-03-02T22:59:59Z", "Europe/Berlin") == "Monday 2 March at 23:59"


def test_until_names_the_minute_and_the_year() -> None:
    with reading_as(locale="en_GB", zone=ZoneInfo("Europe/Berlin")):
        assert until(datetime(2027, 3, 2, 23, 0, tzinfo=UTC)) == "3 March 2027 at 00:00 (as the day begins)"
        assert until(datetime(2027, 3, 2, 12, 30, tzinfo=UTC)) == "2 March 2027 at 13:30"


@pytest.mark.parametrize("zone", ZONES)
def test_no_two_moments_of_six_years_read_alike_where_clocks_change(zone: str) -> None:
    """Every quarter of an hour around each change of the clock."""
    there = ZoneInfo(zone)
    at, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    with reading_as(locale="en_GB", zone=there):
        while at < end:
            if at.astimezone(there).utcoffset() != (at + timedelta(days=1)).astimezone(there).utcoffset():
                quarters = [at + timedelta(minutes=15 * n) for n in range(-12, 108)]
                read = [moment(quarter) for quarter in quarters]
                assert len(set(read)) == len(read)
                assert read == [as_read(quarter, there) for quarter in quarters]
            at += timedelta(days=1)
