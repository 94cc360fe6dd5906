"""Invoices: written from lines, finalized, paid or voided. The same writing serves previews and charges."""

from __future__ import annotations

from dataclasses import dataclass

from billing.sandbox import tax
from billing.sandbox.balance import move_balance
from billing.sandbox.events import emit
from billing.sandbox.intents import add_intent, cancel_intent
from billing.sandbox.lines import Line, written
from billing.sandbox.money import CHARGE_STEP, MINIMUM_CHARGE
from billing.sandbox.render import listed
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id

ISSUER = {"type": "self"}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What an invoice is written from."""

    customer: Obj
    currency: str
    lines: list[Line]
    reason: str
    automatic_tax: bool
    period_start: int
    period_end: int
    subscription: Obj | None = None
    proration_date: int | None = None


def write(box: Sandbox, draft: Draft) -> Obj:
    """The invoice of a draft, not kept and with nothing moved: what a preview answers.

    Order, as at Stripe: lines, tax, then the customer's balance. What is due and under the smallest amount that can
    be charged goes to the balance instead; what is no multiple of what can be charged is rounded to the nearest, and
    the balance takes the difference.
    """
    customer, subscription = draft.customer, draft.subscription
    # A renewal whose customer has lost their address is billed without tax and says so; all else is refused.
    unplaced = draft.reason == "subscription_cycle" and not tax.is_placed(customer)
    country = tax.country_of(customer) if draft.automatic_tax and not unplaced else ""
    lines = [
        written(
            line, draft.currency, subscription, tax.line_tax(line.amount, country, customer["tax_exempt"])
        )
        for line in draft.lines
    ]
    taxes = tax.totalled(lines)
    subtotal = sum(line["amount"] for line in lines)
    total = subtotal + sum(entry["amount"] for entry in taxes)
    starting = customer["balance"] if customer["currency"] in (None, draft.currency) else 0
    owed = total + starting
    chargeable = owed >= MINIMUM_CHARGE.get(draft.currency, 1)
    step = CHARGE_STEP.get(draft.currency, 1)
    due = (2 * owed + step) // (2 * step) * step if chargeable else 0
    id = new_id("in")
    parent = None
    if subscription is not None:
        details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
        if draft.proration_date is not None:
            details["subscription_proration_date"] = draft.proration_date
        parent = {"quote_details": None, "subscription_details": details, "type": "subscription_details"}
    for line in lines:
        line["invoice"] = id
    return {
        "id": id,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Sandbox",
        "account_tax_ids": None,
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": _automatic_tax(draft.automatic_tax, placed=not unplaced),
        "automatically_finalizes_at": None,
        "billing_reason": draft.reason,
        "collection_method": "charge_automatically",
        "created": box.now(),
        "currency": draft.currency,
        "custom_fields": None,
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": None,
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": dict(ISSUER),
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": listed(lines, f"/v1/invoices/{id}/lines"),
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": parent,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": draft.period_end,
        "period_start": draft.period_start,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": starting,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": subtotal,
        "total_pretax_credit_amounts": [],
        "total_taxes": taxes,
        "webhooks_delivered_at": None,
        "_ending_balance": owed - due,
    }


def _automatic_tax(enabled: bool, *, placed: bool) -> Obj:
    status = "complete" if placed else "requires_location_inputs"
    return {
        "disabled_reason": None,
        "enabled": enabled,
        "liability": dict(ISSUER) if enabled else None,
        "provider": "stripe" if enabled else None,
        "status": status if enabled else None,
    }


def issue(box: Sandbox, draft: Draft) -> Obj:
    """Write, keep and finalize an invoice: number it, use the customer's balance, make its payment intent."""
    invoice = box.store.add(write(box, draft))
    customer = draft.customer
    emit(box, "invoice.created", invoice)
    customer["currency"] = customer["currency"] or draft.currency
    sequence = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] += 1
    page = f"{box.address}/invoice/{invoice['id']}"
    invoice |= {
        "ending_balance": invoice["_ending_balance"],
        "effective_at": box.now(),
        "hosted_invoice_url": page,
        "invoice_pdf": f"{page}/pdf",
        "number": f"{customer['invoice_prefix']}-{sequence:04d}",
        "status": "open",
    }
    invoice["status_transitions"]["finalized_at"] = box.now()
    used = invoice["ending_balance"] - invoice["starting_balance"]
    if used:
        small = invoice["amount_due"] == 0 < invoice["ending_balance"]
        move_balance(
            box,
            customer=customer,
            amount=used,
            currency=draft.currency,
            type="invoice_too_small" if small else "applied_to_invoice",
            invoice=invoice["id"],
        )
    if invoice["amount_due"]:
        _add_payment(box, invoice)
    emit(box, "invoice.finalized", invoice)
    return invoice


def _add_payment(box: Sandbox, invoice: Obj) -> None:
    intent = add_intent(
        box,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        description=f"Invoice {invoice['number']}",
    )
    box.store.add(
        {
            "id": new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": box.now(),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
    )


def payment_of(box: Sandbox, invoice: Obj) -> Obj | None:
    """The invoice's payment row, if money is due on it."""
    rows = box.store.all("invoice_payment", invoice=invoice["id"])
    return rows[0] if rows else None


def intent_of(box: Sandbox, invoice: Obj) -> Obj | None:
    """The invoice's payment intent, if money is due on it."""
    row = payment_of(box, invoice)
    return box.store.get("payment_intent", row["payment"]["payment_intent"]) if row else None


def invoice_of(box: Sandbox, intent: Obj) -> Obj | None:
    """The invoice that a payment intent pays."""
    for row in box.store.all("invoice_payment"):
        if row["payment"]["payment_intent"] == intent["id"]:
            return box.store.get("invoice", row["invoice"])
    return None


def mark_paid(box: Sandbox, invoice: Obj) -> None:
    """Note that an open invoice is paid: by its intent, or because nothing was due."""
    paid = invoice["amount_due"]
    invoice |= {"status": "paid", "amount_paid": paid, "amount_remaining": 0, "attempted": True}
    invoice |= {"auto_advance": False, "next_payment_attempt": None}
    invoice["status_transitions"]["paid_at"] = box.now()
    row = payment_of(box, invoice)
    if row:
        row |= {"status": "paid", "amount_paid": paid}
        row["status_transitions"]["paid_at"] = box.now()
        emit(box, "invoice_payment.paid", row)
    emit(box, "invoice.paid", invoice)
    emit(box, "invoice.payment_succeeded", invoice)


def mark_void(box: Sandbox, invoice: Obj) -> None:
    """Void an open invoice: its intent is canceled and the balance it used is given back."""
    invoice |= {"status": "void", "auto_advance": False, "next_payment_attempt": None}
    invoice["status_transitions"]["voided_at"] = box.now()
    row, intent = payment_of(box, invoice), intent_of(box, invoice)
    if row and intent:
        row["status"] = "canceled"
        row["status_transitions"]["canceled_at"] = box.now()
        cancel_intent(box, intent, "void_invoice")
    used = invoice["ending_balance"] - invoice["starting_balance"]
    if used:
        move_balance(
            box,
            customer=box.store.get("customer", invoice["customer"]),
            amount=-used,
            currency=invoice["currency"],
            type="unapplied_from_invoice",
            invoice=invoice["id"],
        )
    emit(box, "invoice.voided", invoice)
