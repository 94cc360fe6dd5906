"""Each invariant finds the one thing that breaks it, and holds for what was honestly bought, tried and told."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from billing import invariants as of_billing
from billing.credits import give_due
from billing.invariants import CHECKED_EVERY, INVARIANTS, due_for_a_look, violations
from billing.models import Quote
from licensing import invariants as of_licensing
from licensing import trials, waivers
from licensing.models import Customer, Notice, Trial, Waiver
from licensing.terms import storefront
from licensing.waivers.threshold import Wish
from portal.facts import facts_of
from portal.mails.outbox import send_due
from tests.billing.conftest import Buyer, newcomer

# Invariant → what breaks it, and nothing else, at a customer who has bought, tried and been told of both.
BREAKS = {
    "one-live-licence": "UPDATE licensing_customer SET closed_at = now() WHERE id = {customer}",
    "licence-terms": "UPDATE licensing_customer SET currency = 'EUR' WHERE id = {customer}",
    "past-due": "UPDATE licensing_licence SET past_due_since = now() WHERE id = {licence}",
    "licence-version": "UPDATE licensing_licence SET version = version + 1 WHERE id = {licence}",
    "licence-history": "UPDATE licensing_licence SET seats = 99 WHERE id = {licence}",
    "trials-apart": "UPDATE licensing_trial SET ended_at = ends_at + interval '1 second' WHERE id = {trial}",
    "trials-told": "DELETE FROM licensing_notice WHERE id = {notice}",
    "waivers-apart": "UPDATE licensing_waiver SET ended_at = ends_at + interval '1 second' WHERE id = {waiver}",
    "waivers-told": "DELETE FROM licensing_notice WHERE kind = 'waiver_ended'",
    "notices-closed": "UPDATE licensing_delivery SET state = 'waiting', sent_at = NULL WHERE notice_id = {notice}",
    "paid-by-a-subscription": "DELETE FROM billing_subscription WHERE licence_id = {licence}",
    "moved-by-a-paid-order": """
        INSERT INTO licensing_event (customer_id, kind, subject, at, by, before, after, reason)
        VALUES ({customer}, 'licence_moved', 'licence:0', now(), 'nobody', '{{}}', '{{}}', 'Trial {trial}')
        """,
    "a-paid-order-moved-once": "UPDATE billing_quote SET seats = seats + 1 WHERE id = '{quote}'",
    "charged-as-quoted": "UPDATE billing_order SET charged = charged + 1 WHERE id = '{order}'",
    "paid-twice-goes-back": "UPDATE billing_order SET refunded = 1 WHERE id = '{order}'",
    "orders-told": "DELETE FROM licensing_notice WHERE subject = 'order:{order}'",
    "orders-end": "UPDATE billing_order SET closed_at = NULL WHERE id = '{order}'",
    "one-order-waits": """
        DROP INDEX order_pending_once;
        INSERT INTO billing_quote SELECT copy.* FROM billing_quote q, generate_series(1, 2) n,
            jsonb_populate_record(q, jsonb_build_object('id', md5(q.id::text || n)::uuid)) copy WHERE q.id = '{quote}';
        INSERT INTO billing_order SELECT copy.* FROM billing_order o, billing_quote q,
            jsonb_populate_record(o, jsonb_build_object('id', q.id, 'quote_id', q.id, 'state', 'pending',
                'closed_at', NULL, 'charged', NULL)) copy WHERE o.id = '{order}' AND q.id <> '{quote}'
        """,
    "charged-by-one-asking": "DELETE FROM billing_attempt WHERE order_id = '{order}'",
    "quotes-add-up": "UPDATE billing_quote SET tax = tax + 1 WHERE id = '{quote}'",
    "credits-given": "DELETE FROM licensing_event WHERE kind = 'credit_given'",
}
# Other ways to break them that a careless change might find.
ALSO_BREAKS = (
    ("one-live-licence", "UPDATE licensing_licence SET ended_at = now() WHERE id = {free_licence}"),
    ("one-live-licence", """
        DROP INDEX licence_live_once;
        INSERT INTO licensing_licence SELECT copy.* FROM licensing_licence l, jsonb_populate_record(l,
            jsonb_build_object('id', 0, 'customer_id', {customer})) copy WHERE l.id = {free_licence};
        INSERT INTO licensing_event (customer_id, kind, subject, at, by, before, after, reason)
        SELECT {customer}, kind, 'licence:0', at, by, before, after, reason FROM licensing_event
        WHERE subject = 'licence:{free_licence}'
        """),
    ("licence-history", "UPDATE licensing_event SET before = '{{}}' WHERE kind = 'licence_moved'"),
    ("licence-history", "UPDATE licensing_licence SET period_end = period_end + interval '1 day' WHERE id = {licence}"),
    ("trials-apart", "UPDATE licensing_trial SET licence_id = {free_licence} WHERE id = {trial}"),
    ("trials-apart", "UPDATE licensing_trial SET \"end\" = '' WHERE id = {trial}; "
        "DELETE FROM licensing_notice WHERE id = {notice}"),
    ("trials-told", "DELETE FROM licensing_event WHERE kind = 'trial_started'"),
    ("trials-told", "DELETE FROM licensing_event WHERE kind = 'trial_ended'"),
    ("waivers-apart", "UPDATE licensing_waiver SET granted_at = asked_at - interval '1 second' WHERE id = {waiver}"),
    ("waivers-told", "DELETE FROM licensing_event WHERE kind = 'waiver_asked'"),
    ("waivers-told", "DELETE FROM licensing_event WHERE kind = 'waiver_granted'"),
    ("waivers-told", "DELETE FROM licensing_event WHERE kind = 'waiver_ended'"),
    ("waivers-told", "DELETE FROM licensing_notice WHERE kind = 'waiver_granted'"),
    ("notices-closed", "UPDATE licensing_notice SET closed_at = NULL WHERE id = {notice}"),
    ("notices-closed", "DELETE FROM licensing_delivery WHERE notice_id = {notice}"),
    ("paid-by-a-subscription", "UPDATE billing_subscription SET licence_id = {free_licence}; "
        "INSERT INTO billing_subscription (licence_id, stripe_id, stripe_item_id) VALUES ({licence}, 'sub_0', 'si_0')"),
    ("charged-as-quoted", "UPDATE billing_order SET charged = NULL WHERE id = '{order}'"),
    ("paid-twice-goes-back", """
        INSERT INTO billing_attempt (order_id, step, idempotency_key, outcome, first_asked_at, answer)
        VALUES ('{order}', 'refund', 'order-{order}-refund', 'asked', now(), '{{}}')
        """),
    ("charged-by-one-asking", """
        INSERT INTO billing_attempt (order_id, step, idempotency_key, outcome, first_asked_at, answer)
        VALUES ('{order}', 'change', 'order-{order}-change', 'asked', now(), '{{}}')
        """),
    ("charged-by-one-asking", "UPDATE billing_attempt SET idempotency_key = 'another' WHERE order_id = '{order}'"),
    ("orders-told", "DELETE FROM licensing_event WHERE kind = 'order_settled'"),
    ("credits-given", "DELETE FROM billing_balancecredit"),
    ("credits-given", "UPDATE billing_balancecredit SET waiver_id = {waiver}"),
    ("credits-given", "UPDATE licensing_waiver SET amount = amount + 1 WHERE kind = 'price'"),
    ("quotes-add-up", "UPDATE billing_quote SET licence_id = {free_licence} WHERE id = '{other_quote}'"),
)  # fmt: skip


@pytest.fixture
def rows(ada: Buyer) -> dict[str, object]:
    """Ada has bought Team, tried Business and had an exception, each to its end, was given a credit, and was told of
    all; beside her stands a free organisation.
    """
    at = timezone.now()
    order = ada.with_card().buy("team")
    other = ada.quote("business")
    today = storefront().edition
    trials.start_trial(
        situation=facts_of(ada.customer, today=today, at=at).situation,
        tier=today.tier("business"),
        actor=ada.actor,
        at=at,
    )
    for wish in (
        Wish("limit", at, at + timedelta(days=5), feature_key="projects", value=25),
        Wish("price", at, at + timedelta(days=5), amount=1000),
    ):
        waivers.ask_for_waiver(
            customer=ada.customer,
            wish=wish,
            reason="Ticket 4711.",
            words="So that you can move without haste.",
            actor=ada.actor,
            at=at,
        )
    assert give_due(at=at) == {"given": 1, "refused": 0, "waiting": 0}
    later = at + timedelta(days=20)
    trials.expire_due(at=later)
    waivers.close_due(at=later)
    send_due(at=later)
    notice = Notice.objects.get(kind="trial_ended")
    assert notice.state == Notice.State.DONE
    return {
        "customer": ada.customer.pk,
        "licence": ada.licence.pk,
        "order": order.pk,
        "quote": order.quote_id,
        "other_quote": other.pk,
        "trial": Trial.objects.get().pk,
        "waiver": Waiver.objects.get(kind="limit").pk,
        "notice": notice.pk,
        "free_licence": newcomer(ada.sandbox).licence.pk,
    }


def broken_after(statements: str, rows: dict[str, object]) -> set[str]:
    """The invariants that are broken by `statements`, run past all guards and taken back."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statements.format(**rows))
        found = violations()
        transaction.set_rollback(True)
    return {each.invariant for each in found}


def test_what_was_honestly_done_breaks_none(rows: dict[str, object]) -> None:
    assert violations() == []


def test_every_invariant_has_something_that_breaks_it() -> None:
    assert [invariant.name for invariant in INVARIANTS] == list(BREAKS)


def test_what_breaks_an_invariant_is_found_under_its_name_and_no_other(rows: dict[str, object]) -> None:
    assert {name: broken_after(statements, rows) for name, statements in BREAKS.items()} == {
        name: {name} for name in BREAKS
    }


def test_other_ways_to_break_one_are_found_too(rows: dict[str, object]) -> None:
    missed = [
        (name, statements) for name, statements in ALSO_BREAKS if name not in broken_after(statements, rows)
    ]
    assert missed == []


def test_a_charge_that_differs_is_no_violation_once_a_person_was_told(ada: Buyer) -> None:
    order = ada.with_card().buy("team")
    order.charged += 1
    order.save(update_fields=["charged"])
    assert [each.invariant for each in violations()] == ["charged-as-quoted"]
    order.needs_staff = "Charged otherwise."
    order.save(update_fields=["needs_staff"])
    assert violations() == []


def test_the_command_names_what_is_broken_and_fails(ada: Buyer) -> None:
    told = StringIO()
    call_command("invariants", stdout=told)
    assert told.getvalue().count("holds   ") == len(INVARIANTS)
    with transaction.atomic():
        Customer.objects.update(closed_at=timezone.now())
        with pytest.raises(SystemExit) as ended:
            call_command("invariants", stdout=told)
        transaction.set_rollback(True)
    assert ended.value.code == 1
    assert "BROKEN  one-live-licence" in told.getvalue()
    assert f"customer {ada.customer.pk}: It has 1 live licences and is closed." in told.getvalue()


def test_a_look_takes_the_newest_history_and_everybody_in_turn(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = {ada.customer.pk, *(newcomer(ada.sandbox).customer.pk for _ in range(6))}
    for module in (of_licensing, of_billing):
        monkeypatch.setattr(module, "SLICE", 2)
    assert {each.invariant for each in violations()} == set()
    monkeypatch.setattr(of_billing, "NEWEST_EVENTS", 1)
    at = timezone.now()
    looks = [set(due_for_a_look(at=at + turn * CHECKED_EVERY)) for turn in range(max(everybody) // 2 + 1)]
    assert set.union(*looks) == everybody
    assert all(len(look) <= 3 and max(everybody) in look for look in looks)


def test_quotes_that_were_never_accepted_are_looked_at_too(ada: Buyer) -> None:
    ada.quote("team")
    assert Quote.objects.filter(order=None).exists()
    assert violations() == []
