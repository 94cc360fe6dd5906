"""The worker is killed again and again over a mailing: nothing is missed, and nothing is told twice but in one moment.

That moment lies between the mail server's yes and our commit. Plain SMTP cannot close it: the mail is sent again, with
the same Message-ID. A provider that takes an idempotency key closes it.
"""

import logging
import random
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.cast import make_catalogue
from tests.death.mailing import RANDOM, Mailing, outcome_of, owe_receipts
from tests.death.nursery import Nursery
from tests.death.points import POINTS, WINDOW
from tests.death.stage import environment_of_this_database
from tests.infra.mailprovider import MailProvider
from tests.infra.ports import free_port
from tests.infra.proof import size

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]


class _RecordingServer:
    """A plain SMTP server: what it says yes to, it notes at that moment."""

    def __init__(self) -> None:
        self.mailing: Mailing | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        assert self.mailing
        message = message_from_bytes(envelope.content)
        self.mailing.take(to=envelope.rcpt_tos[0], message_id=message["Message-ID"])
        return "250 OK"


@pytest.fixture
def by_smtp(tmp_path: Path) -> Iterator[Mailing]:
    """Workers that send to a recording SMTP server."""
    make_catalogue()
    recording, port = _RecordingServer(), free_port()
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    controller = Controller(recording, hostname="127.0.0.1", port=port)
    controller.start()
    environment = environment_of_this_database(EMAIL_URL=f"smtp://127.0.0.1:{port}")
    try:
        with Nursery(environment=environment, logs=tmp_path) as nursery:
            recording.mailing = Mailing(nursery, random.Random(7))
            yield recording.mailing
    finally:
        controller.stop()


def test_no_notice_is_missed_and_none_told_twice_but_in_the_window_of_smtp(
    by_smtp: Mailing, figure: Callable[[str], None]
) -> None:
    notices, kills = size(short=200, long=2000), size(short=12, long=200)

    by_smtp.kill_workers(kills, over=notices)
    by_smtp.finish()

    outcome = outcome_of(by_smtp)
    assert (outcome.missed, outcome.told_twice_differently, outcome.unexplained) == (0, 0, 0)
    figure(
        f"{len(by_smtp.ends)} kills over {notices} notices by SMTP: 0 missed, {outcome.repeats} repeated, each with "
        f"its Message-ID and each after a kill between the server's yes and the note"
    )


def test_control_without_the_note_mails_go_twice(by_smtp: Mailing) -> None:
    owe_receipts(20)
    for _ in range(2):
        by_smtp.live_until("committed", forgets_to_note=True)
    by_smtp.finish()

    assert outcome_of(by_smtp).unexplained > 0


def test_control_noted_before_it_is_sent_a_mail_is_missed(by_smtp: Mailing) -> None:
    owe_receipts(20)
    by_smtp.live_until("claimed", notes_first=True)
    by_smtp.finish()

    assert outcome_of(by_smtp).missed == 1


def test_two_workers_at_once_tell_nothing_twice(by_smtp: Mailing) -> None:
    owe_receipts(60)
    by_smtp.finish_together(2)

    outcome = outcome_of(by_smtp)
    assert (outcome.missed, outcome.repeats) == (0, 0)


def test_control_without_the_lock_two_workers_at_once_tell_it_twice(by_smtp: Mailing) -> None:
    owe_receipts(60)
    by_smtp.finish_together(2, takes_no_lock=True)

    assert outcome_of(by_smtp).repeats > 0


@pytest.fixture
def by_provider(tmp_path: Path) -> Iterator[tuple[Mailing, MailProvider]]:
    """Workers that send to a provider which honours idempotency keys."""
    make_catalogue()
    with MailProvider() as provider:
        url = f"resend+http://re_1@{provider.url.removeprefix('http://').rstrip('/')}"
        with Nursery(environment=environment_of_this_database(EMAIL_URL=url), logs=tmp_path) as nursery:
            mailing = Mailing(nursery, random.Random(11))
            provider.when_taken = lambda mail: mailing.take(to=mail.to, message_id=mail.message_id)
            yield mailing, provider


def test_with_an_idempotency_key_no_notice_is_missed_and_none_told_twice_at_all(
    by_provider: tuple[Mailing, MailProvider], figure: Callable[[str], None]
) -> None:
    mailing, provider = by_provider
    notices, kills = size(short=60, long=2000), size(short=6, long=200)

    mailing.kill_workers(kills, over=notices, points=(*WINDOW, RANDOM, *WINDOW, *POINTS, RANDOM))
    mailing.finish()

    outcome = outcome_of(mailing)
    assert (outcome.missed, outcome.told_twice_differently, outcome.repeats) == (0, 0, 0)
    assert provider.repeats > 0, "no kill fell where the key was needed"
    figure(
        f"{len(mailing.ends)} kills over {notices} notices by a provider with idempotency keys: 0 missed, 0 twice; "
        f"{provider.repeats} repeats were stopped by their key"
    )


def test_control_without_the_key_the_provider_mails_twice(
    by_provider: tuple[Mailing, MailProvider],
) -> None:
    mailing, provider = by_provider
    provider.honours_keys = False
    owe_receipts(10)

    mailing.live_until("accepted")
    mailing.finish()

    assert outcome_of(mailing).repeats == 1
