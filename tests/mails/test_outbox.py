"""What is owed goes out once; what fails is tried again, and holds up nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from licensing.models import Customer, Delivery, Member, Notice
from portal.mails import outbox
from portal.mails.about_payments import Receipt
from portal.mails.briefing import briefs_of
from portal.mails.outbox import WAITS, send_due
from tests.cast import NOON, Party
from tests.infra.mailbox import Mailbox
from tests.infra.ports import free_port
from tests.mails.scenes import many_parties, owed, settled_order, trial_of

ADA, FAY = "ada@demo.test", "fay@demo.test"


class _Refusing:
    """A mail server that says no to one address, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.taken: list[str] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == ADA:
            self.asked += 1
            return "451 Try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def refusing(mailbox: Mailbox, settings: Settings) -> Iterator[_Refusing]:
    server = _Refusing()
    settings.EMAIL_PORT = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=settings.EMAIL_PORT)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def receipt(okafor: Party) -> Notice:
    return owed(okafor, "receipt", settled_order(okafor))


def test_a_notice_goes_once_to_everybody_who_may_spend_and_is_then_done(
    receipt: Notice, mailbox: Mailbox
) -> None:
    assert send_due(at=NOON).sent == 2
    assert send_due(at=NOON).sent == 0

    receipt.refresh_from_db()
    assert (receipt.state, receipt.closed_at) == (Notice.State.DONE, NOON)
    assert sorted(str(message["To"]) for message in mailbox.messages) == [ADA, FAY]
    assert set(Delivery.objects.values_list("state", "tries", "sent_at")) == {("sent", 1, NOON)}


def test_nothing_goes_before_it_is_owed(receipt: Notice, mailbox: Mailbox) -> None:
    send_due(at=NOON - timedelta(seconds=1))

    assert not mailbox.messages


def test_a_refused_address_waits_longer_each_time_and_is_given_up_after_three_days(
    receipt: Notice, refusing: _Refusing
) -> None:
    at = NOON
    for turn, wait in enumerate(WAITS, start=1):
        counts = send_due(at=at)
        assert counts.put_off == 1
        assert send_due(at=at + wait - timedelta(seconds=1)).put_off == 0
        delivery = Delivery.objects.get(address=ADA)
        assert (delivery.tries, delivery.next_try_at) == (turn, at + wait)
        assert "451" in delivery.error
        at += wait

    assert timedelta(days=2, hours=12) < at - NOON < timedelta(days=3, hours=12)
    assert send_due(at=at).given_up == 1
    assert Delivery.objects.get(address=ADA).state == Delivery.State.FAILED
    receipt.refresh_from_db()
    assert receipt.state == Notice.State.DONE
    assert refusing.asked == len(WAITS) + 1
    assert refusing.taken == [FAY]  # who was not refused has it once


def test_while_the_mail_server_is_silent_nothing_is_counted_and_later_everything_goes(
    receipt: Notice, mailbox: Mailbox, settings: Settings
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    for days in range(6):
        counts = send_due(at=NOON + timedelta(days=days))
        assert counts.mail_server_silent
    assert set(Delivery.objects.values_list("state", "tries")) == {("waiting", 0)}

    settings.EMAIL_PORT = port
    assert send_due(at=NOON + timedelta(days=6)).sent == 2


def test_after_a_silence_what_is_no_longer_true_is_dropped_though_it_was_addressed(
    okafor: Party, mailbox: Mailbox, settings: Settings
) -> None:
    trial = trial_of(okafor, ends_at=NOON + timedelta(days=2))
    notice = owed(okafor, "trial_reminder", trial, period="3d:2026-11-24")
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    send_due(at=NOON)
    settings.EMAIL_PORT = port

    counts = send_due(at=NOON + timedelta(days=3))

    notice.refresh_from_db()
    assert (counts.dropped, notice.state) == (1, Notice.State.DROPPED)
    assert not mailbox.messages
    assert not notice.deliveries.exists()


def test_a_notice_that_cannot_be_written_holds_up_no_other_and_shows_its_fault(
    receipt: Notice, marsh: Party, mailbox: Mailbox
) -> None:
    poison = owed(marsh, "payment_failed", marsh.licence, at=NOON - timedelta(hours=1))
    Customer.objects.filter(pk=marsh.customer.pk).update(time_zone="Mars/Olympus")

    counts = send_due(at=NOON)

    assert (counts.sent, counts.put_off) == (2, 1)
    assert "Mars/Olympus" in poison.deliveries.get().error


def test_a_notice_that_cannot_be_judged_holds_up_no_other_and_goes_when_it_can(
    receipt: Notice, marsh: Party, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed(marsh, "payment_failed", marsh.licence, at=NOON - timedelta(hours=1))

    def broken(*_: Any) -> bool:
        raise LookupError("a row is not as it should be")

    with monkeypatch.context() as patch:
        patch.setattr(Receipt, "is_true", broken)
        counts = send_due(at=NOON)
    assert (counts.sent, counts.put_off) == (1, 2)
    assert "a row is not as it should be" in receipt.deliveries.get(address=ADA).error

    assert send_due(at=NOON + timedelta(minutes=2)).sent == 2


def test_a_kind_that_this_release_does_not_know_waits_for_one_that_does(
    okafor: Party, mailbox: Mailbox
) -> None:
    notice = owed(okafor, "from_the_future", okafor.licence)

    send_due(at=NOON)

    notice.refresh_from_db()
    assert notice.state == Notice.State.WAITING


def test_a_notice_nobody_is_there_to_hear_is_dropped(receipt: Notice, mailbox: Mailbox) -> None:
    Member.objects.all().delete()

    assert send_due(at=NOON).dropped == 1


def test_whoever_left_between_two_tries_does_not_get_it(receipt: Notice, refusing: _Refusing) -> None:
    send_due(at=NOON)
    Member.objects.filter(user__email=ADA).delete()

    send_due(at=NOON + timedelta(days=1))

    receipt.refresh_from_db()
    assert receipt.state == Notice.State.DONE
    assert refusing.asked == 1


def test_a_closed_customer_hears_nothing(okafor: Party, receipt: Notice, mailbox: Mailbox) -> None:
    Customer.objects.filter(pk=okafor.customer.pk).update(closed_at=NOON)

    assert send_due(at=NOON).dropped == 1


def test_judging_takes_the_same_number_of_queries_for_two_as_for_seven(okafor: Party) -> None:
    parties = many_parties(7)
    notices = []
    for party in parties:
        trial = trial_of(party, ends_at=NOON + timedelta(hours=5))
        for kind, subject, period in (
            ("receipt", settled_order(party, invoice=f"M-{party.customer.pk}"), ""),
            ("renewal_reminder", party.licence, "3d:2026-12-14"),
            ("payment_failed", party.licence, "in_1"),
            ("trial_reminder", trial, "1d:2026-11-22"),
        ):
            notices.append(owed(party, kind, subject, period=period))
    loaded = list(Notice.objects.select_related("customer"))

    def queries(rows: list[Notice]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert all(brief.fault is None for brief in briefs_of(rows, at=NOON).values())
        return len(captured)

    few = [notice for notice in loaded if notice.customer_id in {p.customer.pk for p in parties[:2]}]
    queries(loaded)  # the terms of the editions are read once a process
    assert queries(few) == queries(loaded)


def test_more_than_a_batch_goes_in_batches_up_to_the_limit(
    db: None, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    for party in many_parties(5):
        owed(party, "payment_failed", party.licence)
        type(party.licence).objects.filter(pk=party.licence.pk).update(state="past_due", past_due_since=NOON)

    assert send_due(at=NOON, limit=4).sent == 4
    assert send_due(at=NOON, limit=4).sent == 1
