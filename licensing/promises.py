"""The promise ledger: each promise, the SQL that finds where it was broken, and what was found, night by night.

An invariant (`licensing/invariants.py`) says what must be true at every moment, and speaks of our books. A promise says
what a customer was told that we do, and in what time, and speaks of what they got. A statement sees the customers in
`looked(id)`, and knows `%(at)s` (now), `%(since)s` (when it was checked before) and `%(days)s` (to answer in).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as words

from licensing.invariants import LOOKED, slices_of_customers
from licensing.models import PromiseCheck
from licensing.reasons import Words

# Of a promise that is broken everywhere, so many places are named. All are counted.
NAMED_AT_MOST = 50
# What waits for a person of the vendor is looked at within so many working days, Monday to Friday.
WORKING_DAYS = 2
# Where no check ran for longer, what was broken before is not found out any more.
LOOKS_BACK = timedelta(days=7)

# Whole working days between a moment and now, for statements: of Friday noon and Monday noon it is one.
WORKED = """(
    SELECT count(*) FROM generate_series(({since})::date + 1, %(at)s::date, interval '1 day') AS day
    WHERE extract(isodow FROM day) < 6
)"""


def answer_by(since: datetime) -> date:
    """The last day, in UTC, on which what waits for a person since then is looked at as promised: the day before the
    one on which `WORKED` first counts too many. Of Friday noon it is Tuesday.
    """
    day, left = since.astimezone(UTC).date(), WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() < 6
    return day


@dataclass(frozen=True)
class Promise:
    """`says`: a sentence that customers read. `clause`: where the policy has it. `sql` finds breaches."""

    key: str
    says: Words
    clause: str
    sql: str
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return str(self.says) % self.numbers if self.numbers else str(self.says)


@dataclass(frozen=True)
class Breach:
    """One place where a promise was broken; `what` names rows by number and nobody by name."""

    customer_id: int
    what: str


ANSWERING = {"days": WORKING_DAYS}

OF_LICENSING = (
    Promise(
        "terms-kept",
        words(
            "Tier, price and edition stay as you bought them until you change them, cancel, or an announced plan has "
            "run its full notice."
        ),
        "edition-kept",
        """
        SELECT e.customer_id, 'Event ' || e.id || ' (' || e.kind || ') changed the terms of ' || e.subject || '.'
        FROM looked JOIN licensing_event e ON e.customer_id = looked.id AND e.at > %(since)s AND e.at <= %(at)s
        WHERE starts_with(e.subject, 'licence:')
            AND e.kind NOT IN ('licence_opened', 'licence_moved', 'licence_ended')
            AND NOT (e.kind = 'edition_moved' AND EXISTS (
                SELECT FROM licensing_plannedchange p
                WHERE 'licence:' || p.licence_id = e.subject AND p.kind = 'edition_sunset' AND p.state = 'done'
                    AND p.done_at = e.at
            ))
            AND (e.before -> 'tier', e.before -> 'price', e.before -> 'edition')
                IS DISTINCT FROM (e.after -> 'tier', e.after -> 'price', e.after -> 'edition')
        """,
    ),
    Promise(
        "trials-told",
        words("You are told before a trial ends."),
        "trials-end",
        """
        SELECT t.customer_id, 'Trial ' || t.id || ' ended, and no reminder had left before.'
        FROM looked JOIN licensing_trial t ON t.customer_id = looked.id
        JOIN licensing_customer c ON c.id = t.customer_id AND c.closed_at IS NULL
        WHERE t."end" = 'expired' AND t.ended_at > %(since)s AND t.ended_at <= %(at)s
            AND NOT EXISTS (
                SELECT FROM licensing_notice n JOIN licensing_delivery d ON d.notice_id = n.id
                WHERE n.customer_id = t.customer_id AND n.kind = 'trial_reminder' AND n.subject = 'trial:' || t.id
                    AND d.sent_at < t.ends_at
            )
        """,
    ),
    Promise(
        "trials-end",
        words("A trial ends by itself, at the minute it says, and gives back what was there."),
        "trials-end",
        """
        SELECT t.customer_id, 'Trial ' || t.id || ' should have ended at ' || t.ends_at || '.'
        FROM looked JOIN licensing_trial t ON t.customer_id = looked.id
        WHERE t.ended_at IS NULL AND t.ends_at <= %(at)s - interval '1 hour'
        """,
    ),
    Promise(
        "notices-leave",
        words("What we owe you to say leaves within a day."),
        "notices",
        """
        SELECT n.customer_id, 'Notice ' || n.id || ' (' || n.kind || ') was owed at ' || n.owed_at
            || CASE WHEN n.closed_at IS NULL THEN ' and waits.' ELSE ' and left a day late.' END
        FROM looked JOIN licensing_notice n ON n.customer_id = looked.id
        WHERE n.owed_at > %(since)s - interval '1 day' AND n.owed_at <= %(at)s - interval '1 day'
            AND (n.closed_at IS NULL OR n.closed_at > n.owed_at + interval '1 day')
        """,
    ),
    Promise(
        "sunsets-told",
        words("Nothing is retired for you before a notice of it has reached you."),
        "sunsets",
        """
        SELECT p.customer_id, 'Planned change ' || p.id || ' took effect, and no notice of it had reached anybody.'
        FROM looked JOIN licensing_plannedchange p ON p.customer_id = looked.id
        WHERE p.state = 'done' AND p.done_at > %(since)s AND p.done_at <= %(at)s AND NOT EXISTS (
            SELECT FROM licensing_delivery d
            WHERE d.notice_id = p.notice_id AND d.sent_at < p.done_at AND d.outcome <> 'bounced'
        )
        """,
    ),
    Promise(
        "exceptions-answered",
        words("An exception that is asked for you is answered within %(days)d working days."),
        "exceptions",
        f"""
        SELECT w.customer_id, 'Waiver ' || w.id || ' has waited for an answer since ' || w.asked_at || '.'
        FROM looked JOIN licensing_waiver w ON w.customer_id = looked.id
        WHERE w.granted_at IS NULL AND w.ended_at IS NULL AND w.ends_at > %(at)s
            AND {WORKED.format(since="w.asked_at")} > %(days)s
        """,
        ANSWERING,
    ),
    Promise(
        "erasures-done",
        words("What you asked us to erase is erased on the day that we said."),
        "erasing",
        """
        SELECT e.customer_id, 'Erasure ' || e.id || ' was due at ' || e.due_at || '.'
        FROM looked JOIN licensing_erasure e ON e.customer_id = looked.id
        WHERE e.withdrawn_at IS NULL AND e.finished_at IS NULL AND e.due_at <= %(at)s - interval '1 day'
        """,
    ),
)


def check(promises: Iterable[Promise], *, at: datetime) -> list[PromiseCheck]:
    """Find out which of `promises` were kept since they were checked before, and write it down for the day of `at`.

    Once a day: those that have been checked on that day already are passed over. Returns the new checks.
    """
    day = at.date()
    done = set(PromiseCheck.objects.filter(day=day).values_list("promise", flat=True))
    new = []
    for promise in promises:
        if promise.key in done:
            continue
        broken, named = breaches_of(promise, since=_checked_before(promise, at=at), at=at)
        new.append(
            PromiseCheck(
                promise=promise.key,
                day=day,
                broken=broken,
                breaches=[{"customer": each.customer_id, "what": each.what} for each in named],
                checked_at=at,
            )
        )
    PromiseCheck.objects.bulk_create(new, ignore_conflicts=True)
    return new


def breaches_of(promise: Promise, *, since: datetime, at: datetime) -> tuple[int, list[Breach]]:
    """At how many places a promise was broken, and the first of them. A slice of customers at a time."""
    broken, named = 0, list[Breach]()
    for customers in slices_of_customers():
        with connection.cursor() as cursor:
            cursor.execute(
                f"{LOOKED} SELECT customer, what, count(*) OVER () FROM ({promise.sql}) AS found (customer, what)"
                f" ORDER BY customer, what LIMIT {NAMED_AT_MOST}",
                {"customers": list(customers), "since": since, "at": at, "days": WORKING_DAYS},
            )
            rows = cursor.fetchall()
        broken += rows[0][2] if rows else 0
        named += [Breach(customer, what) for customer, what, _count in rows]
    return broken, named[:NAMED_AT_MOST]


@dataclass(frozen=True)
class Kept:
    """How a promise was kept: the checks of the last days by day, the oldest first; None where none was made."""

    promise: Promise
    days: list[tuple[date, PromiseCheck | None]]

    @property
    def checked(self) -> list[PromiseCheck]:
        return [check for _day, check in self.days if check]

    @property
    def broken_on(self) -> list[PromiseCheck]:
        return [check for check in self.checked if not check.is_kept]


def ledger(promises: Sequence[Promise], *, until: date, days: int) -> list[Kept]:
    """The last `days` days of each promise, up to and with `until`. One query."""
    calendar = [until - timedelta(days=back) for back in reversed(range(days))]
    checks = PromiseCheck.objects.filter(day__gte=calendar[0], day__lte=until)
    found = {(each.promise, each.day): each for each in checks}
    return [Kept(one, [(day, found.get((one.key, day))) for day in calendar]) for one in promises]


def _checked_before(promise: Promise, *, at: datetime) -> datetime:
    last = PromiseCheck.objects.filter(promise=promise.key).order_by("-day").first()
    return max(last.checked_at, at - LOOKS_BACK) if last else at - timedelta(days=1)
