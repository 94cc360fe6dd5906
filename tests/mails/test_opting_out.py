"""The opt-out link works signed out and by one click, can be undone, and nobody can make one for somebody else."""

from datetime import timedelta

import pytest
from django.test import Client

from billing import renewals
from licensing.models import OptOut
from portal.mails.opting_out import door_for, opt_out_token
from portal.mails.outbox import send_due
from tests.cast import NOON, Party
from tests.infra.mailbox import Mailbox
from tests.mails.reading import words_of

ADA = "ada@demo.test"
TURN = NOON + timedelta(days=20)


@pytest.fixture
def path(okafor: Party) -> str:
    token = opt_out_token(customer_id=okafor.customer.pk, address=ADA, kind="renewal_reminder")
    return f"/notices/opt-out/{token}/"


def test_the_mail_carries_one_click_and_a_readable_link(okafor: Party, path: str, mailbox: Mailbox) -> None:
    renewals.remind_due(at=TURN)
    send_due(at=TURN)

    message = mailbox.to(ADA)[0]
    assert str(message["List-Unsubscribe"]).strip() == f"<http://testserver{path}>"
    assert str(message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    for words in words_of(message):
        assert path in words


def test_the_mail_program_opts_out_by_one_click_without_cookie_or_csrf_token(path: str) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post(path, {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert OptOut.objects.get().address == ADA
    assert client.post(path).status_code == 200  # the second time changes nothing
    assert OptOut.objects.count() == 1


def test_looking_at_the_link_changes_nothing(path: str) -> None:
    answer = Client().get(path)

    assert answer.status_code == 200
    assert "Send no more of these" in answer.content.decode()
    assert not OptOut.objects.exists()
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]


def test_it_can_be_undone(path: str) -> None:
    client = Client()
    assert "Undo" in client.post(path).content.decode()

    answer = client.post(path, {"undo": "yes"})

    assert not OptOut.objects.exists()
    assert "Send no more of these" in answer.content.decode()


def test_a_forged_or_foreign_token_opens_nothing(okafor: Party, path: str) -> None:
    client = Client()
    for token in (
        "nonsense",
        path.split("/")[3][:-1] + "x",
        opt_out_token(customer_id=0, address=ADA, kind="renewal_reminder"),
        opt_out_token(customer_id=okafor.customer.pk, address=ADA, kind="nothing"),
    ):
        assert client.post(f"/notices/opt-out/{token}/").status_code == 404


@pytest.mark.proves("notices")
@pytest.mark.parametrize(
    "kind", ["receipt", "trial_ended", "trial_reminder", "payment_failed", "licence_ended"]
)
def test_what_tells_of_money_and_rights_has_no_way_out(okafor: Party, kind: str) -> None:
    assert door_for(opt_out_token(customer_id=okafor.customer.pk, address=ADA, kind=kind)) is None
