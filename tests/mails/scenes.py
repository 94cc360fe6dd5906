"""What the notices tell of, as rows: trials, invoices, settled orders, failed payments, questions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from billing.models import Attempt, Invoice, Order, Quote
from licensing.history import CLOCK, COMMAND
from licensing.licences import change_licence
from licensing.models import Customer, Licence, Notice, Price, Tier, Trial, UsageReading
from licensing.notices import owe
from tests.cast import NOON, TODAY, Party, holds, joins, organisation, person


def trial_of(party: Party, *, tier: str = "business", ends_at: datetime, days: int = 14) -> Trial:
    """A running trial of `tier` that ends at `ends_at`."""
    return Trial.objects.create(
        customer=party.customer,
        product_id=party.licence.product_id,
        licence=party.licence,
        tier=Tier.objects.get(edition__key=TODAY, key=tier),
        started_at=ends_at - timedelta(days=days),
        ends_at=ends_at,
    )


def invoice_of(customer: Customer, *, number: str, total: int, at: datetime, **fields: Any) -> Invoice:
    """An invoice of a renewal, paid unless `fields` say otherwise."""
    paid = fields.get("status", "paid") == "paid"
    values = {
        "number": number,
        "status": "paid",
        "reason": "subscription_cycle",
        "currency": customer.currency,
        "total": total,
        "amount_due": total,
        "amount_paid": total if paid else 0,
        "issued_at": at,
        "hosted_url": f"https://invoice.stripe.example/{number}",
        **fields,
    }
    return Invoice.objects.create(customer=customer, stripe_id=f"in_{number}", **values)


def settled_order(
    party: Party, *, tier: str = "business", seats: int = 8, invoice: str = "M-7", at: datetime = NOON
) -> Order:
    """Team → `tier`, paid from the card on file: 34.50 given back, 48.00 charged, VAT 2.57, 16.07 in all."""
    price = Price.objects.select_related("tier").get(
        tier__edition__key=TODAY, tier__key=tier, currency=party.customer.currency, interval="month"
    )
    end = at + timedelta(days=22)
    quote = Quote.objects.create(
        customer=party.customer,
        licence=party.licence,
        licence_version=party.licence.version,
        tier=price.tier,
        price=price,
        seats=seats,
        currency=price.currency,
        quoted_at=at,
        expires_at=at + timedelta(hours=1),
        lines=[
            {
                "kind": "unused",
                "amount": -3450,
                "quantity": 8,
                "from": at.isoformat(),
                "to": end.isoformat(),
                "text": "Unused",
            },
            {
                "kind": "charge",
                "amount": 4800,
                "quantity": seats,
                "from": at.isoformat(),
                "to": end.isoformat(),
                "text": "Remaining",
            },
        ],
        subtotal=1350,
        tax=257,
        total=1607,
        credit=0,
        due=1607,
        renews_at=end,
        renewal_amount=30464,
        fingerprint="f",
    )
    order = Order.objects.create(
        quote=quote,
        customer=party.customer,
        accepted_by=party.user,
        accepted_at=at,
        way=Order.Way.CARD,
        state=Order.State.SETTLED,
        closed_at=at,
        charged=1607,
        stripe_invoice_id=f"in_{invoice}",
    )
    licence = Licence.objects.get(pk=party.licence.pk)
    change_licence(
        licence=licence,
        kind="licence_moved",
        at=at,
        actor=COMMAND,
        reason=f"Order {order.pk}",
        edition_id=price.tier.edition_id,
        tier_id=price.tier_id,
        price_id=price.pk,
        seats=seats,
    )
    invoice_of(party.customer, number=invoice, total=1607, at=at, reason="subscription_update")
    return order


def paid_twice(
    party: Party, *, refunded: int | None = 1607, credit: int = 0, refused: str = "", at: datetime = NOON
) -> Order:
    """An order beside the licence that was paid a second time; `credit` came from the balance.

    `refused`: why its refund was not made, or with `refund_failed` that the bank sent it back.
    """
    quote = settled_order(party, at=at).quote
    second = Quote.objects.get(pk=quote.pk)
    second.pk = None
    second._state.adding = True
    second.save()
    order = Order.objects.create(
        quote=second,
        customer=party.customer,
        accepted_by=party.user,
        accepted_at=at,
        way=Order.Way.CHECKOUT,
        state=Order.State.FAILED,
        failure=Order.Failure.TWICE,
        closed_at=at,
        charged=1607,
        refunded=refunded,
        stripe_invoice_id="in_twice",
    )
    Attempt.objects.create(
        order=order,
        step="credit",
        idempotency_key=f"order-{order.pk}-credit",
        outcome="done",
        first_asked_at=at,
        answer={"amount": str(credit)},
    )
    if refused:
        Attempt.objects.create(
            order=order,
            step="refund",
            idempotency_key=f"order-{order.pk}-refund",
            outcome="refused",
            first_asked_at=at,
            answer={"refund": "re_1", "code": refused, "words": "No."},
        )
    return order


def falls_back_to_free(licence: Licence, *, at: datetime) -> Licence:
    """End the paid licence as billing does."""
    licence = Licence.objects.get(pk=licence.pk)
    free = Tier.objects.get(edition_id=licence.edition_id, rank=0)
    change_licence(
        licence=licence,
        kind="licence_ended",
        at=at,
        actor=CLOCK,
        tier_id=free.pk,
        price_id=None,
        seats=1,
        state=Licence.State.ACTIVE,
        period_start=None,
        period_end=None,
        past_due_since=None,
    )
    return licence


def reads(customer: Customer, feature: str, value: int, *, at: datetime = NOON) -> None:
    """A reading of usage."""
    UsageReading.objects.create(customer=customer, feature_key=feature, value=value, read_at=at)


def owed(
    party: Party, kind: str, subject: Any, *, period: str = "", at: datetime = NOON, **facts: Any
) -> Notice:
    """A notice owed at `at`, as a row."""
    owe(customer=party.customer, kind=kind, subject=subject, period=period, at=at, facts=facts)
    return Notice.objects.get(
        customer=party.customer, kind=kind, period=period, subject=f"{subject._meta.model_name}:{subject.pk}"
    )


def many_parties(count: int) -> list[Party]:
    """As many organisations as asked for, each with an owner and Team monthly, renewing 22 days from noon."""
    parties = []
    for number in range(count):
        user = person(f"Owner{number} Many")
        customer = organisation(
            f"Many {number}",
            owner=user,
            country="DE",
            currency="EUR",
            time_zone="UTC",
            at=NOON - timedelta(days=8),
        )
        licence = holds(customer, tier="team", seats=3, since=NOON - timedelta(days=8))
        parties.append(Party(user, joins(user, customer), customer, licence))
    return parties
