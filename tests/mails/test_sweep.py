"""`manage.py sweep` runs every sweep of the schedule once and says what each did."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command

from portal import tasks
from portal.mails import outbox
from tests.cast import NOON, Party
from tests.infra.mailbox import Mailbox
from tests.mails.scenes import trial_of

# One of the sweeps asks Stripe, which is never asked inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    """The sweeps read the clock; the cast's dates lie around noon."""
    with time_machine.travel(NOON):
        yield


def sweep(*arguments: str) -> str:
    out = StringIO()
    call_command("sweep", *arguments, stdout=out)
    return out.getvalue()


def test_a_trial_that_is_over_is_ended_and_told_of_in_one_sweep(okafor: Party, mailbox: Mailbox) -> None:
    trial_of(okafor, ends_at=NOON - timedelta(minutes=1))

    did = json.loads(sweep("--json"))

    assert set(did) == set(settings.CELERY_BEAT_SCHEDULE)
    assert did["trials"]["trials_ended"] == 1
    assert did["notices"]["sent"] == 2


def test_it_says_in_words_what_it_did(okafor: Party, mailbox: Mailbox) -> None:
    trial_of(okafor, ends_at=NOON - timedelta(minutes=1))

    first, again = sweep(), sweep()

    assert "trials: trials ended 1\n" in first
    assert "notices: sent 2\n" in first
    assert "notices: nothing to do\n" in again


def test_a_sweep_that_fails_holds_up_no_other_and_is_named(
    okafor: Party, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr("licensing.tasks.sweep_trials.run", broken)
    out = StringIO()

    with pytest.raises(CommandError, match="trials"):
        call_command("sweep", stdout=out)

    assert "trials: error RuntimeError: no such luck" in out.getvalue()
    assert "notices:" in out.getvalue()


def test_the_task_sends_what_is_owed_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "send_due", lambda *, at: outbox.Counts(sent=3))

    assert tasks.send_notices.run()["sent"] == 3
