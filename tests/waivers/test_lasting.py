"""An exception while it holds, and when it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from licensing import catalogue, trials, waivers
from licensing.entitlements import entitlements
from licensing.history import Actor
from licensing.models import Edition, Feature, Grant, Licence, Tier, Waiver
from licensing.standing import standing_of
from licensing.terms import storefront
from licensing.waivers.threshold import Wish
from portal.facts import facts_of
from tests import cast
from tests.cast import NOON, TODAY, Party
from tests.publishing import publish
from tests.waivers.wishes import DAY, ask, entitled, grant, kinds_of, projects, support

pytestmark = pytest.mark.django_db


def test_a_waiver_gives_back_exactly_what_was_there_before(ada: Party) -> None:
    row = Licence.objects.filter(pk=ada.licence.pk)
    before, had = row.values().get(), entitlements(standing_of(ada.customer, at=NOON))
    waiver = grant(ada.customer, projects(40))
    waivers.close_due(at=waiver.ends_at)
    assert row.values().get() == before
    assert entitlements(standing_of(ada.customer, at=waiver.ends_at)) == had


@pytest.mark.proves("exceptions")
def test_it_ends_by_the_clock_even_if_no_job_ever_runs(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    assert entitled(ada.customer, "projects", at=waiver.ends_at - timedelta(microseconds=1)).value == 40
    assert entitled(ada.customer, "projects", at=waiver.ends_at).value == 20


def test_the_sweep_ends_it_at_its_own_moment_and_tells_the_history_once(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    assert waivers.close_due(at=waiver.ends_at - timedelta(microseconds=1)) == 0
    late = waiver.ends_at + 5 * DAY
    assert [waivers.close_due(at=late), waivers.close_due(at=late)] == [1, 0]
    waiver.refresh_from_db()
    assert (waiver.ended_at, waiver.end) == (waiver.ends_at, Waiver.End.EXPIRED)
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted", "waiver_ended"]


def test_an_excepted_switch_stays_without_end_when_an_edition_shares_the_thing_as_a_number(
    ada: Party,
) -> None:
    """Ada was granted single sign-on, on or off. Then December counts them and shares 50 with every Team."""
    grant(ada.customer, Wish("limit", NOON, NOON + 30 * DAY, feature_key="sso", value=True))
    draft = catalogue.draft_from(edition=Edition.objects.get(key=TODAY), key="2026-12", name="December 2026")
    Edition.objects.filter(pk=draft.pk).update(rationale="Sign-ons are counted from now on.")
    Feature.objects.filter(edition=draft, key="sso").update(kind="limit", unit="sign-ons", shared=True)
    Grant.objects.filter(tier__edition=draft, feature__key="sso").update(value=None)
    Tier.objects.get(edition=draft, key="team").grants.create(
        feature=Feature.objects.get(edition=draft, key="sso"), value=50
    )
    draft.refresh_from_db()
    publish(draft, at=NOON)
    assert standing_of(ada.customer, at=NOON).tier.value("sso") == 50
    assert entitled(ada.customer, "sso").value is None, "no limit, as a switch has none"
    assert entitled(ada.customer, "sso", at=NOON + 30 * DAY).value == 50


def test_ended_early_what_was_there_before_is_in_force_at_once(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    waivers.end_waiver(waiver=waiver, actor=support(), reason="They bought Business.", at=NOON + DAY)
    assert entitled(ada.customer, "projects", at=NOON + DAY).value == 20
    with pytest.raises(waivers.UnableToEnd, match="over already"):
        waivers.end_waiver(waiver=waiver, actor=support(), reason="Again.", at=NOON + DAY)
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted", "waiver_ended"]


def test_one_for_later_does_not_hold_yet_and_is_known_already(ada: Party) -> None:
    begins = NOON + 7 * DAY
    ask(ada.customer, projects(25, days=7, at=begins))
    standing = standing_of(ada.customer, at=NOON)
    assert (standing.waivers, len(standing.open_waivers)) == ((), 1)
    assert entitled(ada.customer, "projects").value == 20
    assert entitled(ada.customer, "projects", at=begins).value == 25


def test_of_a_waiver_and_a_trial_the_better_counts_and_each_ends_by_itself(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40, days=60))
    today = storefront().edition
    trial = trials.start_trial(
        situation=facts_of(ada.customer, today=today, at=NOON).situation,
        tier=today.tier("business"),
        actor=Actor.person(ada.user),
        at=NOON,
    )
    lent = entitled(ada.customer, "projects")
    assert (lent.value, lent.source) == (None, "trial"), "Business has no limit of projects"
    assert entitled(ada.customer, "projects", at=trial.ends_at).source == "waiver"
    assert entitled(ada.customer, "projects", at=waiver.ends_at).source == "tier"


def test_it_belongs_to_the_customer_whatever_tier_they_hold(ada: Party) -> None:
    grant(ada.customer, projects(40))
    cast.holds(ada.customer, tier="business", since=NOON)
    assert entitled(ada.customer, "projects").source == "tier", "which has no limit"


def test_a_standing_is_still_one_query(ada: Party, django_assert_num_queries: Any) -> None:
    grant(ada.customer, projects(40))
    standing_of(ada.customer, at=NOON)
    with django_assert_num_queries(1):
        assert standing_of(ada.customer, at=NOON).waivers
