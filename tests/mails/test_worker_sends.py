"""A real worker takes the message and the mail arrives by real SMTP."""

import pytest
from django.utils import timezone

from portal.local.processes import Child, wait_until
from portal.tasks import send_notices
from tests.cast import ada, make_catalogue
from tests.infra.mailbox import Mailbox
from tests.mails.scenes import owed, settled_order


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_what_is_owed(celery_worker: Child, mailbox: Mailbox) -> None:
    make_catalogue()
    party = ada()
    owed(party, "receipt", settled_order(party), at=timezone.now())

    send_notices.delay()
    send_notices.delay()  # as two beats would

    wait_until(
        lambda: bool(mailbox.messages),
        minded=[celery_worker],
        within=20,
        otherwise=f"No mail came; see {celery_worker.log}.",
    )
    assert [str(message["To"]) for message in mailbox.messages] == ["ada@demo.test"]
