"""How many seats a tier takes is a term like any other: it is kept, compared, told of, and agreed to before it goes."""

from __future__ import annotations

from typing import Any

import pytest

from licensing.catalogue.diffing import diff
from licensing.grandfathering import FEWEST_SEATS, MOST_SEATS, compare, differences
from licensing.terms import EditionTerms, TierTerms


def edition(*, fewest: int = 1, most: int | None = None) -> EditionTerms:
    tier = TierTerms(1, "team", "Team", 1, "", 14, fewest, most, {}, ())
    return EditionTerms(1, 1, "e", "E", "", (), (tier,))


@pytest.mark.parametrize(
    ("held", "today", "kind"),
    [
        (50, 5, "kept_better"),
        (None, 5, "kept_better"),
        (5, 50, "kept_worse"),
        (5, None, "kept_worse"),
    ],
)
def test_more_of_the_most_is_better(held: int | None, today: int | None, kind: str) -> None:
    (only,) = differences(held=edition(most=held), today=edition(most=today), tier_key="team")
    assert (only.feature_key, only.held, only.today, only.kind) == (MOST_SEATS, held, today, kind)


@pytest.mark.parametrize(("held", "today", "kind"), [(1, 2, "kept_better"), (2, 1, "kept_worse")])
def test_less_of_the_fewest_is_better(held: int, today: int, kind: str) -> None:
    (only,) = differences(held=edition(fewest=held), today=edition(fewest=today), tier_key="team")
    assert (only.feature_key, only.kind) == (FEWEST_SEATS, kind)


@pytest.mark.parametrize("seats", [{}, {"most": 5}, {"fewest": 3, "most": 9}])
def test_what_stays_is_no_difference(seats: dict[str, Any]) -> None:
    assert differences(held=edition(**seats), today=edition(**seats), tier_key="team") == []


def test_a_tier_that_is_gone_has_no_seats_to_compare() -> None:
    gone = EditionTerms(2, 1, "f", "F", "", (), ())
    assert differences(held=edition(most=5), today=gone, tier_key="team") == []


def test_staff_read_of_it_once() -> None:
    old, new = edition(most=50), edition(most=5)
    assert [d.feature_key for d in compare(old=old, new=new)["team"]] == [MOST_SEATS]
    (team,) = diff(old=old, new=new).tiers
    assert [(line.name, line.was, line.now) for line in team.lines] == [("Most seats", "50 seats", "5 seats")]
