"""What the clock ends, in batches; and the ending of trials, as one statement a batch: the trial, its event and its
notice are written together.

The ORM would carry every row here and back, and most of what a sweep costs would be that. The rows and their words are
those of `history.entry` and `notices.notice`; a test writes both and compares them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from licensing.history import CLOCK
from licensing.models import Trial
from licensing.rows import ask

BATCH = 1000


def in_batches(do: Callable[[], int]) -> int:
    """Call `do`, which does up to BATCH and says how many, until fewer are left than that. How many in all."""
    done = 0
    while count := do():
        done += count
        if count < BATCH:
            break
    return done


def isoformat(column: str) -> str:
    """SQL that writes a moment as isoformat() does, for a statement with parameters."""
    return f"""(to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
        || CASE WHEN extract(microseconds FROM {column})::int %% 1000000 = 0 THEN '' ELSE to_char({column}, '.US') END
        || '+00:00')"""


# A single statement is a transaction of its own, so whoever waits for one of these rows waits for a batch at most. What
# somebody is working on, who has the customer's lock, is left to them and to the next sweep. The lock on the customer
# is the one that writing the event takes in any case; taken only then, it would be taken after the trial's, and whoever
# took both in the order of the house would wait in a circle.
_END = """
WITH due AS MATERIALIZED (
    SELECT trial.id
    FROM licensing_trial trial JOIN licensing_customer customer ON customer.id = trial.customer_id
    WHERE trial.ended_at IS NULL AND trial.ends_at <= %(at)s AND {whose}
    ORDER BY trial.ends_at
    LIMIT %(batch)s
    FOR UPDATE OF trial {locked} FOR KEY SHARE OF customer {locked}
), ended AS (
    UPDATE licensing_trial trial SET ended_at = trial.ends_at, "end" = %(end)s::text
    FROM due WHERE trial.id = due.id
    RETURNING trial.id, trial.customer_id, trial.ends_at
), recorded AS (
    INSERT INTO licensing_event (customer_id, kind, subject, at, actor_id, by, before, after, reason)
    SELECT customer_id, 'trial_ended', 'trial:' || id, %(at)s, NULL, %(by)s,
        jsonb_build_object('ends_at', {ends_at}), jsonb_build_object('end', %(end)s::text), ''
    FROM ended
), owed AS (
    INSERT INTO licensing_notice (customer_id, kind, subject, period, facts, owed_at, state, closed_at)
    SELECT customer_id, 'trial_ended', 'trial:' || id, '', '{{}}', %(at)s, 'waiting', NULL FROM ended
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM ended
"""
_OF_ALL = _END.format(whose="customer.closed_at IS NULL", locked="SKIP LOCKED", ends_at=isoformat("ends_at"))
_OF_ONE = _END.format(whose="customer.id = %(customer)s", locked="", ends_at=isoformat("ends_at"))


def end_expired(*, at: datetime) -> int:
    """End up to 1,000 trials whose time has run, of customers that are open, and owe each a word. The number ended."""
    return _end(_OF_ALL, at=at)


def end_expired_of(customer_id: int, *, at: datetime) -> int:
    """The same for one customer, whose lock is held: nobody else can be at work on their trial."""
    return _end(_OF_ONE, at=at, customer=customer_id)


def _end(statement: str, *, at: datetime, customer: int | None = None) -> int:
    facts: dict[str, Any] = {
        "at": at,
        "batch": BATCH,
        "end": Trial.End.EXPIRED.value,
        "by": CLOCK.words,
        "customer": customer,
    }
    return int(ask(statement, facts)[0][0])
