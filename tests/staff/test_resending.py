"""A resent notice really goes out again, and only while it is still true."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse

from licensing.models import Delivery, Notice, Trial
from portal.mails.outbox import send_due
from tests.cast import NOON, Party
from tests.staff.conftest import SignIn
from tests.staff.rows import trial_of


@pytest.fixture
def reminder(okafor: Party) -> Notice:
    """A reminder of a live trial, sent to Ada."""
    trial = trial_of(okafor)
    notice = Notice.objects.create(
        customer=okafor.customer,
        kind="trial_reminder",
        subject=f"trial:{trial.pk}",
        period=f"3d:{trial.ends_at:%Y-%m-%d}",
        owed_at=NOON,
    )
    send_due(at=NOON)
    assert len(mail.outbox) == 1
    return notice


def test_a_resent_notice_arrives_as_a_second_message(reminder: Notice, as_staff: SignIn) -> None:
    as_staff("support").post(
        reverse("admin:licensing_notice_resend", args=[reminder.pk]), {"reason": "Ada lost it."}
    )
    send_due(at=NOON)
    first, second = mail.outbox
    assert first.to == second.to
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]
    reminder.refresh_from_db()
    assert reminder.state == Notice.State.DONE
    assert reminder.deliveries.get().state == Delivery.State.SENT


def test_a_resent_notice_that_has_become_untrue_does_not_arrive(reminder: Notice, as_staff: SignIn) -> None:
    as_staff("support").post(
        reverse("admin:licensing_notice_resend", args=[reminder.pk]), {"reason": "Ada lost it."}
    )
    Trial.objects.update(ended_at=NOON, end=Trial.End.GIVEN_BACK)
    send_due(at=NOON)
    assert len(mail.outbox) == 1
    reminder.refresh_from_db()
    assert reminder.state == Notice.State.DROPPED
