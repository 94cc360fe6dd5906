"""What is quoted, ordered, received or recorded stays, whatever door one comes through."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.models import Order, Quote, StripeEvent
from licensing.history import CLOCK, entry, record
from licensing.models import (
    Event,
    Price,
)
from tests.cast import NOON, ada
from tests.guards.refusing import refused, sql

pytestmark = pytest.mark.usefixtures("nothing_on_sale")


@pytest.mark.django_db
def test_the_history_only_grows() -> None:
    customer = ada().customer
    record(entry(customer=customer, kind="tested", subject=customer, at=NOON, actor=CLOCK))
    event = Event.objects.latest("pk")
    event.reason = "rewritten"
    refused("only grows", event.save)
    refused("only grows", lambda: Event.objects.update(reason="rewritten"))
    refused("only grows", lambda: Event.objects.bulk_update([event], ["reason"]))
    refused("only grows", event.delete)
    refused("only grows", lambda: sql("DELETE FROM licensing_event"))


@pytest.mark.django_db
def test_a_quote_is_a_binding_word() -> None:
    row = quote()
    row.due = 1
    refused("binding word", row.save)
    refused("binding word", lambda: Quote.objects.update(expires_at=NOON + timedelta(days=9)))
    refused("binding word", lambda: Quote.objects.bulk_update([row], ["due"]))
    refused("binding word", row.delete)
    refused("binding word", lambda: sql("DELETE FROM billing_quote"))


@pytest.mark.django_db
def test_an_order_moves_forward_only() -> None:
    row = order()
    refused("orders are not deleted", row.delete)
    refused("accepted_at was settled on", lambda: Order.objects.update(accepted_at=NOON + timedelta(days=1)))
    refused("way was settled on", lambda: Order.objects.update(way=Order.Way.CHECKOUT))

    Order.objects.update(state="failed", failure="declined", closed_at=NOON)
    refused("is failed and does not become pending", lambda: Order.objects.update(state="pending"))
    refused("only what was really charged", lambda: Order.objects.update(failure="withdrawn"))
    Order.objects.update(needs_staff="Paid after all?")

    Order.objects.update(state="settled", failure="", charged=7200, closed_at=NOON + timedelta(hours=1))
    for state in ("pending", "failed"):
        refused("is settled and does not become", lambda state=state: Order.objects.update(state=state))
    refused("only what was really charged", lambda: Order.objects.update(closed_at=NOON))
    refused(
        "only what was really charged", lambda: sql("UPDATE billing_order SET pay_url = 'https://elsewhere'")
    )
    Order.objects.update(needs_staff="", charged=7200, stripe_invoice_id="in_1")
    row.refresh_from_db()
    row.save()


@pytest.mark.django_db
def test_a_received_event_stays_as_it_came() -> None:
    row = StripeEvent.objects.create(
        stripe_id="evt_1",
        type="invoice.paid",
        object_id="in_1",
        created_at=NOON,
        received_at=NOON,
        next_try_at=NOON,
    )
    StripeEvent.objects.update(handled_at=NOON, tries=2, error="", next_try_at=NOON + timedelta(minutes=1))
    for field, value in {
        "stripe_id": "evt_2",
        "type": "invoice.voided",
        "object_id": "in_2",
        "stripe_customer_id": "cus_2",
        "created_at": NOON + timedelta(days=1),
        "received_at": NOON + timedelta(days=1),
    }.items():
        refused(
            "stays as it was received", lambda change={field: value}: StripeEvent.objects.update(**change)
        )
    refused("received twice", row.delete)


def quote() -> Quote:
    party = ada()
    business = Price.objects.get(lookup_key="business-2026-01-month-usd")
    return Quote.objects.create(
        customer=party.customer,
        licence=party.licence,
        licence_version=party.licence.version,
        tier=business.tier,
        price=business,
        seats=8,
        currency="USD",
        quoted_at=NOON,
        expires_at=NOON + timedelta(hours=1),
        lines=[],
        subtotal=7200,
        tax=0,
        total=7200,
        credit=0,
        due=7200,
        renews_at=NOON + timedelta(days=22),
        renewal_amount=25600,
        fingerprint="f" * 64,
    )


def order() -> Order:
    row = quote()
    return Order.objects.create(quote=row, customer=row.customer, accepted_at=NOON, way=Order.Way.CARD)
