"""The only file that speaks to Stripe. One function a request; answers are plain values from `billing.answers`.

Never called inside a database transaction. A request takes at most eight seconds in all, however it stalls
(`billing.deadline`). The SDK repeats nothing by itself, because every request that moves money is repeated by us, with
the same idempotency key.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import stripe
from django.conf import settings
from django.db import connection

from billing.answers import (
    CheckoutSeen,
    EventSeen,
    InvoiceSeen,
    PayerSeen,
    RefundSeen,
    StripeBusy,
    StripeForged,
    StripeRefused,
    StripeUnavailable,
    SubscriptionSeen,
)
from billing.deadline import DeadlineSession
from billing.reading import (
    read_checkout,
    read_event,
    read_invoice,
    read_payer,
    read_refund,
    read_subscription,
)

TIMEOUT = 8  # seconds
# Stripe keeps an idempotency key for 24 hours; an unanswered question is asked again under its key for this long.
KEYS_LAST = timedelta(hours=20)
# What was asked for last, just before its key was too old, is in Stripe's lists by then, whatever made it late.
IN_THE_LIST_WITHIN = timedelta(minutes=30)
# Stripe takes no more kinds of events than these in one question for them.
TYPES_AT_ONCE = 20
PAYMENTS = ["payments.data.payment.payment_intent"]
SUBSCRIPTION = ["default_payment_method"]
Seen = TypeVar("Seen")
log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _client() -> stripe.StripeClient:
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=TIMEOUT, session=DeadlineSession()),
    )


@contextmanager
def _asking() -> Iterator[Any]:
    """Turn the SDK's many errors into our two: no answer, or no for good."""
    if connection.in_atomic_block:
        raise RuntimeError("Stripe must not be asked inside a database transaction.")
    try:
        yield _client().v1
    except stripe.CardError as error:
        raise StripeRefused(
            error.user_message or "The card was declined.", code=error.code or "", declined=True
        ) from error
    except (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError) as error:
        # No answer to what was asked: it may have been done under this key before. The message names the key.
        raise StripeUnavailable(f"{type(error).__name__} ({error.http_status})") from None
    except (stripe.RateLimitError, stripe.APIConnectionError, stripe.APIError) as error:
        if error.http_status == 409 and _code_of(error) == "idempotency_key_in_use":
            raise StripeBusy("Stripe is still answering this very question.") from None
        raise StripeUnavailable(_words(error)) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # Well-formed, and yet not what was asked for, as from a proxy in between. Whether it was done is unknown.
        log.exception("stripe_answer_unreadable")
        raise StripeUnavailable("Stripe's answer cannot be read.") from error
    except stripe.StripeError as error:
        if error.http_status is None or error.http_status >= 500 or error.http_status in (409, 429):
            raise StripeUnavailable(_words(error)) from error
        raise StripeRefused(error.user_message or str(error), code=error.code or "") from error


def _code_of(error: stripe.StripeError) -> str:
    """Stripe's code for an error, also where the SDK reads none."""
    body = error.json_body if isinstance(error.json_body, dict) else {}
    inner = body.get("error")
    return str(inner.get("code") or "") if isinstance(inner, dict) else ""


def _words(error: stripe.StripeError) -> str:
    """What an error says; where its body is not Stripe's JSON, only what it is: half a body could hold anything."""
    if error.http_body and not error.json_body:
        return f"{type(error).__name__} ({error.http_status})"
    return str(error)


def _key(idempotency_key: str) -> stripe.RequestOptions:
    return {"idempotency_key": idempotency_key}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _tax() -> dict[str, Any]:
    return {"automatic_tax": {"enabled": True}} if settings.STRIPE_AUTOMATIC_TAX else {}


# Payers


def create_customer(
    *, name: str, email: str, country: str, reference: str, mark: str, idempotency_key: str
) -> str:
    """Make the Stripe customer; its address country decides tax. Returns its id; `mark` is what it is found by."""
    with _asking() as v1:
        made = v1.customers.create(
            {
                "name": name,
                "email": email,
                "address": {"country": country},
                "metadata": {"customer": reference, "mark": mark},
            },
            _key(idempotency_key),
        )
        return str(made.id)


def find_customer(*, email: str, mark: str) -> str:
    """The id of the customer that was made with this mark; empty where there is none."""
    with _asking() as v1:
        for each in v1.customers.list({"email": email, "limit": 100}).auto_paging_iter():
            if (each.to_dict().get("metadata") or {}).get("mark") == mark:
                return str(each.id)
    return ""


def fetch_payer(customer_id: str) -> PayerSeen:
    with _asking() as v1:
        return read_payer(
            v1.customers.retrieve(
                customer_id, {"expand": ["invoice_settings.default_payment_method"]}
            ).to_dict()
        )


def keep_card(*, customer_id: str, payment_method_id: str) -> None:
    """Make the card the customer's default, so that it stays on file when a subscription ends."""
    with _asking() as v1:
        v1.customers.update(customer_id, {"invoice_settings": {"default_payment_method": payment_method_id}})


def fetch_tax_rate(tax_rate_id: str) -> tuple[str, str]:
    """Percentage, as an exact decimal, and name of a tax rate."""
    with _asking() as v1:
        rate = v1.tax_rates.retrieve(tax_rate_id)
        return f"{Decimal(str(rate.percentage)).normalize():f}", str(rate.display_name)


def open_billing_portal(*, customer_id: str, return_url: str) -> str:
    with _asking() as v1:
        return str(v1.billing_portal.sessions.create({"customer": customer_id, "return_url": return_url}).url)


# Prices


def find_prices(lookup_keys: Sequence[str]) -> dict[str, tuple[str, int, str]]:
    """Lookup key → (price id, unit amount, currency) for those that exist. At most ten keys a call (Stripe's limit)."""
    with _asking() as v1:
        found = v1.prices.list({"lookup_keys": list(lookup_keys), "limit": 100, "active": True})
        return {
            price.lookup_key: (price.id, price.unit_amount, price.currency.upper()) for price in found.data
        }


def ensure_product(*, product_id: str, name: str) -> None:
    with _asking() as v1:
        try:
            v1.products.retrieve(product_id)
        except stripe.InvalidRequestError as error:
            if error.http_status != 404:
                raise
            v1.products.create({"id": product_id, "name": name}, _key(f"product-{product_id}"))


def create_price(*, product_id: str, lookup_key: str, currency: str, interval: str, unit_amount: int) -> str:
    """Make a recurring price. A flat price is one whose quantity we keep at one."""
    with _asking() as v1:
        made = v1.prices.create(
            {
                "product": product_id,
                "lookup_key": lookup_key,
                "currency": currency.lower(),
                "recurring": {"interval": interval},
                "unit_amount": unit_amount,
            },
            _key(f"price-{lookup_key}-{unit_amount}"),
        )
        return str(made.id)


# Previews: what would be charged


def preview_first(*, customer_id: str, price_id: str, quantity: int) -> InvoiceSeen:
    """What a new subscription would charge now, and at each renewal."""
    with _asking() as v1:
        return read_invoice(
            v1.invoices.create_preview(
                {
                    "customer": customer_id,
                    "subscription_details": {"items": [{"price": price_id, "quantity": quantity}]},
                    **_tax(),
                }
            ).to_dict()
        )


def preview_change(
    *, customer_id: str, subscription_id: str, item_id: str, price_id: str, quantity: int, at: datetime
) -> InvoiceSeen:
    """What changing the subscription at `at` would charge: the same call as the change, without the change."""
    with _asking() as v1:
        return read_invoice(
            v1.invoices.create_preview(
                {
                    "customer": customer_id,
                    "subscription": subscription_id,
                    "subscription_details": {
                        "items": [{"id": item_id, "price": price_id, "quantity": quantity}],
                        "proration_behavior": "always_invoice",
                        "proration_date": _seconds(at),
                    },
                }
            ).to_dict()
        )


# Subscriptions


def create_subscription(
    *,
    customer_id: str,
    price_id: str,
    quantity: int,
    order_id: str,
    idempotency_key: str,
) -> SubscriptionSeen:
    """Start to pay with the customer's card on file. Unpaid, it stays incomplete and grants nothing.

    The card is not named: put another way, the same question asked again after a change of card would be another one.
    """
    with _asking() as v1:
        return read_subscription(
            v1.subscriptions.create(
                {
                    "customer": customer_id,
                    "items": [{"price": price_id, "quantity": quantity}],
                    "payment_behavior": "allow_incomplete",
                    "metadata": {"order": order_id},
                    "expand": SUBSCRIPTION,
                    **_tax(),
                },
                _key(idempotency_key),
            ).to_dict()
        )


def mark_subscription(*, subscription_id: str, order_id: str) -> None:
    """Put our mark on the subscription, so that the invoice of the coming change carries it. Safe to repeat.

    A pending update takes no metadata, and an invoice keeps what its subscription's metadata was when it was made.
    """
    with _asking() as v1:
        v1.subscriptions.update(subscription_id, {"metadata": {"order": order_id}})


def change_subscription(
    *, subscription_id: str, item_id: str, price_id: str, quantity: int, at: datetime, idempotency_key: str
) -> SubscriptionSeen:
    """Change price and seats at the quoted instant, applied only if paid."""
    with _asking() as v1:
        return read_subscription(
            v1.subscriptions.update(
                subscription_id,
                {
                    "items": [{"id": item_id, "price": price_id, "quantity": quantity}],
                    "proration_behavior": "always_invoice",
                    "proration_date": _seconds(at),
                    "payment_behavior": "pending_if_incomplete",
                },
                _key(idempotency_key),
            ).to_dict()
        )


def set_cancels_at_period_end(*, subscription_id: str, cancels: bool) -> SubscriptionSeen:
    """Absolute, and so safe to repeat without a key."""
    with _asking() as v1:
        return read_subscription(
            v1.subscriptions.update(
                subscription_id, {"cancel_at_period_end": cancels, "expand": SUBSCRIPTION}
            ).to_dict()
        )


def cancel_subscription(subscription_id: str) -> None:
    """End it now. One that has ended already is no fault."""
    with _asking() as v1:
        try:
            v1.subscriptions.cancel(subscription_id)
        except stripe.InvalidRequestError as error:
            if error.http_status != 404 and error.code != "resource_missing":
                raise


def fetch_subscription(subscription_id: str) -> SubscriptionSeen:
    with _asking() as v1:
        return read_subscription(
            v1.subscriptions.retrieve(subscription_id, {"expand": SUBSCRIPTION}).to_dict()
        )


# Everything, a page at a time: each answers with the id to go on after, empty at the end


def subscriptions_page(after: str) -> tuple[tuple[SubscriptionSeen, ...], str]:
    """Up to a hundred of all subscriptions that have not ended, newest first."""
    with _asking() as v1:
        return _page(v1.subscriptions.list(_hundred_after(after)), read_subscription)


def events_page(*, since: datetime, types: Iterable[str], after: str) -> tuple[tuple[EventSeen, ...], str]:
    """Up to a hundred events of these types (`TYPES_AT_ONCE` at most) since a moment, newest first.

    Stripe keeps them for 30 days.
    """
    asked = {**_hundred_after(after), "created": {"gte": _seconds(since)}, "types": sorted(types)}
    with _asking() as v1:
        return _page(v1.events.list(asked), read_event)


def paid_invoices_page(*, since: datetime, after: str) -> tuple[tuple[InvoiceSeen, ...], str]:
    """Up to a hundred paid invoices made since a moment, newest first."""
    asked = {**_hundred_after(after), "created": {"gte": _seconds(since)}, "status": "paid"}
    with _asking() as v1:
        return _page(v1.invoices.list(asked), read_invoice)


def _hundred_after(after: str) -> dict[str, Any]:
    return {"limit": 100, **({"starting_after": after} if after else {})}


def _page(found: Any, read: Callable[[dict[str, Any]], Seen]) -> tuple[tuple[Seen, ...], str]:
    return tuple(read(each.to_dict()) for each in found.data), found.data[-1].id if found.has_more else ""


# Invoices and payments


def fetch_invoice(invoice_id: str) -> InvoiceSeen:
    with _asking() as v1:
        return read_invoice(v1.invoices.retrieve(invoice_id, {"expand": PAYMENTS}).to_dict())


def list_invoices(*, customer_id: str, since: datetime) -> list[InvoiceSeen]:
    """The customer's invoices made since `since`, newest first; to look for our own mark."""
    with _asking() as v1:
        found = v1.invoices.list({"customer": customer_id, "created": {"gte": _seconds(since)}, "limit": 100})
        return [read_invoice(each.to_dict()) for each in found.auto_paging_iter()]


def void_invoice(invoice_id: str) -> None:
    """Take an open invoice back; a pending update that waits for it is dropped with it."""
    with _asking() as v1:
        v1.invoices.void_invoice(invoice_id)


def refund_payment(*, payment_intent_id: str, order_id: str, idempotency_key: str) -> RefundSeen:
    """Give back what is left of a payment, to the card it came from. A payment given back already is refused."""
    with _asking() as v1:
        return read_refund(
            v1.refunds.create(
                {
                    "payment_intent": payment_intent_id,
                    "reason": "duplicate",
                    "metadata": {"order": order_id},
                },
                _key(idempotency_key),
            ).to_dict()
        )


def fetch_refund(refund_id: str) -> RefundSeen:
    with _asking() as v1:
        return read_refund(v1.refunds.retrieve(refund_id).to_dict())


def list_refunds(payment_intent_id: str) -> list[RefundSeen]:
    """Every refund of a payment, newest first; to look for our own mark, or for somebody else's hand."""
    with _asking() as v1:
        found = v1.refunds.list({"payment_intent": payment_intent_id, "limit": 100})
        return [read_refund(each.to_dict()) for each in found.auto_paging_iter()]


def move_balance(
    *, customer_id: str, amount: int, currency: str, order_id: str, why: str, idempotency_key: str
) -> str:
    """Add `amount` minor units to what the customer owes; below zero it is their credit. Returns the row's id."""
    with _asking() as v1:
        made = v1.customers.balance_transactions.create(
            customer_id,
            {
                "amount": amount,
                "currency": currency.lower(),
                "description": why,
                "metadata": {"order": order_id},
            },
            _key(idempotency_key),
        )
        return str(made.id)


def find_balance_move(*, customer_id: str, order_id: str) -> str:
    """The id of the row that carries this order's mark; empty where there is none."""
    with _asking() as v1:
        found = v1.customers.balance_transactions.list(customer_id, {"limit": 100})
        for each in found.auto_paging_iter():
            if (each.to_dict().get("metadata") or {}).get("order") == order_id:
                return str(each.id)
    return ""


def challenge_url(*, payment_intent_id: str, return_url: str) -> str:
    """Where the customer answers their bank, coming back to `return_url`. Empty where Stripe gives no such page."""
    with _asking() as v1:
        intent = v1.payment_intents.confirm(payment_intent_id, {"return_url": return_url}).to_dict()
        action = intent.get("next_action") or {}
        return str((action.get("redirect_to_url") or {}).get("url") or "")


# Checkout


def create_checkout(
    *,
    customer_id: str,
    price_id: str,
    quantity: int,
    order_id: str,
    return_url: str,
    cancel_url: str,
    expires_at: datetime,
    idempotency_key: str,
) -> CheckoutSeen:
    """A hosted page for a first purchase. The customer's stored address decides tax, so the total is the quote's.

    Cards only: other means pay days later, and until then nobody could say what the customer has.
    """
    with _asking() as v1:
        return read_checkout(
            v1.checkout.sessions.create(
                {
                    "mode": "subscription",
                    "customer": customer_id,
                    "client_reference_id": order_id,
                    "payment_method_types": ["card"],
                    "line_items": [{"price": price_id, "quantity": quantity}],
                    "success_url": return_url,
                    "cancel_url": cancel_url,
                    "expires_at": _seconds(expires_at),
                    "metadata": {"order": order_id},
                    "subscription_data": {"metadata": {"order": order_id}},
                    **_tax(),
                },
                _key(idempotency_key),
            ).to_dict()
        )


def fetch_checkout(session_id: str) -> CheckoutSeen:
    with _asking() as v1:
        return read_checkout(v1.checkout.sessions.retrieve(session_id).to_dict())


def expire_checkout(session_id: str) -> None:
    """Close the hosted page, so that nothing can be paid there any more. Raises StripeRefused where it is not open."""
    with _asking() as v1:
        v1.checkout.sessions.expire(session_id)


# Webhooks


def verify_event(*, payload: bytes, signature: str) -> EventSeen:
    """Check Stripe's signature (its time stamp may be five minutes off) and read the event. Raises StripeForged.

    The signature is the SDK's to check. The event is read as plain JSON: making the SDK's objects of all that is in it
    would cost more than everything else the door does.
    """
    try:
        stripe.WebhookSignature.verify_header(
            payload, signature, settings.STRIPE_WEBHOOK_SECRET, stripe.Webhook.DEFAULT_TOLERANCE
        )
        return read_event(json.loads(payload))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StripeForged("It is signed, and no event.") from error
    except stripe.SignatureVerificationError as error:
        raise StripeForged("The signature does not fit.") from error
