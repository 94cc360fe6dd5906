"""What lies over a licence ends on its day: a rehearsal lays it aside, and looks at what the draft does to the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from licensing.models import Claim, Edition, Feature, Grant, Tier
from licensing.waivers.threshold import Wish
from tests.cast import NOON, ada, joins, person
from tests.licensing.rehearsing import gives, next_draft, seen, trial
from tests.pages.conftest import uses
from tests.publishing import rehearsed
from tests.waivers.wishes import grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Edition:
    return next_draft()


def test_a_trial_of_a_tier_that_goes_breaks_the_promise_that_it_can_be_bought(draft: Edition) -> None:
    party = ada()
    trial(party.customer)
    Tier.objects.get(edition=draft, key="business").delete()
    rehearsal = rehearsed(draft, at=NOON)
    ((key, words),) = seen(rehearsal, party.customer).promises
    assert key == "trial-can-be-bought"
    assert "They are trying Business, and the draft does not have it" in words
    assert rehearsal.totals["promises"] == {"trial-can-be-bought": 1}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda draft: Tier.objects.filter(edition=draft, key="business").update(max_seats=5),
            "at most 5 seats",
        ),
        (
            lambda draft: gives(draft, "business", "projects", 30),
            "You use 40 projects; Business has room for 30.",
        ),
    ],
    ids=["seats", "room"],
)
def test_a_trial_of_what_they_would_not_fit_into_breaks_it_as_well(
    draft: Edition, change: Callable[[Edition], object], says: str
) -> None:
    party = ada()
    for number in range(5):
        joins(person(f"P{number}"), party.customer)
    uses(party, "projects", 40)
    trial(party.customer)
    assert seen(rehearsed(draft, at=NOON), party.customer).promises == []
    change(draft)
    ((key, words),) = seen(rehearsed(draft, at=NOON), party.customer).promises
    assert key == "trial-can-be-bought"
    assert words.startswith("They are trying Business, and could not buy it on the draft's terms: ")
    assert says in words


def test_what_they_do_not_fit_into_today_either_is_not_the_drafts_doing(draft: Edition) -> None:
    party = ada()
    uses(party, "rows", 30_000_000)
    trial(party.customer)
    gives(draft, "business", "rows", 10_000_000)
    assert seen(rehearsed(draft, at=NOON), party.customer).promises == []


def test_a_granted_trial_of_a_tier_that_goes_breaks_a_promise_too(draft: Edition) -> None:
    party = ada()
    grant(party.customer, Wish("trial", NOON, NOON + timedelta(days=30), tier_key="scale"))
    Tier.objects.get(edition=draft, key="scale").delete()
    ((key, _words),) = seen(rehearsed(draft, at=NOON), party.customer).promises
    assert key == "granted-trial-can-be-used"


def test_a_trial_hides_nothing_of_what_the_held_tier_loses(draft: Edition) -> None:
    """Ada holds Team and tries Business for three days more. The draft takes five projects from Team."""
    party = ada()
    gives(draft, "team", "projects", 15)
    alone = seen(rehearsed(draft, at=NOON), party.customer)
    trial(party.customer)
    rehearsal = rehearsed(draft, at=NOON)
    row = seen(rehearsal, party.customer)
    assert [(loss["from"], loss["to"]) for loss in row.lost_if_moved] == [("20 projects", "15 projects")]
    assert (row.moving, row.lost_if_moved, row.notices) == (alone.moving, alone.lost_if_moved, alone.notices)
    assert rehearsal.totals["notices"]["customers"] == 1


def test_an_exception_hides_nothing_of_it_either(draft: Edition) -> None:
    """Ada has 30 projects until the fair is over; what Team gains and loses meanwhile is hers again after it."""
    party = ada()
    grant(party.customer, Wish("limit", NOON, NOON + timedelta(days=30), feature_key="projects", value=30))
    gives(draft, "team", "projects", 25, shared=True)
    assert [gain["feature"] for gain in seen(rehearsed(draft, at=NOON), party.customer).gained] == [
        "Projects"
    ]
    gives(draft, "team", "projects", 15)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert [loss["feature"] for loss in row.lost_if_moved] == ["Projects"]
    assert row.promises == []


def test_who_has_an_exception_for_what_the_draft_does_not_know_would_lose_it_by_moving(
    draft: Edition,
) -> None:
    """An exception gives nothing of a feature that the terms do not have."""
    party = ada()
    grant(party.customer, Wish("limit", NOON, NOON + timedelta(days=30), feature_key="guests", value=90))
    Grant.objects.filter(tier__edition=draft, feature__key="guests").delete()
    Claim.objects.filter(tier__edition=draft, feature__key="guests").delete()
    Feature.objects.filter(edition=draft, key="guests").delete()
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert "Guests" in [loss["feature"] for loss in row.lost_if_moved]
    assert "feature_loss" in [notice["kind"] for notice in row.notices]
