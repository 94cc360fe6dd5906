"""What must be true of the books at every moment, in SQL: each statement finds the rows that break one sentence.

A statement speaks of the customers in `looked` alone, through the indexes on their rows, so that a look costs the same
whether there are a thousand customers or a million. It sees one moment, in which what is written in one transaction is
there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connections

# So many customers are looked at by one statement.
SLICE = 10_000
# Before a statement that speaks of `looked(id)`: the customers who are looked at.
LOOKED = "WITH looked AS MATERIALIZED (SELECT unnest(%(customers)s::bigint[]) AS id)"
# Of one invariant that is broken everywhere, a look names so many rows of a slice: enough to act on.
NAMED_AT_MOST = 100


@dataclass(frozen=True)
class Invariant:
    """`says` is what holds. `sql` finds what breaks it among `looked(id)`: the customer, and a sentence for staff."""

    name: str
    says: str
    sql: str


@dataclass(frozen=True)
class Violation:
    """One row that breaks an invariant, in a sentence that staff can act on."""

    invariant: str
    customer_id: int
    what: str


INVARIANTS = (
    Invariant(
        "one-live-licence",
        "An open customer has exactly one live licence, a closed one has none.",
        """
        SELECT c.id, 'It has ' || count(l.id) || ' live licences and is '
            || CASE WHEN c.closed_at IS NULL THEN 'open.' ELSE 'closed.' END
        FROM looked JOIN licensing_customer c ON c.id = looked.id
        LEFT JOIN licensing_licence l ON l.customer_id = c.id AND l.ended_at IS NULL
        GROUP BY c.id HAVING count(l.id) <> CASE WHEN c.closed_at IS NULL THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        "licence-terms",
        "A licence's tier is of its published edition, its price of that tier, in the customer's currency; without a"
        " price it holds a tier that has none.",
        """
        SELECT l.customer_id, 'Licence ' || l.id || ' holds what does not belong together: product ' || l.product_id
            || ', edition ' || l.edition_id || ', tier ' || l.tier_id
            || ', price ' || coalesce(l.price_id::text, 'none') || '.'
        FROM looked JOIN licensing_licence l ON l.customer_id = looked.id
        JOIN licensing_customer c ON c.id = l.customer_id
        JOIN licensing_tier t ON t.id = l.tier_id
        JOIN licensing_edition e ON e.id = l.edition_id
        LEFT JOIN licensing_price p ON p.id = l.price_id
        WHERE t.edition_id <> e.id OR e.product_id <> l.product_id OR e.published_at IS NULL
            OR p.tier_id <> t.id OR p.currency <> c.currency
            OR (l.price_id IS NULL AND EXISTS (SELECT FROM licensing_price WHERE tier_id = t.id))
        """,
    ),
    Invariant(
        "past-due",
        "A licence is past due since a moment exactly while it is past due, and only where it is paid for.",
        """
        SELECT l.customer_id, 'Licence ' || l.id || ' is ' || l.state || ', past due since '
            || coalesce(l.past_due_since::text, 'never') || '.'
        FROM looked JOIN licensing_licence l ON l.customer_id = looked.id
        WHERE (l.state = 'past_due') <> (l.past_due_since IS NOT NULL)
            OR (l.state = 'past_due' AND l.price_id IS NULL)
        """,
    ),
    Invariant(
        "licence-version",
        "A licence's version is the number of its recorded changes.",
        """
        SELECT l.customer_id, 'Licence ' || l.id || ' is at version ' || l.version || ' after ' || count(e.id)
            || ' recorded changes.'
        FROM looked JOIN licensing_licence l ON l.customer_id = looked.id
        LEFT JOIN licensing_event e ON e.customer_id = l.customer_id AND e.subject = 'licence:' || l.id
            AND e.kind <> 'licence_opened'
        GROUP BY l.id HAVING count(e.id) <> l.version
        """,
    ),
    Invariant(
        "licence-history",
        "Each change of a licence begins where the one before it ended, and the last one ends at what it is now.",
        """
        SELECT customer_id, 'Event ' || id || ' does not begin where the one before it left ' || subject || '.'
        FROM (
            SELECT e.id, e.customer_id, e.subject, e.before,
                lag(e.after, 1, '{}'::jsonb) OVER (PARTITION BY e.subject ORDER BY e.id) AS earlier
            FROM looked JOIN licensing_event e ON e.customer_id = looked.id
            WHERE starts_with(e.subject, 'licence:')
        ) chain
        WHERE before <> earlier
        UNION ALL
        SELECT l.customer_id, 'Licence ' || l.id || ' is not what its last event says.'
        FROM looked JOIN licensing_licence l ON l.customer_id = looked.id
        LEFT JOIN LATERAL (
            SELECT e.after FROM licensing_event e
            WHERE e.customer_id = l.customer_id AND e.subject = 'licence:' || l.id ORDER BY e.id DESC LIMIT 1
        ) last ON true
        WHERE (l.edition_id, l.tier_id, l.price_id, l.seats, l.state, l.period_start, l.period_end,
                l.cancels_at_period_end)
            IS DISTINCT FROM
            ((after ->> 'edition')::bigint, (after ->> 'tier')::bigint, (after ->> 'price')::bigint,
                (after ->> 'seats')::int, after ->> 'state', (after ->> 'period_start')::timestamptz,
                (after ->> 'period_end')::timestamptz, (after ->> 'cancels_at_period_end')::boolean)
        """,
    ),
    Invariant(
        "trials-apart",
        "A trial lies over a licence of its own customer, has ended exactly when it says how, by its last day at the"
        " latest, and no two overlap.",
        """
        SELECT t.customer_id, 'Trial ' || t.id || ' lies over another’s licence, or ended otherwise than it says.'
        FROM looked JOIN licensing_trial t ON t.customer_id = looked.id
        JOIN licensing_licence l ON l.id = t.licence_id
        WHERE l.customer_id <> t.customer_id OR l.product_id <> t.product_id
            OR (t.ended_at IS NULL) <> (t."end" = '') OR t.ended_at > t.ends_at OR t.ended_at < t.started_at
        UNION ALL
        SELECT customer_id, 'Trial ' || id || ' began before the one before it was over.'
        FROM (
            SELECT t.id, t.customer_id, t.started_at,
                lag(coalesce(t.ended_at, t.ends_at)) OVER (
                    PARTITION BY t.customer_id, t.product_id ORDER BY t.started_at, t.id
                ) AS earlier
            FROM looked JOIN licensing_trial t ON t.customer_id = looked.id
        ) row
        WHERE started_at < earlier
        """,
    ),
    Invariant(
        "trials-told",
        "A trial has one event of its start, one of its end if it has ended, and one notice if it ran its time.",
        """
        SELECT customer_id, 'Trial ' || id || ' has ' || starts || ' events of its start, ' || ends
            || ' of its end and ' || notices || ' notices of it.'
        FROM (
            SELECT t.id, t.customer_id, t.ended_at, t."end",
                (SELECT count(*) FROM licensing_event e WHERE e.customer_id = t.customer_id
                    AND e.subject = 'trial:' || t.id AND e.kind = 'trial_started') AS starts,
                (SELECT count(*) FROM licensing_event e WHERE e.customer_id = t.customer_id
                    AND e.subject = 'trial:' || t.id AND e.kind = 'trial_ended') AS ends,
                (SELECT count(*) FROM licensing_notice n WHERE n.customer_id = t.customer_id
                    AND n.kind = 'trial_ended' AND n.subject = 'trial:' || t.id) AS notices
            FROM looked JOIN licensing_trial t ON t.customer_id = looked.id
        ) row
        WHERE starts <> 1 OR ends <> CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END
            OR notices <> CASE WHEN "end" = 'expired' THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        "waivers-apart",
        "An exception was granted after it was asked for, and not by whoever asked; it ended by its last day at the"
        " latest, but for a credit, which is owed.",
        """
        SELECT w.customer_id, 'Waiver ' || w.id || ' was asked for at ' || w.asked_at || ', granted at '
            || coalesce(w.granted_at::text, 'no time') || ', runs until ' || w.ends_at || ' and ended at '
            || coalesce(w.ended_at::text, 'no time') || '.'
        FROM looked JOIN licensing_waiver w ON w.customer_id = looked.id
        WHERE w.granted_at < w.asked_at OR w.ended_at < w.asked_at OR w.approved_by_id = w.asked_by_id
            OR (w.needs_approval AND w.granted_at IS NOT NULL AND w.approved_by_words = '')
            OR (w.ended_at > w.ends_at AND w.kind <> 'price')
        """,
    ),
    Invariant(
        "waivers-told",
        "An exception has one event of the asking, of the granting and of the end, each where there was one; the"
        " customer is told of the granting, and of an end that they did not bring about.",
        """
        SELECT customer_id, 'Waiver ' || id || ' has ' || asked || ' events of its asking, ' || granted
            || ' of its granting and ' || ends || ' of its end, and ' || notices || ' notices.'
        FROM (
            SELECT w.id, w.customer_id, w.granted_at, w.ended_at, w."end",
                (SELECT count(*) FROM licensing_event e WHERE e.customer_id = w.customer_id
                    AND e.subject = 'waiver:' || w.id AND e.kind = 'waiver_asked') AS asked,
                (SELECT count(*) FROM licensing_event e WHERE e.customer_id = w.customer_id
                    AND e.subject = 'waiver:' || w.id AND e.kind = 'waiver_granted') AS granted,
                (SELECT count(*) FROM licensing_event e WHERE e.customer_id = w.customer_id
                    AND e.subject = 'waiver:' || w.id AND e.kind IN ('waiver_ended', 'waiver_refused')) AS ends,
                (SELECT count(*) FROM licensing_notice n WHERE n.customer_id = w.customer_id
                    AND n.subject = 'waiver:' || w.id AND n.kind IN ('waiver_granted', 'waiver_ended')) AS notices
            FROM looked JOIN licensing_waiver w ON w.customer_id = looked.id
        ) row
        WHERE asked <> 1
            OR granted <> CASE WHEN granted_at IS NULL THEN 0 ELSE 1 END
            OR ends <> CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END
            OR notices <> CASE WHEN granted_at IS NULL THEN 0 ELSE 1 END
                + CASE WHEN granted_at IS NOT NULL AND "end" IN ('expired', 'staff') THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        "notices-closed",
        "A notice that was said has its deliveries, each sent or given up; one that was dropped has none.",
        """
        SELECT n.customer_id, 'Notice ' || n.id || ' is ' || n.state || ' with ' || count(d.id) || ' deliveries, '
            || count(d.id) FILTER (WHERE d.state = 'waiting') || ' of them waiting.'
        FROM looked JOIN licensing_notice n ON n.customer_id = looked.id
        LEFT JOIN licensing_delivery d ON d.notice_id = n.id
        GROUP BY n.id HAVING (n.state = 'waiting') <> (n.closed_at IS NULL)
            OR (n.state = 'done' AND (count(d.id) = 0 OR bool_or(d.state = 'waiting')))
            OR (n.state = 'dropped' AND count(d.id) > 0)
            OR bool_or((d.state = 'sent') <> (d.sent_at IS NOT NULL))
        """,
    ),
)


def violations_among(
    customers: Sequence[int], *, invariants: Iterable[Invariant], using: str = "default"
) -> Iterator[Violation]:
    """What breaks `invariants` at these customers; `using` names the database. One statement an invariant."""
    with connections[using].cursor() as cursor:
        for invariant in invariants:
            cursor.execute(
                f"{LOOKED} SELECT * FROM ({invariant.sql}) AS found (customer, what)"
                f" ORDER BY customer, what LIMIT {NAMED_AT_MOST}",
                {"customers": list(customers)},
            )
            for customer_id, what in cursor.fetchall():
                yield Violation(invariant.name, customer_id, what)


def slices_of_customers(*, using: str = "default") -> Iterator[list[int]]:
    """Every customer, a slice at a time, in the order they came."""
    last = 0
    with connections[using].cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT id FROM licensing_customer WHERE id > %s ORDER BY id LIMIT %s", [last, SLICE]
            )
            if not (found := [number for (number,) in cursor.fetchall()]):
                return
            last = found[-1]
            yield found
