"""An exception is told of when it is made, before it ends and when it has; never what is not so any more."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from licensing import waivers
from licensing.history import COMMAND, Actor
from licensing.models import Notice, Waiver
from licensing.waivers.threshold import Wish
from portal.mails.outbox import send_due
from tests import cast
from tests.cast import NOON, Party, person
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of

ADA, FAY = "ada@demo.test", "fay@demo.test"
DAY = timedelta(days=1)
PROJECTS = {"feature_key": "projects", "value": 25}


def ask(party: Party, *, kind: str = "limit", days: int = 30, at: datetime = NOON, **what: object) -> Waiver:
    return waivers.ask_for_waiver(
        customer=party.customer,
        wish=Wish(kind, at, at + days * DAY, **(what or PROJECTS)),
        reason="Ticket 4711, do not tell.",
        words="So that you can move without haste.",
        actor=Actor.person(person("Sam Support")),
        at=at,
    )


def states() -> list[tuple[str, str]]:
    return list(Notice.objects.order_by("pk").values_list("kind", "state"))


@pytest.mark.proves("exceptions")
def test_owners_and_billing_are_told_what_was_made_for_them_why_and_until_when(
    okafor: Party, mailbox: Mailbox
) -> None:
    ask(okafor)
    assert send_due(at=NOON).sent == 2
    assert subject_of(mailbox.to(ADA)[0]) == "Made for you: Projects: 25 instead of 20"
    for words in words_of(mailbox.to(ADA)[0]):
        assert "We made an exception for you." in words
        assert "Projects: 25 instead of 20." in words
        assert "So that you can move without haste." in words
        assert "It holds until 22 December 2026 at 13:00." in words, "Berlin's time, not ours"
        assert "4711" not in words, "the reason is for the history"
    assert mailbox.to(FAY)


def test_what_waits_for_an_approval_is_told_once_it_is_given(okafor: Party, mailbox: Mailbox) -> None:
    waiver = ask(okafor, feature_key="projects", value=40)
    assert states() == []
    waivers.approve(waiver=waiver, actor=Actor.person(person("Fin Finance")), at=NOON)
    assert send_due(at=NOON).sent == 2


def test_a_refused_one_is_not_told_of(okafor: Party) -> None:
    waiver = ask(okafor, feature_key="projects", value=40)
    waivers.refuse(waiver=waiver, actor=COMMAND, reason="No.", at=NOON)
    assert states() == []


@pytest.mark.proves("exceptions")
def test_three_days_before_it_ends_they_are_reminded_once(okafor: Party, mailbox: Mailbox) -> None:
    waiver = ask(okafor)
    send_due(at=NOON)
    assert waivers.remind_due(at=waiver.ends_at - 3 * DAY - timedelta(seconds=1)) == 0
    soon = waiver.ends_at - 2 * DAY
    assert [waivers.remind_due(at=soon), waivers.remind_due(at=soon + DAY)] == [1, 0]
    send_due(at=soon)
    mail = mailbox.to(ADA)[-1]
    assert subject_of(mail) == "What was made for you ends on 22 Dec"
    for words in words_of(mail):
        assert "On Tuesday 22 December at 13:00 it ends by itself" in words
        assert "where it is more than there is room for then, nothing can be added." in words


def test_one_of_two_days_is_not_reminded_of_the_moment_it_is_made(okafor: Party) -> None:
    ask(okafor, days=2)
    assert waivers.remind_due(at=NOON) == 0


@pytest.mark.proves("exceptions")
def test_when_it_has_ended_they_are_told_what_they_have(okafor: Party, mailbox: Mailbox) -> None:
    waiver = ask(okafor)
    send_due(at=NOON)
    late = waiver.ends_at + timedelta(minutes=1)
    waivers.close_due(at=late)
    send_due(at=late)
    mail = mailbox.to(ADA)[-1]
    assert subject_of(mail) == "What was made for you has ended"
    for words in words_of(mail):
        assert "It ended by itself on Tuesday 22 December at 13:00, as we had said." in words
        assert "You have what Team gives. What you made stays" in words


def test_ended_before_its_day_it_says_so_and_the_reason_stays_inside(okafor: Party, mailbox: Mailbox) -> None:
    waiver = ask(okafor)
    send_due(at=NOON)
    waivers.end_waiver(waiver=waiver, actor=COMMAND, reason="They were rude.", at=NOON + DAY)
    send_due(at=NOON + DAY)
    for words in words_of(mailbox.to(ADA)[-1]):
        assert "We ended it on Monday 23 November at 13:00, before its day." in words
        assert "rude" not in words


@pytest.mark.parametrize("what", ["bought", "ended"])
def test_told_late_only_what_is_still_so_is_said(okafor: Party, mailbox: Mailbox, what: str) -> None:
    waiver = ask(okafor)
    if what == "bought":
        cast.holds(okafor.customer, tier="business", since=NOON)
    else:
        waivers.end_waiver(waiver=waiver, actor=COMMAND, reason="Mistyped.", at=NOON)
    send_due(at=NOON)
    told = {
        "bought": [("waiver_granted", "dropped")],
        "ended": [("waiver_granted", "dropped"), ("waiver_ended", "done")],
    }
    assert states() == told[what]


def test_another_of_the_same_since_then_an_end_is_not_told(okafor: Party, mailbox: Mailbox) -> None:
    waiver = ask(okafor)
    send_due(at=NOON)
    waivers.end_waiver(waiver=waiver, actor=COMMAND, reason="Too short.", at=NOON + DAY)
    again = ask(okafor, at=NOON + DAY)
    waivers.approve(waiver=again, actor=Actor.person(person("Fin Finance")), at=NOON + DAY)
    send_due(at=NOON + DAY)
    assert states() == [("waiver_granted", "done"), ("waiver_ended", "dropped"), ("waiver_granted", "done")]


@pytest.mark.parametrize(
    ("kind", "what", "said"),
    [
        ("trial", {"tier_key": "business"}, "You may try Business once more."),
        ("rule", {"rule_key": "usage-fits"}, "You may move to a tier that has less room than you use."),
    ],
)
def test_a_rule_and_another_trial_are_told_of_in_plain_words(
    okafor: Party, mailbox: Mailbox, kind: str, what: dict[str, str], said: str
) -> None:
    ask(okafor, kind=kind, days=7, **what)
    send_due(at=NOON)
    for words in words_of(mailbox.to(ADA)[0]):
        assert said in words
