"""The day and the plan that mails and pages name are the ones that will be, whatever the customer has done since."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from licensing.history import COMMAND
from licensing.licences import change_licence
from licensing.models import Price
from licensing.sunsets import UnableToAnnounce
from tests.cast import NOON, Party, bo
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.sunsets.editions import announced
from tests.sunsets.scenes import change_of, days, mails, sweep
from tests.sunsets.test_pages import page

pytestmark = pytest.mark.django_db


def altered(party: Party, **fields: Any) -> None:
    licence = party.licence
    change_licence(licence=licence, kind="licence_moved", at=NOON, actor=COMMAND, **fields)


def paid_by(party: Party, interval: str, start: datetime, end: datetime) -> None:
    price = Price.objects.get(tier=party.licence.tier, currency="EUR", interval=interval)
    altered(party, price_id=price.pk, period_start=start, period_end=end)


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


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
        assert "With your renewal on 10 Dec, your Team moves" in words


def test_whoever_pays_by_the_year_since_is_not_reminded_of_a_day_that_is_no_renewal(mailbox: Mailbox) -> None:
    lindqvist = bo()
    paid_by(lindqvist, "month", noon(2026, 10, 31), noon(2026, 11, 30))
    day = told(lindqvist)
    assert day == noon(2027, 3, 31)
    paid_by(lindqvist, "year", noon(2027, 1, 10), noon(2028, 1, 10))
    sweep(at=day - days(29))
    assert mails(at=day - days(29)) == 0
    assert change_of(lindqvist.customer).takes_effect_at == noon(2028, 1, 10)


def test_whoever_has_cancelled_is_not_told_that_a_renewal_moves_them(mailbox: Mailbox) -> None:
    lindqvist = bo()
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
    lindqvist = bo()
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
