"""What must be true of the books of billing, besides what must be of licences; and looking at all of it.

Every honest state in between holds them too: an order that is paid at Stripe and not settled here yet breaks none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from licensing.invariants import INVARIANTS as OF_LICENSING
from licensing.invariants import SLICE, Invariant, Violation, slices_of_customers, violations_among

CHECKED_EVERY = timedelta(minutes=5)
# The customers of so many of the newest events are looked at each time.
NEWEST_EVENTS = 10_000

OF_BILLING = (
    Invariant(
        "paid-by-a-subscription",
        "A live paid licence has the subscription that pays for it, of a customer known to Stripe; any other has none.",
        """
        SELECT l.customer_id, 'Licence ' || l.id || ' is '
            || CASE WHEN l.ended_at IS NOT NULL THEN 'ended' WHEN l.price_id IS NULL THEN 'free' ELSE 'paid' END
            || ' and has ' || coalesce('the subscription ' || s.stripe_id, 'no subscription') || ' of '
            || coalesce(p.stripe_id, 'nobody') || '.'
        FROM looked JOIN licensing_licence l ON l.customer_id = looked.id
        LEFT JOIN billing_subscription s ON s.licence_id = l.id
        LEFT JOIN billing_payer p ON p.customer_id = l.customer_id
        WHERE (l.ended_at IS NULL AND l.price_id IS NOT NULL) <> (s.id IS NOT NULL)
            OR (s.id IS NOT NULL AND p.id IS NULL)
        """,
    ),
    Invariant(
        "moved-by-a-paid-order",
        "A licence moves by a settled order of its customer and by nothing else: no failed order, no trial.",
        """
        SELECT e.customer_id, 'Event ' || e.id || ' moved ' || e.subject || ' without a settled order.'
        FROM looked JOIN licensing_event e ON e.customer_id = looked.id
        LEFT JOIN billing_order o ON o.customer_id = e.customer_id AND o.state = 'settled'
            AND e.reason = 'Order ' || o.id
        WHERE e.kind = 'licence_moved' AND o.id IS NULL
        """,
    ),
    Invariant(
        "a-paid-order-moved-once",
        "A settled order has moved the licence of its quote once, to exactly what was quoted.",
        """
        SELECT o.customer_id, 'Order ' || o.id || ' is settled and moved the quoted licence ' || count(e.id)
            || ' times to what was quoted.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id AND o.state = 'settled'
        JOIN billing_quote q ON q.id = o.quote_id
        LEFT JOIN licensing_event e ON e.customer_id = o.customer_id AND e.kind = 'licence_moved'
            AND e.reason = 'Order ' || o.id AND e.subject = 'licence:' || q.licence_id
            AND (e.after ->> 'tier')::bigint = q.tier_id AND (e.after ->> 'price')::bigint = q.price_id
            AND (e.after ->> 'seats')::int = q.seats
        GROUP BY o.id HAVING count(e.id) <> 1
        """,
    ),
    Invariant(
        "charged-as-quoted",
        "A settled order charged what its quote says, or a person was told.",
        """
        SELECT o.customer_id, 'Order ' || o.id || ' was quoted ' || q.due || ' and charged '
            || coalesce(o.charged::text, 'an unknown sum') || ' ' || q.currency
            || ' (minor units) by ' || coalesce(nullif(o.stripe_invoice_id, ''), 'no invoice') || '.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id AND o.state = 'settled'
        JOIN billing_quote q ON q.id = o.quote_id
        WHERE o.charged IS NULL OR o.stripe_invoice_id = ''
            OR (o.charged <> q.due AND o.needs_staff = '' AND NOT EXISTS (
                SELECT FROM licensing_event e WHERE e.customer_id = o.customer_id
                    AND e.kind = 'order_cleared' AND e.subject = 'order:' || o.id
            ))
        """,
    ),
    Invariant(
        "paid-twice-goes-back",
        "What a failed order was charged is being given back, each step asked for once; nothing else is given back.",
        """
        SELECT o.customer_id, 'Order ' || o.id || ' is ' || o.state || ', charged '
            || coalesce(o.charged::text, 'nothing') || ' and given back ' || coalesce(o.refunded::text, 'nothing')
            || ' by ' || count(a.id) || ' steps, ' || count(a.id) FILTER (WHERE a.outcome = 'asked') || ' unanswered.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id
        LEFT JOIN billing_attempt a ON a.order_id = o.id AND a.step IN ('cancel', 'refund', 'credit')
        GROUP BY o.id
        HAVING (o.state = 'failed' AND o.charged IS NOT NULL) <> (count(a.id) > 0)
            OR (o.refunded IS NOT NULL AND NOT coalesce(bool_and(a.outcome <> 'asked'), false))
            OR o.refunded > o.charged
        """,
    ),
    Invariant(
        "orders-told",
        "A settled order has one event of it and its receipt, a failed one has the event of its failure.",
        """
        SELECT customer_id, 'Order ' || id || ' is ' || state || ' with ' || events || ' events of it and '
            || receipts || ' receipts.'
        FROM (
            SELECT o.id, o.customer_id, o.state,
                (SELECT count(*) FROM licensing_event e WHERE e.customer_id = o.customer_id
                    AND e.subject = 'order:' || o.id AND e.kind = 'order_' || o.state) AS events,
                (SELECT count(*) FROM licensing_notice n WHERE n.customer_id = o.customer_id
                    AND n.kind = 'receipt' AND n.subject = 'order:' || o.id) AS receipts
            FROM looked JOIN billing_order o ON o.customer_id = looked.id
        ) row
        WHERE events <> CASE WHEN state = 'pending' THEN 0 ELSE 1 END
            OR receipts <> CASE WHEN state = 'settled' THEN 1 ELSE 0 END
        """,
    ),
    Invariant(
        "orders-end",
        "An order that is over says when, a failed one why, and one that waits says neither.",
        """
        SELECT o.customer_id, 'Order ' || o.id || ' is ' || o.state || ', closed at '
            || coalesce(o.closed_at::text, 'no time') || ' because of “' || o.failure || '”.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id
        WHERE (o.state = 'pending') <> (o.closed_at IS NULL) OR (o.state = 'failed') <> (o.failure <> '')
        """,
    ),
    Invariant(
        "one-order-waits",
        "At most one order of a customer waits for its payment.",
        """
        SELECT o.customer_id, count(*) || ' orders wait.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id AND o.state = 'pending'
        GROUP BY o.customer_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "charged-by-one-asking",
        "Stripe is asked to charge an order by one attempt at most, under the order's own key; by one exactly where it"
        " is settled.",
        """
        SELECT o.customer_id, 'Order ' || o.id || ' is ' || o.state || ' and was put to Stripe ' || count(a.id)
            || ' times, under ' || coalesce(string_agg(a.idempotency_key, ', '), 'no key') || '.'
        FROM looked JOIN billing_order o ON o.customer_id = looked.id
        LEFT JOIN billing_attempt a ON a.order_id = o.id AND a.step IN ('checkout', 'create', 'change')
        GROUP BY o.id HAVING count(a.id) > 1 OR (o.state = 'settled' AND count(a.id) = 0)
            OR NOT bool_and(a.id IS NULL OR starts_with(a.idempotency_key, 'order-' || o.id))
        """,
    ),
    Invariant(
        "quotes-add-up",
        "A quote is for its customer's own licence, and its lines, tax and credit come to what is due.",
        """
        SELECT q.customer_id, 'Quote ' || q.id || ' is for another’s licence or order, or does not come to '
            || q.due || ' ' || q.currency || ' (minor units).'
        FROM looked JOIN billing_quote q ON q.customer_id = looked.id
        JOIN licensing_licence l ON l.id = q.licence_id
        JOIN licensing_price p ON p.id = q.price_id
        LEFT JOIN billing_order o ON o.quote_id = q.id
        WHERE l.customer_id <> q.customer_id OR o.customer_id <> q.customer_id
            OR p.tier_id <> q.tier_id OR p.currency <> q.currency OR q.due < 0
            OR q.due <> q.tax - q.credit
                + (SELECT coalesce(sum((line ->> 'amount')::bigint), 0) FROM jsonb_array_elements(q.lines) line)
        """,
    ),
    Invariant(
        "credits-given",
        "A credit that was promised is asked of Stripe exactly where the exception is used up, once, and the history"
        " says it where it was given.",
        """
        SELECT customer_id, 'Waiver ' || id || ' ended as “' || "end" || '”; its credit is '
            || coalesce(outcome, 'not asked for') || ' with ' || told || ' events of the amount.'
        FROM (
            SELECT w.id, w.customer_id, w.kind, w."end", c.outcome,
                (SELECT count(*) FROM licensing_event e WHERE e.customer_id = w.customer_id
                    AND e.kind = 'credit_given' AND e.subject = 'balancecredit:' || c.id
                    AND (e.after ->> 'credit')::bigint = w.amount) AS told
            FROM looked JOIN licensing_waiver w ON w.customer_id = looked.id
            LEFT JOIN billing_balancecredit c ON c.waiver_id = w.id
        ) row
        WHERE (outcome IS NOT NULL) <> (kind = 'price' AND "end" = 'used')
            OR told <> CASE WHEN outcome = 'done' THEN 1 ELSE 0 END
        """,
    ),
)
INVARIANTS = OF_LICENSING + OF_BILLING


def violations(*, using: str = "default") -> list[Violation]:
    """Everything that breaks an invariant now, at any customer; `using` names the database. Nothing is changed."""
    return [
        violation
        for customers in slices_of_customers(using=using)
        for violation in violations_among(customers, invariants=INVARIANTS, using=using)
    ]


def due_for_a_look(*, at: datetime) -> Sequence[int]:
    """Whom the look of this moment takes: the customers with the newest events, and of all others a slice in turn.

    Up to ten thousand customers are looked at every time; a million all within nine hours, and whoever's history has
    just grown at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH bounds AS (SELECT coalesce(max(id), 0) / %(slice)s + 1 AS slices FROM licensing_customer)"
            " SELECT customer_id FROM (SELECT customer_id FROM licensing_event ORDER BY id DESC LIMIT %(newest)s) e"
            " UNION SELECT id FROM licensing_customer, bounds"
            " WHERE id >= %(turn)s %% slices * %(slice)s AND id < (%(turn)s %% slices + 1) * %(slice)s",
            {
                "slice": SLICE,
                "newest": NEWEST_EVENTS,
                "turn": int(at.timestamp() // CHECKED_EVERY.total_seconds()),
            },
        )
        return [number for (number,) in cursor.fetchall()]
