"""A sunset is announced whole, by somebody who did not write it, and in time; or it is not announced."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from licensing import catalogue, sunsets
from licensing.history import COMMAND, Actor
from licensing.models import Edition, Grant, Sunset, Tier
from licensing.sunsets.planning import USERS_LEAD
from licensing.usage import record_reading
from tests.cast import NOON, OLD, bo, holds, make_catalogue, organisation, person
from tests.publishing import colleague, publish, writer
from tests.sunsets.scenes import announced, change_of, days, draft, mails, sweep

pytestmark = pytest.mark.django_db


def refused(words: str, sunset: Sunset, *, approver: Actor | None = None) -> None:
    with pytest.raises(sunsets.UnableToAnnounce, match=words):
        sunsets.announce(sunset=sunset, approver=approver or Actor.person(colleague()), at=NOON)
    assert Sunset.objects.get(pk=sunset.pk).announced_at is None
    assert not sunset.changes.exists()


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("Say what goes: one feature, or one edition", {"feature_key": ""}),
        ("Say why", {"reason": " "}),
        ("Say what takes its place", {"instead": ""}),
        ("Say what to take along", {"export": ""}),
        ("No published tier gives", {"feature_key": "no-such-thing"}),
        ("No published tier gives", {"tier_key": "free"}),
        ("What is sold today still gives it", {"tier_key": ""}),
        ("the first day is", {"first_on": date(2027, 1, 20)}),
        ("A ramp grows", {"ramp": [[50, "2027-02-15"], [40, "2027-03-15"]]}),
        ("A ramp grows", {"ramp": [[50, "2027-02-15"]]}),
        ("whole per cents", {"ramp": [[0, "2027-02-15"], [100, "2027-03-15"]]}),
        ("A ramp is written as", {"ramp": [["half", "soon"]]}),
        ("on the first day", {"ramp": [[100, "2027-02-01"]]}),
    ],
)
def test_each_thing_that_is_missing_or_wrong_is_said(words: str, fields: dict[str, Any]) -> None:
    refused(words, draft(**fields))


def test_all_that_is_missing_is_said_at_once() -> None:
    nothing = {
        "feature_key": "",
        "tier_key": "",
        "reason": " ",
        "first_on": NOON.date(),
        "ramp": [[60, "2027-02-15"]],
    }
    said = " ".join(sunsets.faults(sunset=draft(**nothing), approver=Actor.person(colleague()), at=NOON))
    for fault in ("Say why.", "Say what goes", "100 per cent", "days of notice"):
        assert fault in said


def test_nobody_announces_what_they_wrote_and_no_program_does() -> None:
    refused("nobody approves what they wrote", draft(), approver=Actor.person(writer()))
    refused("nobody approves what they wrote", draft(), approver=COMMAND)


def test_the_same_is_not_announced_twice() -> None:
    announced()
    refused("announced already", draft())


def test_both_people_stand_on_it() -> None:
    sunset = announced()
    assert (sunset.announced_by, sunset.approved_by, sunset.announced_at) == (writer(), colleague(), NOON)


def test_only_what_is_announced_is_withdrawn_and_once() -> None:
    with pytest.raises(sunsets.UnableToWithdraw):
        sunsets.withdraw(sunset=draft(), actor=COMMAND, reason="?", at=NOON)
    sunset = announced()
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="No.", at=NOON)
    with pytest.raises(sunsets.UnableToWithdraw):
        sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="No.", at=NOON)


def test_whoever_uses_the_thing_is_told_first_and_the_others_a_week_later() -> None:
    """Automations leave Team with a third edition. Bo's people run 87 of them; the other organisation none."""
    make_catalogue()
    lindqvist = bo()
    idle = organisation(
        "Idle", owner=person("Ida Le"), country="SE", currency="EUR", time_zone="Europe/Stockholm", at=NOON
    )
    holds(idle, tier="team", edition=OLD, since=NOON - days(3))
    record_reading(customer=lindqvist.customer, feature_key="automations", value=87, at=NOON - days(1))
    _without_automations()

    announced(feature_key="automations")
    users, others = change_of(lindqvist.customer), change_of(idle)
    assert (users.usage, users.notice is not None) == (87, True)
    assert (others.usage, others.notice) == (None, None)
    sweep(at=NOON + USERS_LEAD - days(0.01))
    assert change_of(idle).notice is None
    sweep(at=NOON + USERS_LEAD)
    assert change_of(idle).notice is not None


def _without_automations() -> None:
    copy = catalogue.draft_from(edition=Edition.objects.get(key="2026-01"), key="2026-11", name="November")
    copy.rationale = "Automations are a product of their own now."
    copy.save()
    team = Tier.objects.get(edition=copy, key="team")
    team.claims.filter(feature__key="automations").delete()
    Grant.objects.filter(tier=team, feature__key="automations").delete()
    publish(copy, at=NOON - days(1))


def test_whoever_buys_the_old_terms_afterwards_is_told_and_given_their_whole_time_too() -> None:
    announced()
    later = NOON + days(20)
    customer = organisation(
        "Late", owner=person("Lee Ate"), country="SE", currency="EUR", time_zone="Europe/Stockholm", at=later
    )
    holds(customer, tier="team", edition=OLD, since=later)
    sweep(at=later)
    mails(at=later)
    sweep(at=later)
    change = change_of(customer)
    assert change.told_at == later
    assert change.takes_effect_at is not None
    assert (change.takes_effect_at - later).days >= 60
