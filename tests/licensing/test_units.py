"""Of one thing the unit is said in the singular, wherever a value of a feature is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from licensing.rules.example import FREE, PROJECTS, stands, wants
from licensing.rules.fitting import usage_fits
from licensing.staff_words import given_words
from licensing.terms import FeatureTerms
from licensing.units import unit_for
from portal.pages.values import value_words


@pytest.mark.parametrize(
    ("unit", "of_one"),
    [
        ("dashboards", "dashboard"),
        ("Projects", "Project"),
        ("entries", "entry"),
        ("movies", "movie"),
        ("boxes", "box"),
        ("branches", "branch"),
        ("caches", "cache"),
        ("classes", "class"),
        ("licences", "licence"),
        ("API calls", "API call"),
        ("calls per day", "call per day"),
        ("GB", "GB"),
        ("ms", "ms"),
        ("Gbps", "Gbps"),
        ("status", "status"),
        ("series", "series"),
        ("Tage", "Tage"),
        ("", ""),
    ],
)
def test_of_one_the_unit_is_singular_where_it_is_a_plural(unit: str, of_one: str) -> None:
    assert unit_for(1, unit) == of_one
    assert unit_for(0, unit) == unit_for(2, unit) == unit


def test_staff_and_customers_read_one_dashboard() -> None:
    dashboards = FeatureTerms(
        "d", "Shared screens", "limit", "core", "dashboards", monthly=False, levels=(), about=""
    )
    assert (given_words(dashboards, 1), given_words(dashboards, 2)) == ("1 dashboard", "2 dashboards")
    assert (value_words(dashboards, 1), value_words(dashboards, 2)) == ("1 dashboard", "2 dashboards")


def test_a_no_counts_what_is_used_in_the_singular_too() -> None:
    none_left = replace(FREE, gives={PROJECTS.key: 0})
    reason = usage_fits(stands(projects=1), wants(none_left))
    assert reason is not None
    assert reason.text == "You use 1 project; Free has room for 0."
