"""Twice is a bug: two senders at once, and a worker that dies between the mail server's yes and our commit."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from licensing.models import Delivery, Notice
from portal.local.environment import ROOT
from portal.mails.outbox import send_due
from tests.cast import NOON, ada, make_catalogue
from tests.infra.mailbox import Mailbox
from tests.mails.scenes import many_parties, owed, settled_order

SENDERS = 3
# Hands the mail over to the real mail server, then dies before anything is committed.
DIES_AFTER_THE_YES = f"""
import os, signal
import django
django.setup()
from datetime import datetime
from portal.mails import outbox, post
send = post.Line.send
def send_and_die(line, message):
    send(line, message)
    os.kill(os.getpid(), signal.SIGKILL)
post.Line.send = send_and_die
outbox.send_due(at=datetime.fromisoformat("{NOON.isoformat()}"))
"""

pytestmark = pytest.mark.django_db(transaction=True)


def test_senders_at_once_send_each_notice_once(mailbox: Mailbox) -> None:
    make_catalogue()
    for party in many_parties(8):
        owed(party, "receipt", settled_order(party, invoice=f"M-{party.customer.pk}"))
    ready = Barrier(SENDERS)

    def send(_: int) -> int:
        ready.wait(timeout=10)
        try:
            return send_due(at=NOON).sent
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        sent = list(pool.map(send, range(SENDERS)))

    assert sum(sent) == 8
    assert len({str(message["To"]) for message in mailbox.messages}) == len(mailbox.messages) == 8
    assert set(Notice.objects.values_list("state", flat=True)) == {Notice.State.DONE}


def sent_once_the_dead_have_let_go() -> int:
    """PostgreSQL gives a dead client's locks back a moment after its death; until then its delivery is passed over."""
    deadline = time.monotonic() + 10
    while not (sent := send_due(at=NOON).sent) and time.monotonic() < deadline:
        time.sleep(0.05)
    return sent


def test_a_repeat_after_a_sudden_death_carries_the_same_message_id(mailbox: Mailbox) -> None:
    make_catalogue()
    party = ada()
    owed(party, "receipt", settled_order(party))
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(database),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }

    died = subprocess.run(
        [sys.executable, "-c", DIES_AFTER_THE_YES],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr
    assert len(mailbox.messages) == 1
    assert Delivery.objects.get().state == Delivery.State.WAITING
    assert sent_once_the_dead_have_let_go() == 1
    assert send_due(at=NOON).sent == 0
    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]
