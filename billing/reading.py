"""Reads Stripe's objects, as plain dictionaries, into our own values. Only what we use is looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from billing.answers import (
    CardSeen,
    CheckoutSeen,
    EventSeen,
    InvoiceSeen,
    LineSeen,
    PayerSeen,
    RefundSeen,
    SubscriptionSeen,
)

Json = dict[str, Any]
FAR_AHEAD = 2**33  # seconds since 1970


def read_payer(customer: Json) -> PayerSeen:
    return PayerSeen(
        stripe_id=customer["id"],
        currency=(customer.get("currency") or "").upper(),
        credit=-(customer.get("balance") or 0),
        card=read_card((customer.get("invoice_settings") or {}).get("default_payment_method")),
    )


def read_card(payment_method: Json | str | None) -> CardSeen | None:
    """A card's face, from an expanded payment method; None for any other means or none."""
    if not isinstance(payment_method, dict) or not payment_method.get("card"):
        return None
    card = payment_method["card"]
    return CardSeen(payment_method["id"], card["brand"], card["last4"], card["exp_month"], card["exp_year"])


def read_subscription(subscription: Json) -> SubscriptionSeen:
    item = subscription["items"]["data"][0]
    return SubscriptionSeen(
        stripe_id=subscription["id"],
        customer_id=_id(subscription["customer"]),
        order_id=(subscription.get("metadata") or {}).get("order", ""),
        status=subscription["status"],
        item_id=item["id"],
        price_id=item["price"]["id"],
        quantity=item.get("quantity") or 1,
        period_start=_moment(item["current_period_start"]),
        period_end=_moment(item["current_period_end"]),
        cancels_at_period_end=bool(subscription["cancel_at_period_end"]),
        has_pending_update=subscription.get("pending_update") is not None,
        latest_invoice_id=_id(subscription.get("latest_invoice")),
        card=read_card(subscription.get("default_payment_method")),
    )


def read_invoice(invoice: Json) -> InvoiceSeen:
    details = ((invoice.get("parent") or {}).get("subscription_details")) or {}
    taxes = invoice.get("total_taxes") or []
    intent = _payment_intent(invoice)
    failure = intent.get("last_payment_error") or {}
    return InvoiceSeen(
        stripe_id=invoice.get("id") or "",
        customer_id=_id(invoice.get("customer")),
        subscription_id=_id(details.get("subscription")),
        order_id=(details.get("metadata") or {}).get("order", ""),
        number=invoice.get("number") or "",
        status=invoice.get("status") or "",
        reason=invoice.get("billing_reason") or "",
        currency=invoice["currency"].upper(),
        lines=tuple(_line(line) for line in invoice["lines"]["data"]),
        subtotal=invoice["subtotal"],
        tax=sum(tax["amount"] for tax in taxes if tax.get("tax_behavior") != "inclusive"),
        tax_rate_id=_tax_rate_id(taxes),
        total=invoice["total"],
        balance_before=invoice.get("starting_balance") or 0,
        balance_after=invoice.get("ending_balance") or 0,
        amount_due=invoice["amount_due"],
        amount_paid=invoice["amount_paid"],
        issued_at=_moment(invoice["created"]),
        hosted_url=invoice.get("hosted_invoice_url") or "",
        pdf_url=invoice.get("invoice_pdf") or "",
        next_attempt_at=_moment(invoice["next_payment_attempt"])
        if invoice.get("next_payment_attempt")
        else None,
        payment_intent_id=intent.get("id", ""),
        payment_status=intent.get("status", ""),
        paid_with=_id(intent.get("payment_method")) if intent.get("status") == "succeeded" else "",
        decline_words=failure.get("message") or "",
    )


def read_refund(refund: Json) -> RefundSeen:
    return RefundSeen(
        stripe_id=refund["id"],
        order_id=(refund.get("metadata") or {}).get("order", ""),
        payment_intent_id=_id(refund.get("payment_intent")),
        amount=refund["amount"],
        status=refund.get("status") or "",
        failure=refund.get("failure_reason") or "",
    )


def read_checkout(session: Json) -> CheckoutSeen:
    return CheckoutSeen(
        stripe_id=session["id"],
        status=session.get("status") or "",
        url=session.get("url") or "",
        invoice_id=_id(session.get("invoice")),
    )


def read_event(event: Json) -> EventSeen:
    """Raises KeyError, TypeError, ValueError or AttributeError where it is no event that could be kept."""
    thing = event["data"]["object"]
    customer = thing["id"] if thing.get("object") == "customer" else thing.get("customer")
    return EventSeen(
        stripe_id=_short(event["id"], shortest=1),
        type=_short(event["type"], shortest=1),
        object_id=_short(thing.get("id") or "", longest=120),
        customer_id=_short(_id(customer)),
        created_at=_moment_of_an_event(event["created"]),
        livemode=bool(event["livemode"]),
        account=_short(event.get("account") or ""),
    )


def _short(text: Any, *, shortest: int = 0, longest: int = 80) -> str:
    """An id or a kind, as Stripe writes them. Raises ValueError for anything else."""
    if not isinstance(text, str) or not shortest <= len(text) <= longest or not text.isprintable():
        raise ValueError("That is no id.")
    return text


def _moment_of_an_event(seconds: Any) -> datetime:
    if not isinstance(seconds, int) or not 0 < seconds < FAR_AHEAD:
        raise ValueError("That is no time.")
    return _moment(seconds)


def _line(line: Json) -> LineSeen:
    parent = line.get("parent") or {}
    item = parent.get("subscription_item_details")
    prorated = bool(item and item.get("proration"))
    kind = "other" if item is None else "unused" if prorated and line["amount"] < 0 else "charge"
    return LineSeen(
        kind=kind,
        amount=line["amount"],
        quantity=line.get("quantity") or 1,
        start=_moment(line["period"]["start"]),
        end=_moment(line["period"]["end"]),
        text=line.get("description") or "",
    )


def _payment_intent(invoice: Json) -> Json:
    """The intent that paid it, else the newest payment's, where the payments were expanded."""
    payments = (invoice.get("payments") or {}).get("data") or []
    intents = [(payment.get("payment") or {}).get("payment_intent") for payment in payments]
    found = [intent for intent in intents if isinstance(intent, dict)]
    paid = [intent for intent in found if intent.get("status") == "succeeded"]
    return (paid or found or [{}])[-1]


def _tax_rate_id(taxes: list[Json]) -> str:
    """The one rate of the taxes; empty where there is none or several."""
    ids = {((tax.get("tax_rate_details") or {}).get("tax_rate")) or "" for tax in taxes}
    return ids.pop() if len(ids) == 1 else ""


def _id(thing: Json | str | None) -> str:
    return thing["id"] if isinstance(thing, dict) else thing or ""


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
