"""Ending exceptions whose time has run, as one statement a batch, as trials are (licensing/sweeping.py says why so).

The rows and their words are those of `steps.close`; a test writes both and compares them.
"""

from __future__ import annotations

from datetime import datetime

from licensing import sweeping
from licensing.history import CLOCK
from licensing.models import Waiver
from licensing.rows import ask

# A credit that was granted is owed, and does not run out; only the question for it does.
_END = f"""
WITH due AS MATERIALIZED (
    SELECT waiver.id
    FROM licensing_waiver waiver JOIN licensing_customer customer ON customer.id = waiver.customer_id
    WHERE waiver.ended_at IS NULL AND waiver.ends_at <= %(at)s AND customer.closed_at IS NULL
        AND (waiver.kind <> %(credit)s OR waiver.granted_at IS NULL)
    ORDER BY waiver.ends_at
    LIMIT %(batch)s
    FOR UPDATE OF waiver SKIP LOCKED FOR KEY SHARE OF customer SKIP LOCKED
), ended AS (
    UPDATE licensing_waiver waiver SET ended_at = waiver.ends_at, ended_by_id = NULL, ended_by_words = %(by)s,
        ended_because = '', "end" = CASE WHEN waiver.granted_at IS NULL THEN %(lapsed)s ELSE %(expired)s END
    FROM due WHERE waiver.id = due.id
    RETURNING waiver.id, waiver.customer_id, waiver.ends_at, waiver."end"
), recorded AS (
    INSERT INTO licensing_event (customer_id, kind, subject, at, actor_id, by, before, after, reason)
    SELECT customer_id, 'waiver_ended', 'waiver:' || id, %(at)s, NULL, %(by)s,
        jsonb_build_object('ends_at', {sweeping.isoformat("ends_at")}), jsonb_build_object('end', "end"), ''
    FROM ended
), owed AS (
    INSERT INTO licensing_notice (customer_id, kind, subject, period, facts, owed_at, state, closed_at)
    SELECT customer_id, 'waiver_ended', 'waiver:' || id, '', '{{}}', %(at)s, 'waiting', NULL FROM ended
    WHERE "end" = %(expired)s
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM ended
"""


def end_due(*, at: datetime) -> int:
    """End up to 1,000 exceptions that the clock has ended, of customers that are open. The number ended."""
    facts = {
        "at": at,
        "batch": sweeping.BATCH,
        "by": CLOCK.words,
        "credit": Waiver.Kind.PRICE.value,
        "expired": Waiver.End.EXPIRED.value,
        "lapsed": Waiver.End.LAPSED.value,
    }
    return int(ask(_END, facts)[0][0])
