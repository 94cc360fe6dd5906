"""Every request that the gateway sends fits Stripe's published description of its API."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing import gateway
from billing.cancellation import cancel_at_period_end, undo_cancellation
from billing.giving_back import give_back
from billing.models import Subscription
from billing.orders import withdraw
from billing.payers import billing_portal_url
from billing.prices import sync_published
from billing.reconcile import reconcile
from billing.settling import close_failed, settle
from licensing.history import COMMAND
from tests.billing.conftest import RETURN, Buyer, newcomer
from tests.sandbox.contract import ABSENT_REASON, PRESENT, request_problems

# What the gateway can ask, and the tests below must make it ask.
EXPECTED = {
    "POST /v1/billing_portal/sessions",
    "POST /v1/checkout/sessions",
    "POST /v1/checkout/sessions/{id}/expire",
    "GET /v1/checkout/sessions/{id}",
    "POST /v1/customers",
    "POST /v1/customers/{id}",
    "POST /v1/customers/{id}/balance_transactions",
    "GET /v1/customers/{id}/balance_transactions",
    "GET /v1/customers",
    "GET /v1/customers/{id}",
    "POST /v1/invoices/create_preview",
    "GET /v1/invoices/{id}",
    "GET /v1/invoices",
    "POST /v1/invoices/{id}/void",
    "POST /v1/payment_intents/{id}/confirm",
    "GET /v1/prices",
    "POST /v1/prices",
    "GET /v1/products/{id}",
    "POST /v1/products",
    "POST /v1/refunds",
    "GET /v1/refunds",
    "GET /v1/refunds/{id}",
    "POST /v1/subscriptions",
    "POST /v1/subscriptions/{id}",
    "GET /v1/subscriptions/{id}",
    "DELETE /v1/subscriptions/{id}",
    "GET /v1/subscriptions",
    "GET /v1/events",
    "GET /v1/tax_rates/{id}",
}


def shape(request: dict[str, str]) -> str:
    """POST /v1/customers/cus_1 → POST /v1/customers/{id}."""
    parts = request["path"].split("/")
    named = [part if index < 3 or part in VERBS else "{id}" for index, part in enumerate(parts)]
    return f"{request['method']} {'/'.join(named)}"


VERBS = {"balance_transactions", "sessions", "expire", "create_preview", "void", "confirm"}


def give_a_second_payment_back(buyer: Buyer) -> None:
    """Undo a second purchase that was paid with credit too, and look for every mark that it left."""
    at = timezone.now()
    first = buyer.buy("team")
    close_failed(order_id=first.pk, failure="abandoned", words="", at=at)
    second = buyer.buy("team", seats=4)
    buyer.pay_at_checkout(first)
    buyer.credited(500)
    buyer.pay_at_checkout(second)
    settle(order_id=first.pk, at=at)
    assert settle(order_id=second.pk, at=at).refunded
    for attempt in second.attempts.all():
        attempt.outcome, attempt.first_asked_at = "asked", at - 2 * gateway.KEYS_LAST
        attempt.save()
    give_back(order_id=second.pk, at=at)
    gateway.fetch_refund(second.attempts.get(step="refund").answer["refund"])
    gateway.find_customer(email=buyer.user.email, mark="unknown")


@pytest.mark.skipif(not PRESENT, reason=ABSENT_REASON)
def test_every_request_fits_stripes_description(ada: Buyer) -> None:
    at = timezone.now()
    sync_published(at=at)
    withdraw(order=ada.buy("team"), actor=ada.actor, at=at)
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    settle(order_id=order.pk, at=at)
    ada.buy("business")
    subscription = Subscription.objects.get()
    gateway.list_invoices(customer_id=ada.payer.stripe_id, since=order.accepted_at)
    cancel_at_period_end(customer=ada.customer, actor=ada.actor, at=at)
    undo_cancellation(customer=ada.customer, actor=ada.actor, at=at)
    billing_portal_url(customer=ada.customer, return_url=RETURN)
    ada.with_card("pm_card_authenticationRequired")
    withdraw(order=ada.buy("scale", seats=5), actor=ada.actor, at=at)
    gateway.cancel_subscription(subscription.stripe_id)
    ada.receive(*ada.events())
    ada.buy("team")
    give_a_second_payment_back(newcomer(ada.sandbox))

    reconcile(actor=COMMAND, at=timezone.now())

    requests = ada.sandbox.requests()
    faults = {}
    for request in requests:
        path = f"{request['path']}?{request['query']}" if request["query"] else request["path"]
        if problems := request_problems(request["method"], path, request["form"]):
            faults[shape(request)] = problems
    assert faults == {}
    assert {shape(request) for request in requests} >= EXPECTED
