"""The day and the plan that mails and pages name are the ones that will be, whatever the customer has done since."""

from __future__ import annotations

from datetime import datetime

import pytest

from billing.renewals import remind_due
from licensing.sunsets import UnableToAnnounce
from tests.cast import NOON, Party, bo
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.sunsets.editions import altered, announced, by_the_month, noon, paid_by
from tests.sunsets.scenes import change_of, days, mails, sweep
from tests.sunsets.test_pages import page

pytestmark = pytest.mark.django_db


def told(party: Party) -> datetime:
    """It is announced and the mail has arrived; the day that it named."""
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    day = change_of(party.customer).takes_effect_at
    assert day is not None
    return day


def test_whoever_pays_by_the_month_since_is_reminded_of_the_renewal_that_will_carry_it(
    mailbox: Mailbox,
) -> None:
    lindqvist = bo()
    day = told(lindqvist)
    paid_by(lindqvist, "month", noon(2027, 1, 10), noon(2027, 2, 10))
    sweep(at=day - days(29))
    mails(at=day - days(29))
    assert subject_of(mailbox.to("bo@demo.test")[-1]) == (
        "On 10 December 2027 your Team moves to the terms of January 2026"
    )
    for words in words_of(mailbox.to("bo@demo.test")[-1]):
        assert "On 10 December 2027 your Team moves" in words


def test_whoever_pays_by_the_year_since_is_not_reminded_of_a_day_that_is_no_renewal(mailbox: Mailbox) -> None:
    lindqvist = by_the_month()
    day = told(lindqvist)
    assert day == noon(2027, 3, 31)
    paid_by(lindqvist, "year", noon(2027, 1, 10), noon(2028, 1, 10))
    sweep(at=day - days(29))
    assert mails(at=day - days(29)) == 0
    assert change_of(lindqvist.customer).takes_effect_at == noon(2028, 1, 10)


def test_whoever_pays_by_the_year_reads_of_it_in_the_mails_before_the_renewal_and_not_twice_a_day(
    mailbox: Mailbox,
) -> None:
    lindqvist = bo()
    day = told(lindqvist)
    paid_by(lindqvist, "year", day - days(365), day)
    sweep(at=day - days(29))
    remind_due(at=day - days(29))
    assert mails(at=day - days(29)) == 1
    plan = page(lindqvist.user, "/plan/", at=day - days(29))
    assert plan[plan.index("What happens next") :].count("the terms of January 2026.") == 1, (
        "one day, one line"
    )
    assert "Team renews on 29 Nov for" in subject_of(mailbox.to("bo@demo.test")[-1])
    for words in words_of(mailbox.to("bo@demo.test")[-1]):
        assert "With it, your Team moves to the terms of January 2026" in words
        assert "API calls a month: 40,000 instead of 50,000" in words


def test_whoever_has_cancelled_is_not_told_that_a_renewal_moves_them(mailbox: Mailbox) -> None:
    lindqvist = by_the_month()
    day = told(lindqvist)
    altered(lindqvist, cancels_at_period_end=True)
    assert "moves to the terms of" not in page(lindqvist.user, "/plan/")
    sweep(at=day - days(29))
    assert mails(at=day - days(29)) == 0
    altered(lindqvist, cancels_at_period_end=False)
    assert "moves to the terms of" in page(lindqvist.user, "/plan/")
    sweep(at=day - days(28))
    assert mails(at=day - days(28)) == 1


def test_a_reminder_that_is_on_its_way_is_not_sent_to_whoever_cancels_meanwhile(mailbox: Mailbox) -> None:
    lindqvist = by_the_month()
    day = told(lindqvist)
    sweep(at=day - days(29))
    altered(lindqvist, cancels_at_period_end=True)
    assert mails(at=day - days(29)) == 0


def test_nobody_is_planned_to_move_twice_from_the_same_edition() -> None:
    announced(tier_key="team")
    with pytest.raises(UnableToAnnounce) as refusal:
        announced()
    assert str(refusal.value) == "It ends for a tier of it already. Announce it for each of the others."
    assert announced(tier_key="business").is_open
