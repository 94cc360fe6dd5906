"""A rehearsal that was left in the middle is taken up again by the worker, without anybody asking."""

from __future__ import annotations

import pytest

from licensing import catalogue
from licensing.models import Edition, Rehearsal, Rehearsed
from licensing.rehearsing.running import go_on, start
from licensing.tasks import rehearse_what_runs
from portal.local.processes import Child, wait_until
from tests.cast import NOON, TODAY, ada, bo, cy
from tests.publishing import writer


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_left_goes_on_from_there(celery_worker: Child) -> None:
    ada(), bo(), cy()
    draft = catalogue.draft_from(edition=Edition.objects.get(key=TODAY), key="2026-12", name="December 2026")
    rehearsal = start(edition=draft, by=writer(), at=NOON)
    assert go_on(rehearsal.pk, at=NOON, batch=1)
    first = Rehearsed.objects.get(rehearsal=rehearsal)
    rehearse_what_runs.delay()
    wait_until(
        lambda: Rehearsal.objects.get(pk=rehearsal.pk).state == Rehearsal.State.DONE,
        minded=[celery_worker],
        within=60,
        otherwise=f"The rehearsal does not go on; see {celery_worker.log}.",
    )
    assert Rehearsed.objects.filter(rehearsal=rehearsal).count() == 3
    assert Rehearsed.objects.filter(pk=first.pk).exists(), "what was played is not played again"
