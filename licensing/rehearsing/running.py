"""Rehearsals are started, go on in batches, and can be left and taken up again at any moment.

Each batch is a transaction of its own that locks the rehearsal's row and nothing of any customer; a second worker finds
it locked and leaves it alone.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction

from licensing.catalogue import draft_hash
from licensing.catalogue.checklist import newest_published
from licensing.catalogue.lint_steps import values_fit
from licensing.models import Edition, Rehearsal
from licensing.noticeclock import NoticeClock
from licensing.rehearsing import reading
from licensing.rehearsing.leaving import announced
from licensing.rehearsing.playing import Play
from licensing.rehearsing.totals import totals_of
from licensing.rows import ask
from licensing.terms import edition_terms, read_edition

State = Rehearsal.State
_COLUMNS = {
    "customer_id": "bigint", "held_edition": "text", "held_tier": "text", "currency": "text", "interval": "text",
    "seats": "int", "cancelled": "bool", "before": "bigint", "after": "bigint", "if_moved": "bigint",
    "effect": "text", "moving": "text", "gained": "jsonb", "lost": "jsonb", "gained_if_moved": "jsonb",
    "lost_if_moved": "jsonb", "flips": "jsonb", "notices": "jsonb", "earliest": "timestamptz", "promises": "jsonb",
    "moves_on": "jsonb",
}  # fmt: skip
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
# The rows are a parameter of a statement that stays the same: a driver that writes them into its text keeps that text.
_INSERT = f"""
WITH written AS (
    INSERT INTO licensing_rehearsed (rehearsal_id, {_NAMES})
    SELECT %(rehearsal)s, {_NAMES} FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS played ({", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())})
    RETURNING 1
)
SELECT count(*) FROM written
"""


class UnableToRehearse(ValueError):
    """The edition is published already or the first of its product, or gives what fits no feature."""


def start(*, edition: Edition, by: Any, at: datetime) -> Rehearsal:
    """Begin the rehearsal of a draft as it stands; one that runs already with these terms is gone on with.

    Raises UnableToRehearse. What runs with other terms is left as outdated.
    """
    with transaction.atomic():
        draft = Edition.objects.select_for_update().get(pk=edition.pk)
        against = newest_published(draft)
        if (why_not := refusal(draft, against=against)) or against is None:
            raise UnableToRehearse(why_not)
        terms_hash = draft_hash(draft)
        running = Rehearsal.objects.select_for_update().filter(edition=draft, state=State.RUNNING).first()
        if running is not None and (running.terms_hash, running.against_id) == (terms_hash, against.pk):
            return running
        if running is not None:
            _end(running, State.OUTDATED, at=at)
        rehearsal = Rehearsal(
            edition=draft, against=against, terms_hash=terms_hash, started_by=by, started_at=at
        )
        rehearsal.total = reading.count(rehearsal)
        rehearsal.save()
    return rehearsal


def refusal(edition: Edition, *, against: Edition | None) -> str:
    """Why `edition` is not rehearsed with the holders of what is sold, in sentences; empty where it may be."""
    if edition.published_at is not None:
        return f"The edition {edition.key} is published already."
    if against is None:
        return "Nothing of this product is on sale yet, so there is nobody to rehearse with."
    unfit = [str(finding) for finding in values_fit(read_edition(edition))]
    return f"What fits no feature cannot be played through. {' '.join(unfit)}" if unfit else ""


def go_on(rehearsal_id: int, *, at: datetime, batch: int = reading.BATCH) -> bool:
    """Play the next batch; whether there is more to do. False too where another worker is at it.

    Where the draft was edited meanwhile, or another edition was published, it ends as outdated. After the last batch
    the totals are drawn and it is done.
    """
    with transaction.atomic():
        rehearsal = (
            Rehearsal.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("edition")
            .filter(pk=rehearsal_id, state=State.RUNNING)
            .first()
        )
        if rehearsal is None:
            return False
        newest = newest_published(rehearsal.edition)
        if (
            newest is None
            or newest.pk != rehearsal.against_id
            or draft_hash(rehearsal.edition) != rehearsal.terms_hash
        ):
            _end(rehearsal, State.OUTDATED, at=at)
            return False
        facts = reading.read_batch(rehearsal, batch=batch)
        if not facts:
            rehearsal.totals = totals_of(rehearsal)
            rehearsal.total = rehearsal.done
            _end(rehearsal, State.DONE, at=at)
            return False
        play = _play(rehearsal.pk)
        rows = [play.customer(each) for each in facts]
        ask(_INSERT, {"rehearsal": rehearsal.pk, "rows": json.dumps(rows)})
        rehearsal.last_licence = facts[-1].standing.licence.pk
        rehearsal.done += len(facts)
        rehearsal.save(update_fields=["last_licence", "done"])
    return True


def to_the_end(rehearsal: Rehearsal, *, at: datetime) -> Rehearsal:
    """Play all of it now, and give back what became of it."""
    while go_on(rehearsal.pk, at=at):
        pass
    return Rehearsal.objects.get(pk=rehearsal.pk)


def fail(rehearsal_id: int, *, failure: str, at: datetime) -> None:
    """Note that it cannot be played, and why. Started again, it begins anew."""
    with transaction.atomic():
        running = Rehearsal.objects.select_for_update().filter(pk=rehearsal_id, state=State.RUNNING).first()
        if running is not None:
            running.failure = failure[:400]
            _end(running, State.FAILED, at=at)


@lru_cache(maxsize=2)
def _play(rehearsal_id: int) -> Play:
    """Read once in each process that works at it. The draft's terms were just seen to be those of the rehearsal."""
    rehearsal = Rehearsal.objects.select_related("edition").get(pk=rehearsal_id)
    return Play(
        draft=read_edition(rehearsal.edition),
        today=edition_terms(rehearsal.against_id),
        clock=NoticeClock.read(),
        plans=announced(rehearsal.edition.product_id, at=rehearsal.started_at),
        at=rehearsal.started_at,
    )


def _end(rehearsal: Rehearsal, state: str, *, at: datetime) -> None:
    rehearsal.state, rehearsal.finished_at = state, at
    rehearsal.save()
