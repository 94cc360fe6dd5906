"""Every promise is checked every night. Each is broken here on purpose, and found under its own name and no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from billing.models import Brake, Order
from billing.promises import PROMISES
from licensing.history import CLOCK
from licensing.licences import change_licence
from licensing.models import (
    Delivery,
    Edition,
    Erasure,
    Licence,
    Notice,
    OptOut,
    PlannedChange,
    Product,
    PromiseCheck,
    Sunset,
)
from licensing.promises import (
    NAMED_AT_MOST,
    WORKED,
    WORKING_DAYS,
    Promise,
    answer_by,
    breaches_of,
    check,
    ledger,
)
from portal.pages.policy import rulebook
from tests.cast import NOON, OLD, Party, ada, bo
from tests.doors.people import browser_of, staff_of
from tests.mails.scenes import settled_order
from tests.staff.rows import notice_of, order_of, promise_check_of, trial_of, waiver_of

pytestmark = pytest.mark.django_db

# A Friday. Two working days later it is Tuesday; on Wednesday a third has begun.
FRIDAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

BREACHES: dict[str, Callable[[Party], object]] = {}


def breaks(key: str) -> Callable[[Callable[[Party], object]], Callable[[Party], object]]:
    """How the promise `key` is broken, looked at NOON."""

    def keep(breach: Callable[[Party], object]) -> Callable[[Party], object]:
        BREACHES[key] = breach
        return breach

    return keep


@breaks("terms-kept")
def somebody_moves_a_licence_to_another_edition(party: Party) -> None:
    licence = Licence.objects.get(pk=party.licence.pk)
    older = Edition.objects.get(key=OLD)
    change_licence(licence=licence, kind="licence_renewed", at=NOON - HOUR, actor=CLOCK, edition_id=older.pk)
    reminded(party, licence.period_end - DAY)


@breaks("trials-told")
def a_trial_ends_unannounced(party: Party) -> None:
    trial = trial_of(party)
    type(trial).objects.filter(pk=trial.pk).update(ends_at=NOON - HOUR, ended_at=NOON - HOUR, end="expired")


@breaks("trials-end")
def a_trial_goes_on_and_on(party: Party) -> None:
    trial_of(party, ends_in=-2 * HOUR)


@breaks("notices-leave")
def a_notice_waits_for_a_day_and_more(party: Party) -> None:
    notice_of(party, state=Notice.State.WAITING, delivery="waiting", owed_at=NOON - DAY - HOUR)


@breaks("sunsets-told")
def a_feature_goes_although_its_notice_came_back(party: Party) -> None:
    told = notice_of(party, kind="sunset_announced", subject="plannedchange:1", owed_at=NOON - 90 * DAY)
    Delivery.objects.filter(notice=told).update(sent_at=NOON - 90 * DAY, outcome="bounced")
    product = party.licence.product
    sunset = Sunset.objects.create(
        product=product, feature_key="guests", reason="-", instead="-", export="-", first_on=NOON.date()
    )
    PlannedChange.objects.create(
        sunset=sunset,
        customer=party.customer,
        licence=party.licence,
        tier=party.licence.tier,
        feature_key="guests",
        tell_at=NOON - 90 * DAY,
        planned_at=NOON - HOUR,
        notice=told,
        told_at=NOON - 90 * DAY,
        earliest_at=NOON - 2 * HOUR,
        takes_effect_at=NOON - HOUR,
        done_at=NOON - HOUR,
        state=PlannedChange.State.DONE,
    )


@breaks("exceptions-answered")
def nobody_answers(party: Party) -> None:
    waiver_of(
        party,
        starts_at=NOON - timedelta(days=7),
        days=90,
        needs_approval=True,
        granted_at=None,
    )


@breaks("erasures-done")
def an_erasure_is_late(party: Party) -> None:
    Erasure.objects.create(
        customer=party.customer, asked_at=NOON - timedelta(days=20), due_at=NOON - timedelta(days=6)
    )


@breaks("renewals-told")
def a_licence_renews_unannounced(party: Party) -> None:
    licence = Licence.objects.get(pk=party.licence.pk)
    change_licence(
        licence=licence,
        kind="licence_renewed",
        at=NOON - HOUR,
        actor=CLOCK,
        period_start=licence.period_end,
        period_end=licence.period_end + timedelta(days=30),
    )


@breaks("second-payments-back")
def a_second_payment_stays(party: Party) -> None:
    order_of(party, state=Order.State.FAILED, failure="twice", charged=1607, closed_at=NOON - 2 * DAY)


@breaks("invoices-kept")
def an_invoice_is_lost(party: Party) -> None:
    order_of(
        party,
        state=Order.State.SETTLED,
        charged=1607,
        stripe_invoice_id="in_lost",
        closed_at=NOON - 2 * DAY,
    )


@breaks("payments-looked-at")
def nobody_looks_at_a_payment(party: Party) -> None:
    order_of(
        party,
        state=Order.State.FAILED,
        failure="declined",
        closed_at=NOON - timedelta(days=7),
        needs_staff="Look.",
    )


@breaks("pauses-looked-at")
def nobody_looks_at_who_is_parked(party: Party) -> None:
    Brake.objects.create(
        customer=party.customer,
        pulled_at=NOON - timedelta(days=7),
        pulled_by_words="the clock",
        reason="Often.",
    )


def reminded(party: Party, at: datetime) -> None:
    """The renewal was announced at `at`."""
    notice = notice_of(party, kind="renewal_reminder", subject=f"licence:{party.licence.pk}", closed_at=at)
    Delivery.objects.filter(notice=notice).update(sent_at=at)


def broken_at(at: datetime = NOON) -> set[str]:
    return {one.key for one in PROMISES if breaches_of(one, since=at - DAY, at=at)[0]}


def by_key(key: str) -> Promise:
    return next(one for one in PROMISES if one.key == key)


def test_every_promise_has_its_breach() -> None:
    assert set(BREACHES) == {promise.key for promise in PROMISES}


def test_where_nothing_is_wrong_every_promise_is_kept() -> None:
    settled_order(ada(), at=NOON - 3 * DAY)
    bo()
    assert broken_at() == set()


@pytest.mark.parametrize("key", [promise.key for promise in PROMISES])
def test_a_broken_promise_is_found_under_its_own_name_and_no_other(key: str) -> None:
    party = ada()
    bo()
    BREACHES[key](party)
    assert broken_at() == {key}
    _count, (breach,) = breaches_of(by_key(key), since=NOON - DAY, at=NOON)
    assert breach.customer_id == party.customer.pk
    assert not [name for name in ("Okafor", "Ada", "@") if name in breach.what], "it names rows, and nobody"


def test_who_asked_not_to_be_reminded_is_not_let_down() -> None:
    party = ada()
    a_licence_renews_unannounced(party)
    OptOut.objects.create(customer=party.customer, address=party.user.email, kind="renewal_reminder", at=NOON)
    assert broken_at() == set()


def test_a_weekend_is_no_time_to_answer_in() -> None:
    party = ada()
    Brake.objects.create(
        customer=party.customer, pulled_at=FRIDAY, pulled_by_words="the clock", reason="Often."
    )
    tuesday, wednesday = FRIDAY + timedelta(days=4), FRIDAY + timedelta(days=5)
    assert broken_at(tuesday) == set()
    assert broken_at(wednesday) == {"pauses-looked-at"}


@pytest.mark.parametrize("later", range(7))
@pytest.mark.parametrize("hour", [0, 23])
def test_the_day_that_pages_name_is_the_last_on_which_an_answer_is_not_late(later: int, hour: int) -> None:
    """Asked on whichever day of the week: as long as the day lasts, the ledger's check finds nothing; then it does."""
    asked = FRIDAY.replace(hour=hour) + later * DAY
    day = answer_by(asked)
    assert day.isoweekday() < 6

    def worked(on: date) -> int:
        at = datetime(on.year, on.month, on.day, 23, 59, tzinfo=UTC)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {WORKED.format(since='%(since)s')}", {"since": asked, "at": at})
            return int(cursor.fetchone()[0])

    next_working_day = next(day + n * DAY for n in (1, 2, 3) if (day + n * DAY).isoweekday() < 6)
    assert worked(day) == WORKING_DAYS
    assert worked(next_working_day) > WORKING_DAYS


def test_each_sentence_leads_to_a_clause_of_the_rules() -> None:
    clauses = {clause.key for part in rulebook() for clause in part.clauses}
    assert {promise.clause for promise in PROMISES} <= clauses
    assert all(promise.sentence.endswith(".") and "%" not in promise.sentence for promise in PROMISES)


class TestTheNightlyCheck:
    def test_it_writes_one_row_a_promise_a_day_and_no_second(self) -> None:
        a_notice_waits_for_a_day_and_more(ada())
        made = check(PROMISES, at=NOON)
        assert len(made) == PromiseCheck.objects.count() == len(PROMISES)
        found = PromiseCheck.objects.get(promise="notices-leave")
        assert (found.broken, found.day) == (1, NOON.date())
        assert check(PROMISES, at=NOON + HOUR) == []
        assert PromiseCheck.objects.filter(broken__gt=0).count() == 1

    def test_what_happened_since_the_check_before_is_looked_at_and_nothing_twice(self) -> None:
        party = ada()
        check(PROMISES, at=NOON - 2 * DAY)
        a_licence_renews_unannounced(party)
        check(PROMISES, at=NOON)
        check(PROMISES, at=NOON + DAY)
        days = PromiseCheck.objects.filter(promise="renewals-told").order_by("day")
        assert [each.broken for each in days] == [0, 1, 0]

    def test_of_many_breaches_all_are_counted_and_the_first_named(self) -> None:
        party = ada()
        for number in range(NAMED_AT_MOST + 3):
            notice_of(
                party,
                state=Notice.State.WAITING,
                delivery="waiting",
                owed_at=NOON - DAY - HOUR,
                period=str(number),
            )
        check(PROMISES, at=NOON)
        found = PromiseCheck.objects.get(promise="notices-leave")
        assert (found.broken, len(found.breaches)) == (NAMED_AT_MOST + 3, NAMED_AT_MOST)

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE licensing_promisecheck SET broken = 0",
            "UPDATE licensing_promisecheck SET breaches = '[]'",
            "DELETE FROM licensing_promisecheck",
        ],
    )
    def test_what_was_found_is_never_changed(self, change: str) -> None:
        promise_check_of(ada())
        with (
            pytest.raises(IntegrityError, match="on record"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)

    def test_the_ledger_says_what_is_not_known(self) -> None:
        promise_check_of(ada())
        kept = next(
            one for one in ledger(PROMISES, until=NOON.date(), days=3) if one.promise.key == "notices-leave"
        )
        assert [row is None for _day, row in kept.days] == [True, True, False]

    def test_the_command_says_each_promise_and_fails_where_one_is_broken(self) -> None:
        said = StringIO()
        call_command("promises", stdout=said)
        assert [line[:6] for line in said.getvalue().splitlines()] == ["kept  "] * len(PROMISES)

    def test_the_command_names_a_breach(self) -> None:
        nobody_looks_at_who_is_parked(ada())
        said = StringIO()
        with pytest.raises(SystemExit):
            call_command("promises", stdout=said)
        assert "BROKEN  pauses-looked-at" in said.getvalue()


class TestWhoSeesIt:
    def page(self, client: Any) -> Any:
        return client.get(reverse("promises"))

    def test_the_public_page_is_the_vendor_s_choice(self, client: Any) -> None:
        promise_check_of(ada())
        assert self.page(client).status_code == 404
        assert "promises/" not in client.get("/").content.decode()
        Product.objects.update(promises_public=True)
        assert self.page(client).status_code == 200
        assert 'href="/promises/"' in client.get("/").content.decode()

    def test_it_names_no_customer(self, client: Any) -> None:
        promise_check_of(ada())
        Product.objects.update(promises_public=True)
        words = self.page(client).content.decode()
        assert "Notice 1" not in words
        assert "Okafor" not in words

    def test_staff_always_see_it_with_every_breach(self) -> None:
        party = ada()
        found = promise_check_of(party)
        for group in ("support", "catalogue", "finance"):
            listed = browser_of(staff_of(group)).get(reverse("admin:licensing_promisecheck_changelist"))
            assert listed.status_code == 200, group
        sam = browser_of(staff_of("support"))
        words = sam.get(reverse("admin:licensing_promisecheck_changelist")).content.decode()
        assert "Every invoice stays in your list" in words
        words = sam.get(reverse("admin:licensing_promisecheck_change", args=[found.pk])).content.decode()
        assert "Notice 1 waits." in words
        assert reverse("admin:licensing_customer_change", args=[party.customer.pk]) in words
