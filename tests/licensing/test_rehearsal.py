"""Before an edition is published it is played through for every customer: nobody is surprised, least of all staff."""

from __future__ import annotations

from datetime import timedelta

import pytest

from licensing import catalogue, sunsets
from licensing.history import COMMAND
from licensing.models import (
    Customer,
    Edition,
    Feature,
    Licence,
    PlannedChange,
    Rehearsal,
    Sunset,
    Tier,
)
from licensing.rehearsing import listing
from licensing.standing import standing_of
from tests.cast import NOON, OLD, ada, bo, cy, di, holds, organisation, person
from tests.licensing.rehearsing import NEXT, gives, next_draft, price, seen
from tests.publishing import rehearsed
from tests.sunsets.scenes import announced
from tests.sunsets.scenes import draft as sunset_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Edition:
    return next_draft()


def test_a_draft_that_changes_nothing_touches_nobody_of_today(draft: Edition) -> None:
    party = ada()
    rehearsal = rehearsed(draft, at=NOON)
    row = seen(rehearsal, party.customer)
    assert (row.before, row.after, row.if_moved) == (18400, 18400, 18400)
    assert (row.effect, row.moving, row.gained, row.lost, row.flips) == ("none", "none", [], [], [])
    assert rehearsal.state == Rehearsal.State.DONE
    assert rehearsal.totals["touched"] == 0


def test_a_dearer_price_changes_no_bill_until_somebody_moves(draft: Edition) -> None:
    party = ada()
    price(draft, "team", 2500)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.before, row.after, row.if_moved, row.currency, row.interval) == (
        18400, 18400, 20000, "USD", "month",
    )  # fmt: skip
    assert (row.effect, row.moving) == ("none", "worse")


def test_whoever_would_pay_more_is_owed_notice_by_their_own_countrys_days(draft: Edition) -> None:
    """Ada is in Germany: six weeks, from the first moment of a day in Berlin."""
    party = ada()
    price(draft, "team", 2500)
    (notice,) = seen(rehearsed(draft, at=NOON), party.customer).notices
    assert notice == {"kind": "price_rise", "days": 42, "earliest": "2027-01-03T23:00:00+00:00"}


def test_a_shared_feature_is_gained_by_publishing_alone(draft: Edition) -> None:
    party = bo()
    gives(draft, "team", "projects", 900, shared=True)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert [(gain["feature"], gain["to"]) for gain in row.gained] == [("Projects", "900 projects")]
    assert (row.effect, row.lost, row.promises) == ("better", [], [])


def test_a_lower_shared_value_takes_nothing_from_anybody(draft: Edition) -> None:
    party = ada()
    gives(draft, "team", "projects", 1, shared=True)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.effect, row.gained, row.lost, row.promises) == ("none", [], [], [])
    assert [loss["feature"] for loss in row.lost_if_moved] == ["Projects"]


def test_a_shared_number_that_means_something_else_takes_nothing_away(draft: Edition) -> None:
    """A yearly count is no kinder than a monthly one, however large."""
    party = ada()
    gives(draft, "team", "api-calls", 10_000_000, shared=True)
    Feature.objects.filter(edition=draft, key="api-calls").update(monthly=False)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.gained, row.lost, row.promises) == ([], [], [])
    assert "API calls" in [loss["feature"] for loss in row.lost_if_moved]


def test_a_tier_that_goes_is_kept_by_its_holders(draft: Edition) -> None:
    party = ada()
    Tier.objects.get(edition=draft, key="team").delete()
    rehearsal = rehearsed(draft, at=NOON)
    row = seen(rehearsal, party.customer)
    assert (row.effect, row.moving, row.if_moved, row.promises) == ("none", "closed", None, [])


def test_nobody_is_reckoned_to_move_with_more_seats_than_the_tier_takes(draft: Edition) -> None:
    """Ada has 8 seats of Team."""
    party = ada()
    Tier.objects.filter(edition=draft, key="team").update(max_seats=8)
    assert seen(rehearsed(draft, at=NOON), party.customer).if_moved == 8 * 2300
    Tier.objects.filter(edition=draft, key="team").update(max_seats=7)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.effect, row.moving, row.if_moved, row.notices) == ("none", "closed", None, [])
    Tier.objects.filter(edition=draft, key="team").update(max_seats=None, min_seats=9)
    assert seen(rehearsed(draft, at=NOON), party.customer).moving == "closed"


def test_fewer_seats_are_lost_by_moving_and_owe_notice(draft: Edition) -> None:
    """Ada has 8 seats of Team, which took 50 and would take 20."""
    party = ada()
    Tier.objects.filter(edition=draft, key="team").update(max_seats=20)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.effect, row.moving, row.gained_if_moved) == ("none", "worse", [])
    assert row.lost_if_moved == [{"feature": "Most seats", "from": "50 seats", "to": "20 seats"}]
    assert [notice["kind"] for notice in row.notices] == ["feature_loss"]


def test_rules_that_begin_to_stand_in_the_way_are_named_tier_by_tier(draft: Edition) -> None:
    """Ada has 8 seats; Business would take 5 at most."""
    party = ada()
    Tier.objects.filter(edition=draft, key="business").update(max_seats=5)
    Tier.objects.get(edition=draft, key="scale").delete()
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert {"tier": "business", "turn": "closes", "appear": ["too-many-seats"], "go": []} in row.flips
    assert [flip["appear"] for flip in row.flips if flip["tier"] == "scale"] == [["not-offered"]]


def test_what_a_sunset_took_is_not_given_back_by_sharing(draft: Edition) -> None:
    """Bo's Team lost single sign-on by an announced plan; the draft shares it with Team."""
    party = bo()
    lost = Tier.objects.get(edition__key=OLD, key="team")
    sunset = Sunset.objects.create(
        product=lost.edition.product, feature_key="sso", reason="-", instead="-", export="-",
        first_on=NOON.date(),
    )  # fmt: skip
    PlannedChange.objects.create(
        sunset=sunset, customer=party.customer, licence=party.licence, tier=lost, feature_key="sso", state="done",
        tell_at=NOON, planned_at=NOON, told_at=NOON, earliest_at=NOON, takes_effect_at=NOON, done_at=NOON,
    )  # fmt: skip
    gives(draft, "team", "sso", True, shared=True)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.gained, row.lost, row.promises) == ([], [], [])


# What an announced sunset is going to take


def announced_sunset_of(feature: str) -> Sunset:
    """Noor announces that `feature` leaves Team, as Mara wrote it."""
    return announced(at=NOON, feature_key=feature)


def test_what_an_announced_sunset_takes_is_listed_and_is_not_the_drafts_doing(draft: Edition) -> None:
    """Nobody is worse off by the draft; but Bo loses single sign-on all the same, and that is not hidden."""
    party, untouched = bo(), ada()
    announced_sunset_of("sso")
    rehearsal = rehearsed(draft, at=NOON)
    row = seen(rehearsal, party.customer)
    (loss,) = row.lost
    assert (loss["feature"], loss["to"], loss["sunset"]) == ("Single sign-on", "not included", "2026-11-22")
    assert (row.effect, row.gained, row.promises) == ("none", [], [])
    words = "Single sign-on: yes → not included (by the sunset announced on 22 Nov 2026)"
    assert (listing.announced_words(row, editions={}), listing.by_the_draft(row.lost)) == (words, [])
    assert seen(rehearsal, untouched.customer).lost == []
    assert rehearsal.totals["effect"] == {"none": 2}
    assert rehearsal.totals["leaving"] == [
        {"feature": "Single sign-on", "announced": "2026-11-22", "customers": 1}
    ]


def test_nobody_is_worse_off_by_moving_for_what_a_sunset_takes_anyway() -> None:
    """Moving would take single sign-on from Bo and nothing else. What is to leave anyway the move does not take."""
    party = bo()
    draft = catalogue.draft_from(edition=Edition.objects.get(key=OLD), key=NEXT, name="December 2026")
    Tier.objects.get(edition=draft, key="team").grants.filter(feature__key="sso").delete()
    for key in standing_of(party.customer, at=NOON).shared:
        gives(draft, "team", key, standing_of(party.customer, at=NOON).tier.value(key))
    before = seen(rehearsed(draft, at=NOON), party.customer)
    assert (before.moving, [loss["feature"] for loss in before.lost_if_moved]) == (
        "worse",
        ["Single sign-on"],
    )

    announced_sunset_of("sso")
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.moving, row.effect) == ("none", "none")
    assert [(loss["feature"], loss["sunset"]) for loss in row.lost_if_moved] == [
        ("Single sign-on", "2026-11-22")
    ]
    assert [notice["kind"] for notice in row.notices] == ["feature_loss"], "moved sooner they lose it sooner"


def test_sharing_what_leaves_is_no_gain(draft: Edition) -> None:
    """The draft would share 900 projects with Team, from which an announced sunset takes projects altogether."""
    party = bo()
    gives(draft, "team", "projects", 900, shared=True)
    assert seen(rehearsed(draft, at=NOON), party.customer).effect == "better"
    sunset_draft(feature_key="projects", announced_at=NOON)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.effect, row.gained, row.gained_if_moved) == ("none", [], [])
    assert [(loss["feature"], "sunset" in loss) for loss in row.lost] == [("Projects", True)]


def test_what_a_sunset_has_taken_from_somebody_already_leaves_them_no_more(draft: Edition) -> None:
    party = bo()
    announced_sunset_of("sso")
    PlannedChange.objects.update(
        state="done", told_at=NOON, earliest_at=NOON, takes_effect_at=NOON, done_at=NOON
    )
    rehearsal = rehearsed(draft, at=NOON)
    assert seen(rehearsal, party.customer).lost == []
    assert rehearsal.totals["leaving"] == []


def test_a_sunset_that_is_withdrawn_or_not_announced_yet_takes_nothing(draft: Edition) -> None:
    party = bo()
    sunset_draft(feature_key="automations")
    sunset = announced_sunset_of("sso")
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="Asked back.", at=NOON)
    assert seen(rehearsed(draft, at=NOON), party.customer).lost == []


def another_of_team() -> Customer:
    """Somebody beside Ada, on the same terms."""
    gus = organisation(
        "Hall Ltd", owner=person("Gus Hall"), country="US", currency="USD", time_zone="UTC", at=NOON
    )
    holds(gus, tier="team", seats=2, since=NOON - timedelta(days=1))
    return gus


def test_totals_say_revenue_a_year_by_currency_and_who_is_worse_off(draft: Edition) -> None:
    ada(), bo(), cy(), di()
    price(draft, "team", 2500)
    totals = rehearsed(draft, at=NOON).totals
    assert totals["customers"] == 4
    assert totals["revenue"]["USD"] == {
        "before": 18400 * 12, "after": 18400 * 12, "announced": 18400 * 12, "if_moved": 20000 * 12,
    }  # fmt: skip
    assert set(totals["revenue"]) == {"EUR", "USD"}
    assert totals["moving"]["worse"] + totals["moving"].get("mixed", 0) >= 1
    assert sum(step["customers"] for step in totals["bills"]) == 3
    assert sum(each["customers"] for each in totals["holders"]) == 4


def test_what_is_cancelled_is_no_revenue_of_the_year_to_come(draft: Edition) -> None:
    party = ada()
    Licence.objects.filter(pk=party.licence.pk).update(cancels_at_period_end=True)
    assert rehearsed(draft, at=NOON).totals["revenue"] == {}


def test_who_has_left_is_not_rehearsed(draft: Edition) -> None:
    party = ada()
    Licence.objects.filter(pk=party.licence.pk).update(ended_at=NOON)
    assert rehearsed(draft, at=NOON).totals["customers"] == 0
