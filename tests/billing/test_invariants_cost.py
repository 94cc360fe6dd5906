"""A look through the books costs what it looks at, however many customers there are besides."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import connection

from billing.invariants import INVARIANTS
from tests.cast import cy
from tests.infra.proof import size

LOOKED = size(short=100, long=1_000)
FEW, MANY = 100 * LOOKED, size(short=300, long=1_000) * LOOKED

# Customers like the one there is, each with a licence that was changed twice and a notice that was sent.
FILL = """
INSERT INTO licensing_customer (id, slug, name, country, currency, time_zone, locale, created_at)
SELECT n, 'many-' || n, 'Many ' || n, country, currency, time_zone, locale, created_at
FROM licensing_customer c, generate_series({first}, {last}) n WHERE c.id = {customer};

INSERT INTO licensing_licence (id, customer_id, product_id, edition_id, tier_id, seats, state, cancels_at_period_end,
                               started_at, version)
SELECT n, n, product_id, edition_id, tier_id, seats, state, cancels_at_period_end, started_at, 2
FROM licensing_licence l, generate_series({first}, {last}) n WHERE l.customer_id = {customer};

INSERT INTO licensing_event (customer_id, kind, subject, at, by, before, after, reason)
SELECT n, CASE turn WHEN 0 THEN 'licence_opened' ELSE 'licence_renewed' END, 'licence:' || n, e.at, e.by,
       CASE turn WHEN 0 THEN '{{}}' ELSE e.after END, e.after, ''
FROM licensing_event e, generate_series(0, 2) turn, generate_series({first}, {last}) n
WHERE e.customer_id = {customer} AND e.kind = 'licence_opened';

INSERT INTO licensing_notice (id, customer_id, kind, subject, period, facts, owed_at, state, closed_at)
SELECT n, n, 'renewal_reminder', 'licence:' || n, '', '{{}}', now(), 'done', now()
FROM generate_series({first}, {last}) n;

INSERT INTO licensing_delivery (notice_id, address, message_id, state, tries, next_try_at, sent_at, error)
SELECT n, 'a@example.test', n::text, 'sent', 1, now(), now(), '' FROM generate_series({first}, {last}) n;
"""
TABLES = ("customer", "licence", "event", "notice", "delivery")


def fill(customer: int, *, first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(customer=customer, first=first, last=last))
        for table in TABLES:
            cursor.execute(f"ANALYZE licensing_{table}")


def blocks(looked: str) -> int:
    """How many blocks of memory and disk a look at the customers that `looked` selects touches, all invariants."""
    touched = 0
    with connection.cursor() as cursor:
        for invariant in INVARIANTS:
            cursor.execute(
                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
                f" WITH looked AS MATERIALIZED ({looked}) SELECT * FROM ({invariant.sql}) AS found"
            )
            found = cursor.fetchone()[0]
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            touched += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return touched


def a_slice(first: int) -> str:
    ids = ",".join(str(number) for number in range(first, first + LOOKED))
    return f"SELECT unnest('{{{ids}}}'::bigint[]) AS id"


EVERYBODY = "SELECT id FROM licensing_customer"


@pytest.mark.proof
@pytest.mark.django_db
def test_a_look_costs_no_more_for_all_the_customers_it_does_not_look_at(
    figure: Callable[[str], None],
) -> None:
    customer, start = cy().customer.pk, 10_000_000
    fill(customer, first=start, last=start + FEW - 1)
    few, all_of_few = blocks(a_slice(start + FEW // 2)), blocks(EVERYBODY)
    fill(customer, first=start + FEW, last=start + MANY - 1)
    many, all_of_many = blocks(a_slice(start + MANY // 2)), blocks(EVERYBODY)
    figure(
        f"a look at {LOOKED:,} customers touches {few:,} blocks among {FEW:,} and {many:,} among {MANY:,}:"
        f" {many / few:.2f} times; looking at everybody, {all_of_many / all_of_few:.2f} times"
    )
    halfway = (1 + MANY / FEW) / 2
    assert many / few < halfway < all_of_many / all_of_few
