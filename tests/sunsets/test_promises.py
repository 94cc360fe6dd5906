"""Nobody loses anything before their own day, and nobody's day comes without a delivered notice."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from licensing import sunsets
from licensing.deliveries import QUIET, note_bounce
from licensing.history import COMMAND
from licensing.licences import change_licence
from licensing.models import Delivery, Event, Licence, Notice, NoticeRule, PlannedChange, Sunset, Tier
from licensing.noticeclock import NoticeClock
from portal.mails.outbox import send_due
from tests.cast import NOON, OLD, TODAY, Party, ada, bo, cy, holds, organisation, person
from tests.sunsets.scenes import announced, change_of, days, has, mails, sweep
from tests.sunsets.whole import breaks_in_history

pytestmark = pytest.mark.django_db
STOCKHOLM = ZoneInfo("Europe/Stockholm")
ITS_DAY = datetime(2027, 2, 15, tzinfo=STOCKHOLM)


@pytest.fixture
def lindqvist(db: None) -> Party:
    return bo()


@pytest.mark.proves("sunsets")
def test_the_thing_goes_on_its_day_at_midnight_of_the_customer_and_not_a_moment_sooner(
    lindqvist: Party,
) -> None:
    announced()
    assert mails(at=NOON) == 1
    sweep(at=NOON + days(1))
    change = change_of(lindqvist.customer)
    assert (change.state, change.takes_effect_at) == ("waiting", ITS_DAY)

    sweep(at=ITS_DAY - days(1 / 86400))
    assert has(lindqvist.customer, at=ITS_DAY)
    sweep(at=ITS_DAY)
    assert not has(lindqvist.customer, at=ITS_DAY)
    assert change_of(lindqvist.customer).state == "done"
    event = Event.objects.get(kind="feature_retired")
    assert (event.subject, event.before) == (
        f"plannedchange:{change_of(lindqvist.customer).pk}",
        {"feature": "sso"},
    )
    assert breaks_in_history() == []


def test_nothing_else_of_the_licence_changes(lindqvist: Party) -> None:
    before = Licence.objects.values().get(pk=lindqvist.licence.pk)
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=ITS_DAY)
    assert Licence.objects.values().get(pk=lindqvist.licence.pk) == before
    assert has(lindqvist.customer, "automations", at=ITS_DAY)


def test_whoever_is_not_touched_hears_nothing_and_has_no_change(lindqvist: Party) -> None:
    """Ada has today's Team, which never had it; Cy is free."""
    others = [ada().customer, cy().customer]
    announced()
    assert not PlannedChange.objects.filter(customer__in=others).exists()
    assert not Notice.objects.filter(customer__in=others).exists()


@pytest.mark.proves("sunsets")
def test_without_a_delivered_notice_nothing_takes_effect_and_staff_see_why(lindqvist: Party) -> None:
    announced()
    mails(at=NOON, delivered=False)
    for day in range(1, 200, 5):
        sweep(at=NOON + days(day))
        mails(at=NOON + days(day), delivered=False)
    change = change_of(lindqvist.customer)
    assert has(lindqvist.customer, at=NOON + days(200))
    assert (change.state, change.takes_effect_at) == ("deferred", None)
    assert change.why == "Its notice has not been delivered."
    assert Event.objects.filter(kind="change_put_off").count() == 1
    assert Notice.objects.filter(kind="sunset_announced").count() == 1, "silence is no reason to repeat it"


def test_what_came_back_is_said_again_with_a_day_that_leaves_the_whole_time(lindqvist: Party) -> None:
    announced()
    mails(at=NOON, delivered=False)
    Delivery.objects.update(outcome="bounced", outcome_at=NOON)
    again = NOON + days(20)
    sweep(at=again)
    named = change_of(lindqvist.customer).takes_effect_at
    assert mails(at=again) == 1
    sweep(at=again)
    change = change_of(lindqvist.customer)
    assert change.told_at == again
    assert change.takes_effect_at == named, "the day that the mail names is the day"
    assert named is not None
    assert (named - again).days >= 60


def test_a_notice_delivered_late_puts_the_day_off_by_itself(lindqvist: Party) -> None:
    announced()
    mails(at=NOON, delivered=False)
    late = NOON + days(60)
    Delivery.objects.update(outcome="delivered", outcome_at=late, arrived_at=late)
    sweep(at=late)
    change = change_of(lindqvist.customer)
    earliest = NoticeClock.read().earliest(kind="feature_loss", country="SE", zone=STOCKHOLM, told_at=late)
    assert change.takes_effect_at == earliest.at > ITS_DAY
    assert (change.state, change.why) == ("deferred", "Its notice was delivered late.")
    sweep(at=ITS_DAY)
    assert has(lindqvist.customer, at=ITS_DAY)
    sweep(at=earliest.at)
    assert not has(lindqvist.customer, at=earliest.at)


def test_a_report_that_comes_late_brings_no_day_forward(lindqvist: Party) -> None:
    """Nothing was heard until the day could not be kept, and it had none. Then the provider says that the mail arrived
    at once: the day is the one that it named, and not a sooner one that the notice clock would allow.
    """
    NoticeRule.objects.create(kind="feature_loss", jurisdiction="SE", days=120, source="Our lawyers.")
    announced()
    named = change_of(lindqvist.customer).takes_effect_at
    mails(at=NOON, delivered=False)
    sweep(at=NOON + days(30))
    assert change_of(lindqvist.customer).takes_effect_at is None
    Delivery.objects.update(outcome="delivered", outcome_at=NOON, arrived_at=NOON)
    sweep(at=NOON + days(31))
    change = change_of(lindqvist.customer)
    assert (change.told_at, change.takes_effect_at) == (NOON, named)


def test_a_mail_that_comes_back_after_all_puts_it_off_even_on_the_day(lindqvist: Party) -> None:
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    Delivery.objects.filter(notice__kind="sunset_announced").update(
        outcome="bounced", outcome_at=NOON + days(2), arrived_at=None
    )
    sweep(at=ITS_DAY)
    assert has(lindqvist.customer, at=ITS_DAY)
    assert change_of(lindqvist.customer).state == "deferred"


def test_by_smtp_it_is_told_once_it_has_not_come_back(lindqvist: Party) -> None:
    announced()
    send_due(at=NOON)
    sweep(at=NOON + QUIET - days(1 / 86400))
    assert change_of(lindqvist.customer).told_at is None
    sweep(at=NOON + QUIET)
    assert change_of(lindqvist.customer).told_at == NOON
    note_bounce(delivery=Delivery.objects.get(), actor=COMMAND, reason="550", at=NOON + days(3))
    sweep(at=ITS_DAY)
    assert has(lindqvist.customer, at=ITS_DAY)


def test_a_country_with_a_longer_notice_has_its_own_later_day(lindqvist: Party) -> None:
    NoticeRule.objects.create(kind="feature_loss", jurisdiction="SE", days=120, source="Our lawyers.")
    announced()
    change = change_of(lindqvist.customer)
    assert change.takes_effect_at is not None
    assert change.takes_effect_at > NOON + days(120)


def test_whoever_moves_away_is_touched_no_more_and_who_comes_back_is_again(lindqvist: Party) -> None:
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    licence = Licence.objects.get(pk=lindqvist.licence.pk)
    kinder = Tier.objects.get(edition__key=OLD, key="business")
    move(licence, kinder, at=NOON + days(2))
    sweep(at=NOON + days(3))
    change = change_of(lindqvist.customer)
    assert (change.state, change.why) == ("void", "The licence is no longer on a tier that gives it.")

    move(licence, Tier.objects.get(edition__key=OLD, key="team"), at=NOON + days(4))
    sweep(at=NOON + days(5))
    assert (change_of(lindqvist.customer).state, change_of(lindqvist.customer).told_at) == ("waiting", NOON)


def move(licence: Licence, tier: Tier, *, at: datetime) -> None:
    change_licence(
        licence=licence,
        kind="licence_moved",
        at=at,
        actor=COMMAND,
        tier_id=tier.pk,
        edition_id=tier.edition_id,
    )


def test_what_a_completed_sunset_took_a_move_to_terms_that_give_it_brings_back(lindqvist: Party) -> None:
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=ITS_DAY)
    assert not has(lindqvist.customer, at=ITS_DAY)
    move(
        Licence.objects.get(pk=lindqvist.licence.pk),
        Tier.objects.get(edition__key=TODAY, key="business"),
        at=ITS_DAY,
    )
    assert has(lindqvist.customer, at=ITS_DAY)


def test_withdrawn_nobody_loses_it_and_whoever_did_has_it_back_and_hears(lindqvist: Party) -> None:
    sunset = announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=ITS_DAY)
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="Too many of you use it.", at=ITS_DAY + days(1))
    assert has(lindqvist.customer, at=ITS_DAY + days(1))
    assert change_of(lindqvist.customer).state == "void"
    assert Notice.objects.filter(kind="sunset_withdrawn", customer=lindqvist.customer).exists()
    assert breaks_in_history() == []


def test_withdrawn_after_somebody_has_moved_on_their_past_is_told_as_it_was(lindqvist: Party) -> None:
    """Bo lost it, and moved to other terms. It does not come back to her, and she is not told that it did."""
    sunset = announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=ITS_DAY)
    move(
        Licence.objects.get(pk=lindqvist.licence.pk),
        Tier.objects.get(edition__key=TODAY, key="team"),
        at=ITS_DAY,
    )
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="Too many of you use it.", at=ITS_DAY + days(1))
    assert not has(lindqvist.customer, at=ITS_DAY + days(1))
    assert change_of(lindqvist.customer).state == "done"
    assert not Notice.objects.filter(kind="sunset_withdrawn", customer=lindqvist.customer).exists()


def test_the_sweep_may_come_twice_and_changes_nothing_more(lindqvist: Party) -> None:
    announced()
    mails(at=NOON)
    for at in (NOON + days(1), NOON + days(1), ITS_DAY, ITS_DAY):
        sweep(at=at)
    assert Notice.objects.filter(kind="sunset_announced").count() == 1
    assert Event.objects.filter(kind="feature_retired").count() == 1


def test_the_database_itself_lets_nothing_take_effect_untold(lindqvist: Party) -> None:
    announced()
    for fields in ({"told_at": None}, {"told_at": NOON, "earliest_at": NOON + days(61)}):
        with pytest.raises(IntegrityError, match="done_only_when_told"), transaction.atomic():
            PlannedChange.objects.update(state="done", done_at=NOON, **fields)


def test_what_is_announced_or_planned_is_never_changed_or_deleted(lindqvist: Party) -> None:
    sunset = announced()
    for act in (
        lambda: Sunset.objects.update(first_on=NOON.date()),
        lambda: Sunset.objects.update(export=""),
        lambda: Sunset.objects.filter(pk=sunset.pk).update(announced_at=None),
    ):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            act()
    with pytest.raises(IntegrityError, match="not deleted"), transaction.atomic():
        PlannedChange.objects.all()._raw_delete("default")
    Sunset.objects.filter(pk=sunset.pk).update(approved_by=None)  # a person's account may go


def test_a_ramp_gives_each_customer_one_day_and_never_an_earlier_one(lindqvist: Party) -> None:
    customers = [lindqvist.customer]
    for number in range(9):
        user = person(f"P{number} Q")
        customer = organisation(
            f"Org {number}", owner=user, country="SE", currency="EUR", time_zone="Europe/Stockholm", at=NOON
        )
        holds(customer, tier="team", edition=OLD, since=NOON - days(3))
        customers.append(customer)
    sunset = announced(ramp=[[40, "2027-02-15"], [100, "2027-04-01"]])
    planned = {change.customer_id: change.planned_at for change in sunset.changes.all()}
    assert set(planned) == {customer.pk for customer in customers}
    assert {at.astimezone(STOCKHOLM).date().isoformat() for at in planned.values()} <= {
        "2027-02-15", "2027-04-01"
    }  # fmt: skip
    assert planned == {pk: at for pk, at in planned.items() if sunsets.day_for(sunset=sunset, customer_id=pk)}
