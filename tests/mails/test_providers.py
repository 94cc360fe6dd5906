"""A provider that takes an idempotency key gets the Message-ID as that key, and its answers are read right."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.mail import send_mail
from pytest_django import Settings

from licensing.models import Delivery, Notice
from portal.mails.outbox import send_due
from tests.cast import NOON, Party
from tests.infra.mailprovider import MailProvider
from tests.infra.ports import free_port
from tests.mails.scenes import owed, settled_order

SOON, LATER = NOON + timedelta(minutes=2), NOON + timedelta(days=2)
BACKENDS = ["Resend", "Brevo"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Iterator[MailProvider]:
    with MailProvider() as provider:
        yield provider


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, provider: MailProvider, settings: Settings) -> str:
    settings.EMAIL_BACKEND = f"portal.mails.providers.{request.param}"
    settings.ANYMAIL = {
        f"{request.param.upper()}_API_KEY": "re_1",
        f"{request.param.upper()}_API_URL": provider.url,
        "REQUESTS_TIMEOUT": 1,
    }
    return str(request.param)


@pytest.fixture
def receipt(marsh: Party) -> Notice:
    return owed(marsh, "receipt", settled_order(marsh))


def test_a_mail_goes_once_with_its_key(backend: str, provider: MailProvider, receipt: Notice) -> None:
    assert send_due(at=NOON).sent == 1
    (mail,) = provider.taken
    assert mail.to == "di@demo.test"
    assert len(mail.key) >= 36


def test_what_was_taken_and_not_noted_is_not_sent_again(
    backend: str, provider: MailProvider, receipt: Notice
) -> None:
    send_due(at=NOON)
    Delivery.objects.update(state="waiting", tries=0)
    Notice.objects.update(state="waiting")

    assert send_due(at=SOON).sent == 1
    assert len(provider.taken) == 1


def test_nor_where_the_letter_has_changed_meanwhile(
    backend: str, provider: MailProvider, receipt: Notice
) -> None:
    send_due(at=NOON)
    Delivery.objects.update(state="waiting", tries=0)
    Notice.objects.update(state="waiting")
    receipt.customer.name = "Marsh & Daughters"
    receipt.customer.save()

    assert send_due(at=SOON).sent == 1
    assert len(provider.taken) == 1


def test_an_answer_that_was_lost_is_asked_for_again_and_not_mailed_again(
    backend: str, provider: MailProvider, receipt: Notice
) -> None:
    provider.loses_answers = 1
    assert send_due(at=NOON).put_off == 1
    assert Delivery.objects.get().error.startswith("No answer")

    assert send_due(at=SOON).sent == 1
    assert len(provider.taken) == 1


def test_a_key_that_only_a_refusal_used_up_is_no_proof_of_a_mail(
    backend: str, provider: MailProvider, receipt: Notice
) -> None:
    """A provider may remember the key of what it refused. Taken for a yes, that would lose the mail."""
    provider.refuses = 1
    provider.remembers_refusals = True
    assert send_due(at=NOON).put_off == 1
    assert send_due(at=SOON).put_off == 1

    provider.forget_keys()
    assert send_due(at=LATER).sent == 1
    assert len(provider.taken) == 1


@pytest.mark.parametrize("status", [401, 429])
def test_where_nobody_is_let_in_nothing_is_counted(
    backend: str, provider: MailProvider, receipt: Notice, status: int
) -> None:
    provider.closed_with = status
    counts = send_due(at=NOON)
    assert (counts.mail_server_silent, Delivery.objects.get().tries) == (True, 0)


def test_where_no_line_can_be_had_nothing_is_counted(
    backend: str, receipt: Notice, settings: Settings
) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, f"{backend.upper()}_API_URL": f"http://127.0.0.1:{free_port()}/"}
    counts = send_due(at=NOON)
    assert (counts.mail_server_silent, Delivery.objects.get().tries) == (True, 0)


def test_a_sign_in_code_goes_without_a_key(backend: str, provider: MailProvider) -> None:
    for _ in range(2):
        send_mail("Your code", "123456", "portal@demo.test", ["bo@demo.test"])
    assert [mail.key for mail in provider.taken] == ["", ""]
