"""Asking for an exception, and who must say yes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from licensing import waivers
from licensing.models import Event, Waiver
from licensing.standing import standing_of
from licensing.waivers.threshold import Wish
from tests.cast import NOON, Party
from tests.waivers.wishes import DAY, ask, entitled, finance, kinds_of, projects, support

pytestmark = pytest.mark.django_db


def test_a_small_exception_holds_as_soon_as_it_is_asked_for(ada: Party) -> None:
    waiver = ask(ada.customer, projects(25))
    assert not waiver.needs_approval
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted"]
    now = entitled(ada.customer, "projects")
    assert (now.value, now.source, now.until) == (25, "waiver", NOON + 30 * DAY)


@pytest.mark.proves("exceptions")
@pytest.mark.parametrize(
    ("wish", "because"),
    [
        (projects(26), "Alone this limit is raised to at most 25."),
        (projects(None), "Alone this limit is raised to at most 25."),
        (projects(25, days=31), "Alone a limit is raised for at most 30 days."),
        (Wish("limit", NOON, NOON + DAY, feature_key="sso", value=True), "Only a limit that Team has"),
        (
            Wish("limit", NOON, NOON + DAY, feature_key="support", value="4-hours"),
            "Only a limit that Team has",
        ),
        (
            Wish("rule", NOON, NOON + 8 * DAY, rule_key="usage-fits"),
            "A rule is waived alone for at most 7 days.",
        ),
    ],
)
def test_a_larger_one_waits_for_somebody_else(ada: Party, wish: Wish, because: str) -> None:
    waiver = ask(ada.customer, wish)
    assert waiver.needs_approval
    (asked,) = Event.objects.filter(subject=f"waiver:{waiver.pk}")
    assert (asked.kind, asked.reason) == ("waiver_asked", waiver.reason)
    assert because in asked.after["approval"]
    assert standing_of(ada.customer, at=NOON).open_waivers == ()
    approved = waivers.approve(waiver=waiver, actor=finance(), at=NOON)
    assert (approved.granted_at, approved.approved_by_words) == (NOON, "Fin Finance")
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted"]
    assert len(standing_of(ada.customer, at=NOON).waivers) == 1


def test_nobody_raises_the_same_limit_alone_twice_in_twelve_months(ada: Party) -> None:
    ask(ada.customer, projects(25, days=2))
    assert ask(ada.customer, projects(25, at=NOON + 2 * DAY), at=NOON + 2 * DAY).needs_approval
    later = NOON + 366 * DAY
    assert not ask(ada.customer, projects(25, at=later), at=later).needs_approval


def test_the_measures_are_the_installations_own(ada: Party, settings: Any) -> None:
    settings.WAIVER_LIMIT_PERCENT, settings.WAIVER_LIMIT_DAYS = 50, 60
    assert not ask(ada.customer, projects(30, days=60)).needs_approval


def test_nobody_approves_what_they_asked_for_themselves(ada: Party) -> None:
    waiver = ask(ada.customer, projects(40))
    with pytest.raises(waivers.UnableToApprove, match="cannot approve it"):
        waivers.approve(waiver=waiver, actor=support(), at=NOON)
    assert entitled(ada.customer, "projects").value == 20


def test_a_refused_one_never_held_and_cannot_be_approved_any_more(ada: Party) -> None:
    waiver = ask(ada.customer, projects(40))
    waivers.refuse(waiver=waiver, actor=finance(), reason="Business has it.", at=NOON)
    assert kinds_of(waiver) == ["waiver_asked", "waiver_refused"]
    with pytest.raises(waivers.UnableToApprove, match="answered already"):
        waivers.approve(waiver=waiver, actor=finance(), at=NOON)
    assert entitled(ada.customer, "projects").value == 20


def test_what_nobody_answers_in_time_lapses(ada: Party) -> None:
    waiver = ask(ada.customer, projects(40, days=10))
    with pytest.raises(waivers.UnableToApprove, match="its time has run out"):
        waivers.approve(waiver=waiver, actor=finance(), at=NOON + 10 * DAY)
    assert waivers.close_due(at=NOON + 10 * DAY) == 1
    waiver.refresh_from_db()
    assert waiver.end == Waiver.End.LAPSED


def test_approved_late_it_holds_from_then_to_the_day_that_was_asked_for(ada: Party) -> None:
    grant_at = NOON + 3 * DAY
    waiver = waivers.approve(waiver=ask(ada.customer, projects(40)), actor=finance(), at=grant_at)
    assert entitled(ada.customer, "projects", at=grant_at - timedelta(microseconds=1)).value == 20
    assert entitled(ada.customer, "projects", at=grant_at).value == 40
    assert entitled(ada.customer, "projects", at=waiver.ends_at).value == 20


@pytest.mark.proves("exceptions")
@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (projects(20), "have as much"),
        (projects(19), "have as much"),
        (Wish("limit", NOON, NOON + DAY, feature_key="projects", value=True), "no value of Projects"),
        (Wish("limit", NOON, NOON + DAY, feature_key="sso", value=3), "no value of"),
        (Wish("limit", NOON, NOON + DAY, feature_key="unheard-of", value=3), "no such feature"),
        (projects(25, days=0), "ends after that"),
        (projects(25, at=NOON - DAY), "begins now or later"),
        (projects(25, days=367), "a year at most"),
        (Wish("rule", NOON, NOON + DAY, rule_key="nothing-is-owed"), "never waived"),
        (Wish("trial", NOON, NOON + DAY, tier_key="team"), "Only a higher tier"),
        (Wish("trial", NOON, NOON + DAY, tier_key="unheard-of"), "Only a higher tier"),
        (Wish("wish", NOON, NOON + DAY), "no such kind"),
    ],
)
def test_what_gives_nothing_or_cannot_be_is_not_asked_for(ada: Party, wish: Wish, why: str) -> None:
    with pytest.raises(waivers.UnableToAsk, match=why):
        ask(ada.customer, wish)
    assert not Waiver.objects.exists()


def test_for_one_thing_there_is_one_open_exception(ada: Party) -> None:
    ask(ada.customer, projects(25))
    with pytest.raises(waivers.UnableToAsk, match="There is one for this already"):
        ask(ada.customer, projects(40))
    assert Waiver.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_once_it_is_asked_for_once(ada: Party) -> None:
    actor, said = support(), []

    def press() -> None:
        try:
            said.append(ask(ada.customer, projects(25), actor=actor).pk)
        except waivers.UnableToAsk as no:
            said.append(str(no))
        finally:
            connection.close()

    _at_once(press, press)
    assert Waiver.objects.count() == 1
    assert "There is one for this already. End it, or let it run its time." in said


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_and_a_refusal_at_once_one_counts(ada: Party) -> None:
    waiver, fin, sam = ask(ada.customer, projects(40)), finance(), support()

    def answer(how: Callable[[], object]) -> Callable[[], None]:
        def do() -> None:
            try:
                how()
            except waivers.UnableToApprove:
                pass
            finally:
                connection.close()

        return do

    _at_once(
        answer(lambda: waivers.approve(waiver=waiver, actor=fin, at=NOON)),
        answer(lambda: waivers.refuse(waiver=waiver, actor=sam, reason="No.", at=NOON)),
    )
    assert kinds_of(waiver) in (["waiver_asked", "waiver_granted"], ["waiver_asked", "waiver_refused"])


def _at_once(*what: Callable[[], None]) -> None:
    threads = [threading.Thread(target=do) for do in what]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
