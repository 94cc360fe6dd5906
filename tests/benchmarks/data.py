"""Databases for the benchmarks: copies of the migrated one, filled by PostgreSQL itself.

Of 1,000 to 1,000,000 customers, customer n belongs to person n, who owns it. Three of four pay for Team by the month,
every tenth on the older edition; the others are free. Each has two readings of two limits, some history, an old notice
and an old webhook; every third has had a trial.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

# What the fill leaves out, because it writes no more than rows that fit: guards and foreign keys.
_QUIETLY = "SET session_replication_role = replica"

_ROWS = [
    """
    INSERT INTO portal_user (id, password, email, name, is_superuser, is_staff, is_active, date_joined)
    SELECT n, '!', 'person' || n || '@bench.test', 'Person ' || n, false, false, true, now() - interval '400 days'
    FROM generate_series(%(first)s::int, %(last)s::int) n
    """,
    """
    INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    SELECT n, 'person' || n || '@bench.test', true, true FROM generate_series(%(first)s::int, %(last)s::int) n
    """,
    """
    INSERT INTO licensing_customer (id, slug, name, country, currency, time_zone, locale, created_at)
    SELECT n, 'customer-' || n, 'Customer ' || n, 'DE', 'USD', 'Europe/Berlin', 'en_GB', now() - interval '400 days'
    FROM generate_series(%(first)s::int, %(last)s::int) n
    """,
    """
    INSERT INTO licensing_member (customer_id, user_id, role, joined_at)
    SELECT n, n, 'owner', now() - interval '400 days' FROM generate_series(%(first)s::int, %(last)s::int) n
    """,
    """
    INSERT INTO licensing_licence (id, customer_id, product_id, edition_id, tier_id, price_id, seats, state,
        period_start, period_end, cancels_at_period_end, started_at, version)
    SELECT n, n, e.product_id, e.id, t.id, p.id, CASE WHEN p.id IS NULL THEN 1 ELSE 8 END, 'active',
        CASE WHEN p.id IS NOT NULL THEN now() - (n %% 24 + 1) * interval '1 day' END,
        CASE WHEN p.id IS NOT NULL THEN now() + (29 - n %% 24) * interval '1 day' END,
        false, now() - interval '400 days', 1
    FROM generate_series(%(first)s::int, %(last)s::int) n
    JOIN licensing_edition e ON e.key = CASE WHEN n %% 10 = 0 THEN '2025-03' ELSE '2026-01' END
    JOIN licensing_tier t ON t.edition_id = e.id AND t.key = CASE WHEN n %% 4 = 3 THEN 'free' ELSE 'team' END
    LEFT JOIN licensing_price p ON p.tier_id = t.id AND p.currency = 'USD' AND p.interval = 'month'
    """,
    """
    INSERT INTO billing_payer (customer_id, stripe_id, payment_method_id, card_brand, card_last4, card_exp_month,
        card_exp_year, credit, tax_percent, tax_name)
    SELECT n, 'cus_' || n, 'pm_' || n, 'visa', '4242', 12, 2030, 0, '19', 'VAT'
    FROM generate_series(%(first)s::int, %(last)s::int) n WHERE n %% 4 <> 3
    """,
    """
    INSERT INTO billing_subscription (licence_id, stripe_id, stripe_item_id)
    SELECT n, 'sub_' || n, 'si_' || n FROM generate_series(%(first)s::int, %(last)s::int) n WHERE n %% 4 <> 3
    """,
    """
    INSERT INTO licensing_usagereading (customer_id, feature_key, value, read_at)
    SELECT n, feature, n %% 19 * (1 + days %% 2), now() - days * interval '1 day'
    FROM generate_series(%(first)s::int, %(last)s::int) n
    CROSS JOIN (VALUES ('projects'), ('rows')) f (feature) CROSS JOIN (VALUES (0), (21)) d (days)
    """,
    """
    INSERT INTO licensing_trial (customer_id, product_id, licence_id, tier_id, started_at, ends_at, ended_at, "end")
    SELECT n, t.product_id, n, t.id, now() - interval '300 days', now() - interval '286 days',
        now() - interval '286 days', 'expired'
    FROM generate_series(%(first)s::int, %(last)s::int) n
    JOIN (SELECT t.id, e.product_id FROM licensing_tier t JOIN licensing_edition e ON e.id = t.edition_id
          WHERE e.key = '2026-01' AND t.key = 'business') t ON true
    WHERE n %% 3 = 0
    """,
    """
    INSERT INTO licensing_event (customer_id, kind, subject, at, by, before, after, reason)
    SELECT n, kind, 'licence:' || n, now() - interval '30 days', 'Stripe', '{"seats": 8}', '{"seats": 8}', ''
    FROM generate_series(%(first)s::int, %(last)s::int) n
    CROSS JOIN (VALUES ('licence_opened'), ('licence_renewed')) k (kind)
    """,
    """
    INSERT INTO licensing_notice (customer_id, kind, subject, period, facts, owed_at, state, closed_at)
    SELECT n, 'renewal_reminder', 'licence:' || n, '3d:2025-01-01', '{}', now() - interval '30 days', 'done',
        now() - interval '30 days'
    FROM generate_series(%(first)s::int, %(last)s::int) n
    """,
    """
    INSERT INTO billing_stripeevent (stripe_id, type, object_id, stripe_customer_id, created_at, received_at,
        handled_at, tries, next_try_at, error)
    SELECT 'evt_old_' || n, 'invoice.paid', 'in_' || n, 'cus_' || n, now() - interval '30 days',
        now() - interval '30 days', now() - interval '30 days', 1, now() - interval '30 days', ''
    FROM generate_series(%(first)s::int, %(last)s::int) n
    """,
]
_NUMBERED = ["portal_user", "licensing_customer", "licensing_licence"]


@contextmanager
def copied(template_url: str, *, name: str, customers: int) -> Iterator[str]:
    """A copy of the migrated database at `template_url`, filled: its address. Nobody may be connected to it."""
    parts = urlsplit(template_url)
    server = urlunsplit(parts._replace(path="/postgres"))
    copy, original = sql.Identifier(name), sql.Identifier(parts.path[1:])
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, original))
    address = urlunsplit(parts._replace(path=f"/{name}"))
    try:
        fill(address, customers=customers)
        yield address
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy))


def fill(address: str, *, customers: int) -> None:
    """Write the rows of `customers` customers, and let PostgreSQL learn what is in its tables."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_QUIETLY)
        for statement in _ROWS:
            connection.execute(statement, {"first": 1, "last": customers})
        for table in _NUMBERED:
            connection.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, customers])
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def trials_due(address: str, *, due: int) -> None:
    """Let the trials of the first `due` customers run out a moment ago, whatever was there before."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_QUIETLY)
        connection.execute("DELETE FROM licensing_trial WHERE ended_at IS NULL")
        connection.execute(
            """
            INSERT INTO licensing_trial (customer_id, product_id, licence_id, tier_id, started_at, ends_at, "end")
            SELECT n, t.product_id, n, t.id, now() - interval '15 days', now() - interval '1 hour', ''
            FROM generate_series(1, %(due)s) n
            JOIN (SELECT t.id, e.product_id FROM licensing_tier t JOIN licensing_edition e ON e.id = t.edition_id
                  WHERE e.key = '2026-01' AND t.key = 'business') t ON true
            """,
            {"due": due},
        )
        connection.execute("VACUUM ANALYZE licensing_trial")


def events_waiting(address: str, *, events: int, subjects: int) -> None:
    """Let so many webhooks wait, about so many of Stripe's pages that nobody here knows: nothing is asked of Stripe."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_QUIETLY)
        connection.execute("DELETE FROM billing_stripeevent WHERE stripe_id LIKE 'evt_new%'")
        connection.execute("UPDATE billing_stripeevent SET handled_at = now() WHERE handled_at IS NULL")
        connection.execute(
            """
            INSERT INTO billing_stripeevent (stripe_id, type, object_id, stripe_customer_id, created_at, received_at,
                tries, next_try_at, error)
            SELECT 'evt_new_' || n, 'checkout.session.expired', 'cs_new_' || n %% %(subjects)s, '', now(), now(), 0,
                now() - interval '1 minute', ''
            FROM generate_series(1, %(events)s) n
            """,
            {"events": events, "subjects": subjects},
        )
        connection.execute("VACUUM ANALYZE billing_stripeevent")


def sunset_announced(address: str) -> None:
    """Let a sunset of projects, which every tier gives, have been announced ten days ago, and nothing done about it."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_QUIETLY)
        for statement in (
            "DELETE FROM licensing_delivery WHERE notice_id IN (SELECT notice_id FROM licensing_plannedchange)",
            "DELETE FROM licensing_notice WHERE kind = 'sunset_announced'",
            "DELETE FROM licensing_event WHERE kind IN ('change_planned', 'feature_retired')",
            "DELETE FROM licensing_plannedchange",
            "DELETE FROM licensing_sunset",
            """
            INSERT INTO licensing_sunset (product_id, feature_key, tier_key, reason, instead, export, first_on, ramp,
                announced_at, withdrawn_because)
            SELECT id, 'projects', '', 'Few use it.', 'Folders.', 'Under Data.', current_date + 100, '[]',
                now() - interval '10 days', ''
            FROM licensing_product
            """,
            "VACUUM ANALYZE licensing_plannedchange",
        ):
            connection.execute(statement)


def announcements_arrived(address: str) -> None:
    """Let every announcement have been delivered to one person of its customer."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_QUIETLY)
        connection.execute(
            """
            INSERT INTO licensing_delivery (notice_id, address, message_id, state, tries, next_try_at, sent_at, error,
                expects_word, outcome, outcome_at, arrived_at)
            SELECT id, 'person' || customer_id || '@bench.test', 'm' || id, 'sent', 1, now(), now(), '',
                true, 'delivered', now(), now()
            FROM licensing_notice WHERE kind = 'sunset_announced'
            """
        )
        connection.execute(
            "UPDATE licensing_notice SET state = 'done', closed_at = now() WHERE kind = 'sunset_announced'"
        )
        connection.execute("VACUUM ANALYZE licensing_delivery, licensing_notice, licensing_plannedchange")
