"""What our own database holds of one customer, read in one statement and without our own code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from billing.invariants import INVARIANTS
from billing.subscriptions import BEFORE_APPLIED

Row = dict[str, Any]

READ = """
SELECT json_build_object(
    'orders', (SELECT coalesce(json_agg(o ORDER BY o.accepted_at), '[]') FROM (
        SELECT o.id, o.state, o.failure, o.accepted_at, o.charged, o.needs_staff, o.pay_url, q.due, q.price_id, q.seats,
               q.tier_id, p.lookup_key
        FROM billing_order o JOIN billing_quote q ON q.id = o.quote_id JOIN licensing_price p ON p.id = q.price_id
        WHERE o.customer_id = %(customer)s) o),
    'licences', (SELECT json_agg(l) FROM licensing_licence l WHERE l.customer_id = %(customer)s AND ended_at IS NULL),
    'history', (SELECT json_agg(e ORDER BY e.id) FROM (
        SELECT id, kind, subject, before, after, reason FROM licensing_event
        WHERE customer_id = %(customer)s AND (kind LIKE 'licence_%%' OR kind LIKE 'order_%%')) e),
    'receipts', (SELECT coalesce(json_agg(subject), '[]') FROM licensing_notice
        WHERE customer_id = %(customer)s AND kind = 'receipt'),
    'subscriptions', (SELECT coalesce(json_agg(s.stripe_id), '[]') FROM billing_subscription s
        JOIN licensing_licence l ON l.id = s.licence_id WHERE l.customer_id = %(customer)s),
    'waiting', (SELECT coalesce(json_agg(e.type || ' ' || e.error), '[]') FROM billing_stripeevent e
        WHERE handled_at IS NULL),
    'doubles', (SELECT count(*) - count(DISTINCT stripe_id) FROM billing_stripeevent),
    'trials', (SELECT coalesce(json_agg(t ORDER BY t.id), '[]') FROM licensing_trial t
        WHERE customer_id = %(customer)s),
    'written', (SELECT json_build_array((SELECT max(id) FROM licensing_event WHERE customer_id = %(customer)s),
        (SELECT max(id) FROM licensing_notice WHERE customer_id = %(customer)s),
        (SELECT count(*) FROM billing_attempt))),
    'overdue_trials', (SELECT count(*) FROM licensing_trial
        WHERE customer_id = %(customer)s AND ended_at IS NULL AND ends_at <= %(at)s)
)
"""


@dataclass(frozen=True)
class Kept:
    """`orders` by id; `history` of licence and orders, oldest first; `written` tells whether anything was added."""

    orders: dict[str, Row]
    licence: Row
    history: list[Row]
    receipts: list[str]
    subscriptions: list[str]
    waiting: list[str]
    trials: list[Row]
    written: list[int]
    doubles: int
    overdue_trials: int

    def was_over(self, order: str) -> bool:
        """Whether an order's subscription had ended before its payment was applied."""
        is_its = False
        for row in self.history:
            if row["kind"] == "licence_moved":
                is_its = row["reason"] == f"Order {order}"
            elif is_its and row["kind"] == "licence_ended" and row["reason"] == BEFORE_APPLIED:
                return True
        return False

    @property
    def pending(self) -> list[Row]:
        return [order for order in self.orders.values() if order["state"] == "pending"]


# All of the standing invariants in one statement, which PostgreSQL plans once.
BOOKS = "WITH looked AS MATERIALIZED (SELECT %(customer)s::bigint AS id) " + " UNION ALL ".join(
    f"SELECT '{each.name}: ' || what FROM ({each.sql}) AS found (customer, what)" for each in INVARIANTS
)


def violations(customer_id: int) -> list[str]:
    """What breaks a standing invariant at this customer."""
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(BOOKS, {"customer": customer_id}, prepare=True)
        return [str(what) for (what,) in cursor.fetchall()]


def kept(customer_id: int, *, at: datetime) -> Kept:
    with connection.cursor() as cursor:
        cursor.execute(READ, {"customer": customer_id, "at": at})
        found: Row = cursor.fetchone()[0]
    licences = found.pop("licences")
    assert len(licences) == 1, f"live licences: {licences}"
    orders = {order["id"]: order for order in found.pop("orders")}
    return Kept(orders=orders, licence=licences[0], **found)


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
