"""What providers report of a mail is recorded: in any order, once, and only from whoever knows the secret."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from licensing.deliveries import QUIET, match_reports, report, told_at
from licensing.history import COMMAND
from licensing.models import Delivery, DeliveryReport, Notice
from licensing.notices import resend
from portal.mails.outbox import send_due
from tests.cast import NOON, Party
from tests.infra.environment import MAIL_WEBHOOK_SECRET
from tests.infra.mailprovider import MailProvider
from tests.mails.scenes import owed, settled_order

pytestmark = pytest.mark.django_db

RESEND = {
    "delivered": "email.delivered",
    "bounced": "email.bounced",
    "deferred": "email.delivery_delayed",
    "complained": "email.complained",
}
BREVO = {"delivered": "delivered", "bounced": "hard_bounce", "deferred": "deferred", "complained": "spam"}


@pytest.fixture
def provider() -> Iterator[MailProvider]:
    with MailProvider() as provider:
        yield provider


@pytest.fixture(params=["resend", "brevo"])
def backend(request: pytest.FixtureRequest, provider: MailProvider, settings: Settings) -> str:
    settings.EMAIL_BACKEND = f"portal.mails.providers.{request.param.title()}"
    settings.ANYMAIL = {
        f"{request.param.upper()}_API_KEY": "re_1",
        f"{request.param.upper()}_API_URL": provider.url,
        "WEBHOOK_SECRET": MAIL_WEBHOOK_SECRET,
    }
    return str(request.param)


@pytest.fixture
def sent(backend: str, marsh: Party) -> Delivery:
    """A receipt to Di, taken by the provider at noon as its own mail-1."""
    owed(marsh, "receipt", settled_order(marsh))
    assert send_due(at=NOON).sent == 1
    return Delivery.objects.get()


def words_of(
    backend: str, what: str, *, at: datetime, to: str = "di@demo.test", number: str = "mail-1"
) -> dict[str, Any]:
    """The report as the provider writes it."""
    if backend == "resend":
        data = {"email_id": number, "to": [to], "created_at": NOON.isoformat()}
        if what == "bounced":
            data["bounce"] = {"message": "The recipient's email provider sent a hard bounce message."}
        return {"type": RESEND.get(what, what), "created_at": at.isoformat(), "data": data}
    return {
        "event": BREVO.get(what, what),
        "message-id": number,
        "email": to,
        "ts_epoch": int(at.timestamp() * 1000),
        "reason": "550 no such mailbox" if what == "bounced" else "",
    }


def tell(backend: str, body: Any, *, secret: str = MAIL_WEBHOOK_SECRET, at: datetime | None = None) -> int:
    """Deliver a report as the provider does, by a client that holds no cookie."""
    credentials = base64.b64encode(secret.encode()).decode()
    with time_machine.travel(at or NOON + timedelta(hours=1), tick=False):
        answer = Client(enforce_csrf_checks=True).post(
            reverse(f"{backend}_webhook"),
            body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Basic {credentials}"} if secret else {},
        )
    return answer.status_code


def fresh(delivery: Delivery) -> Delivery:
    delivery.refresh_from_db()
    return delivery


def test_the_providers_own_id_is_stored_when_a_mail_is_sent(sent: Delivery) -> None:
    assert (sent.provider_id, sent.expects_word) == ("mail-1", True)
    assert told_at([sent.notice_id], at=NOON + 2 * QUIET) == {}, "taken is not delivered"


@pytest.mark.parametrize("what", RESEND)
def test_each_report_becomes_the_deliverys_outcome_with_its_moment(
    sent: Delivery, backend: str, what: str
) -> None:
    at = NOON + timedelta(minutes=3)
    assert tell(backend, words_of(backend, what, at=at)) == 200
    assert (fresh(sent).outcome, sent.outcome_at) == (what, at)
    arrived = what in ("delivered", "complained")
    assert told_at([sent.notice_id], at=NOON + timedelta(days=9)) == ({sent.notice_id: at} if arrived else {})


def test_a_report_repeated_is_kept_once(sent: Delivery, backend: str) -> None:
    body = words_of(backend, "delivered", at=NOON + timedelta(minutes=3))
    assert [tell(backend, body) for _ in range(3)] == [200] * 3
    assert DeliveryReport.objects.count() == 1
    assert fresh(sent).outcome == "delivered"


@pytest.mark.parametrize("order", list(itertools.permutations(["deferred", "delivered", "complained"])))
def test_in_whatever_order_reports_come_the_end_is_the_same(
    sent: Delivery, backend: str, order: tuple[str, ...]
) -> None:
    minutes = {"deferred": 1, "delivered": 5, "complained": 60}
    for what in order:
        tell(backend, words_of(backend, what, at=NOON + timedelta(minutes=minutes[what])))
    assert fresh(sent).outcome == "complained"
    assert sent.arrived_at in (NOON + timedelta(minutes=5), NOON + timedelta(minutes=60))


@pytest.mark.parametrize("order", [("delivered", "bounced"), ("bounced", "delivered")])
def test_of_delivered_and_came_back_what_happened_later_counts(
    sent: Delivery, backend: str, order: tuple[str, ...]
) -> None:
    """A mailbox may take a mail and send it back minutes later."""
    minutes = {"delivered": 2, "bounced": 9}
    for what in order:
        tell(backend, words_of(backend, what, at=NOON + timedelta(minutes=minutes[what])))
    assert (fresh(sent).outcome, sent.arrived_at) == ("bounced", None)


def test_a_report_that_comes_before_the_sender_has_noted_the_id_is_not_lost(
    backend: str, marsh: Party
) -> None:
    at = NOON + timedelta(seconds=5)
    assert tell(backend, words_of(backend, "delivered", at=at), at=at) == 200
    owed(marsh, "receipt", settled_order(marsh))
    send_due(at=NOON)
    assert Delivery.objects.get().outcome == ""
    send_due(at=NOON + timedelta(seconds=10))
    assert Delivery.objects.get().outcome == "delivered"


@pytest.mark.parametrize("secret", ["", "reports:", "reports:somebody-elses-guess", "x" * 40])
def test_a_forged_report_is_refused_and_not_kept(sent: Delivery, backend: str, secret: str) -> None:
    assert tell(backend, words_of(backend, "bounced", at=NOON), secret=secret) == 400
    assert not DeliveryReport.objects.exists()
    assert fresh(sent).outcome == ""


def test_without_a_secret_in_the_settings_there_is_no_door(backend: str, settings: Settings) -> None:
    settings.EMAIL_WEBHOOK_SECRET = ""
    assert tell(backend, words_of(backend, "delivered", at=NOON)) == 404


def test_a_report_about_no_mail_of_ours_changes_nothing_and_is_forgotten(
    sent: Delivery, backend: str
) -> None:
    assert tell(backend, words_of(backend, "bounced", at=NOON, number="somebody-elses")) == 200
    assert fresh(sent).outcome == ""
    match_reports(at=NOON + timedelta(days=30))
    assert not DeliveryReport.objects.exists()


def test_a_report_about_another_address_is_not_believed(sent: Delivery, backend: str) -> None:
    assert tell(backend, words_of(backend, "bounced", at=NOON, to="eve@demo.test")) == 200
    assert fresh(sent).outcome == ""


@pytest.mark.parametrize("what", ["email.opened", "email.clicked", "unique_opened", "click", "no-such-event"])
def test_who_opened_or_clicked_what_is_not_kept(sent: Delivery, backend: str, what: str) -> None:
    assert tell(backend, words_of(backend, what, at=NOON)) == 200
    assert not DeliveryReport.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"[]", b"{}", b"null", b'"x"', b"\xff\xfe", b'{"type": 3}', b"[" * 99_000,
        b'{"type": "email.bounced", "data": {"email_id": ["a"]}}',
        b'{"event": "delivered", "message-id": "a\\u0000", "ts_epoch": 1}',
        b'{"event": "delivered", "message-id": "a", "ts_epoch": 1e300}',
        b" " * 100_001,
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_or_passed_over_and_never_kept(
    sent: Delivery, backend: str, body: bytes
) -> None:
    assert tell(backend, body) in (200, 400)
    assert not DeliveryReport.objects.exists()


def test_a_provider_cannot_put_a_delivery_before_its_sending_or_after_now(
    sent: Delivery, backend: str
) -> None:
    tell(backend, words_of(backend, "delivered", at=NOON - timedelta(days=40)))
    assert fresh(sent).arrived_at == NOON
    tell(backend, words_of(backend, "complained", at=datetime(2099, 1, 1, tzinfo=UTC)))
    assert fresh(sent).outcome_at == NOON + timedelta(hours=1)


def test_resent_after_it_came_back_it_waits_for_word_anew(
    sent: Delivery, backend: str, provider: MailProvider
) -> None:
    tell(backend, words_of(backend, "bounced", at=NOON + timedelta(minutes=1)))
    resend(notice=sent.notice, actor=COMMAND, reason="The address works again.", at=NOON)
    send_due(at=NOON)
    assert (fresh(sent).provider_id, sent.outcome) == ("mail-2", "")
    tell(backend, words_of(backend, "bounced", at=NOON + timedelta(minutes=2)))
    assert fresh(sent).outcome == "", "that is said of the mail before"
    tell(backend, words_of(backend, "delivered", at=NOON + timedelta(minutes=3), number="mail-2"))
    assert fresh(sent).outcome == "delivered"


def test_by_smtp_a_mail_counts_once_it_has_not_come_back_for_two_days(marsh: Party) -> None:
    notice: Notice = owed(marsh, "receipt", settled_order(marsh))
    send_due(at=NOON)
    assert Delivery.objects.get().provider_id == ""
    assert told_at([notice.pk], at=NOON + QUIET - timedelta(seconds=1)) == {}
    assert told_at([notice.pk], at=NOON + QUIET) == {notice.pk: NOON}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        st.tuples(st.sampled_from(["deferred", "delivered", "bounced", "complained"]), st.integers(0, 5)),
        max_size=5,
        unique=True,
    ),
    data=st.data(),
)
def test_any_reports_in_any_order_with_any_repeats_end_alike(
    marsh: Party, said: list[tuple[str, int]], data: st.DataObject
) -> None:
    def end_of(order: list[tuple[str, int]]) -> tuple[str, bool]:
        notice = Notice.objects.create(
            customer=marsh.customer, kind="receipt", subject=f"order:{Notice.objects.count()}", owed_at=NOON
        )
        delivery = Delivery.objects.create(
            notice=notice, address="di@demo.test", message_id="<m>", state="sent", next_try_at=NOON,
            sent_at=NOON, provider_id=f"p-{notice.pk}", expects_word=True,
        )  # fmt: skip
        for what, minute in order:
            report(
                provider_id=delivery.provider_id,
                address="DI@demo.test",
                outcome=what,
                reported_at=NOON + timedelta(minutes=minute),
                why="",
                at=NOON + timedelta(hours=1),
            )
        delivery.refresh_from_db()
        return delivery.outcome, delivery.arrived_at is not None

    shuffled = data.draw(st.permutations(said + said))
    assert end_of(said) == end_of(shuffled)
