"""The mails say what goes, why, when, what to take along, what it costs before and after, and the ways to go on."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from licensing import sunsets
from licensing.history import COMMAND
from licensing.models import Licence, Notice, Role
from tests.cast import NOON, Party, bo, joins, person
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.sunsets.scenes import announced, days, mails, sweep

pytestmark = pytest.mark.django_db
ITS_DAY = datetime(2027, 2, 15, tzinfo=ZoneInfo("Europe/Stockholm"))
BO = "bo@demo.test"


@pytest.fixture
def lindqvist(db: None) -> Party:
    joins(person("Pia Lind"), bo().customer, role=Role.BILLING)
    joins(person("Nils Berg"), bo().customer)
    return bo()


def test_the_announcement_says_all_of_it_to_whoever_looks_after_the_plan(
    lindqvist: Party, mailbox: Mailbox
) -> None:
    announced()
    assert mails(at=NOON) == 2
    assert subject_of(mailbox.to(BO)[0]) == "On 15 February 2027 Single sign-on leaves your Team"
    for words in words_of(mailbox.to(BO)[0]):
        assert "On 15 February 2027" in words
        assert "Single sign-on moves to Business" in words
        assert "Everybody signs in with a passkey or a password." in words
        assert "Download the list of your people" in words
        assert "€1,020.00 a year before, €1,020.00 a year after" in words
        assert "Keep your plan." in words
        assert "/upgrade/" in words
        assert "/billing/" in words
        assert "Answers to this mail reach" in words
        assert "opt-out" not in words
    assert mailbox.to("pia@demo.test")
    assert not mailbox.to("nils@demo.test")


def test_who_has_paid_the_year_is_told_that_nothing_comes_back_by_itself_and_whom_to_ask(
    lindqvist: Party, mailbox: Mailbox
) -> None:
    Licence.objects.update(period_start=NOON - days(170), period_end=NOON + days(195))
    announced()
    mails(at=NOON)
    for words in words_of(mailbox.to(BO)[0]):
        assert (
            "You have paid until 5 June 2027 at 14:00. For the rest of that time nothing comes back" in words
        )
        assert "Cancel for the end of what is paid" in words
        assert "See which plan has it, and what it would cost you" in words
        assert "answer this mail: we can make an exception for you, such as a credit." in words


def test_who_renews_a_year_before_the_day_is_told_so_while_it_can_be_cancelled(
    lindqvist: Party, mailbox: Mailbox
) -> None:
    announced()
    mails(at=NOON)
    for words in words_of(mailbox.to(BO)[0]):
        assert "your plan renews on 29 November 2026, before that. Of what is charged then, nothing" in words


@pytest.mark.parametrize(
    "fields",
    [
        {"price__interval": "month"},
        {"cancels_at_period_end": True},
    ],
    ids=["by the month", "cancelled before the day"],
)
def test_who_pays_no_year_that_reaches_beyond_the_day_reads_nothing_of_it(
    lindqvist: Party, mailbox: Mailbox, fields: dict[str, Any]
) -> None:
    licence = lindqvist.licence
    if fields.pop("price__interval", ""):
        licence.price = licence.tier.prices.get(currency="EUR", interval="month")
    Licence.objects.filter(pk=licence.pk).update(price=licence.price, **fields)
    announced()
    mails(at=NOON)
    for words in words_of(mailbox.to(BO)[0]):
        assert "comes back" not in words
        assert "Is something in the way? Answer this mail: we can make an exception for you." in words
        assert ("Cancel for the end" in words) is not bool(fields)


def test_it_is_said_again_thirty_seven_and_one_day_before_and_only_the_nearest(
    lindqvist: Party, mailbox: Mailbox
) -> None:
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    for before in (30, 7, 1):
        sweep(at=ITS_DAY - days(before))
        assert mails(at=ITS_DAY - days(before)) == 2
    assert len(mailbox.to(BO)) == 4
    assert Notice.objects.filter(kind="sunset_reminder").count() == 3


def test_after_a_long_silence_only_one_reminder_goes_out(lindqvist: Party, mailbox: Mailbox) -> None:
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=ITS_DAY - days(30))
    sweep(at=ITS_DAY - days(0.5))
    assert mails(at=ITS_DAY - days(0.5)) == 2


def test_an_announcement_that_is_withdrawn_before_it_went_out_is_never_said(lindqvist: Party) -> None:
    sunset = announced()
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="No.", at=NOON)
    mails(at=NOON)
    assert Notice.objects.get(kind="sunset_announced").state == Notice.State.DROPPED


def test_that_it_stays_after_all_is_said_with_the_reason(lindqvist: Party, mailbox: Mailbox) -> None:
    sunset = announced()
    mails(at=NOON)
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="Too many of you need it.", at=NOON + days(9))
    mails(at=NOON + days(9))
    last = mailbox.to(BO)[-1]
    assert subject_of(last) == "Single sign-on stays in your Team"
    assert all("Too many of you need it." in words for words in words_of(last))
