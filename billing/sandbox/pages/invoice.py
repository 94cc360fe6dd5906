"""The hosted invoice: what was billed, to read, print, download, and pay while it is open."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from billing.sandbox.errors import StripeError
from billing.sandbox.form import Params
from billing.sandbox.intents import set_challenge
from billing.sandbox.invoices import intent_of
from billing.sandbox.invoices_api import pay
from billing.sandbox.money import formatted
from billing.sandbox.pages.card_form import card_fields, cards_to_try, chosen_card, saved_choice
from billing.sandbox.pages.html import Page, framed, problem, redirect, sums
from billing.sandbox.pages.pdf import text_pdf
from billing.sandbox.payment_methods import attached
from billing.sandbox.routing import hosted
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj

STANDING = {"open": "Open", "paid": "Paid", "void": "Void: nothing is owed", "draft": "Draft"}


def day(moment: int) -> str:
    """`5 March 2026`, UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%d %B %Y").lstrip("0")


def billed(box: Sandbox, invoice: Obj) -> list[tuple[str, int]]:
    """The sum of an invoice, line by line, what is due last."""
    rows = [(line["description"], line["amount"]) for line in invoice["lines"]["data"]]
    for tax in invoice["total_taxes"]:
        rate = box.store.get("tax_rate", tax["tax_rate_details"]["tax_rate"])
        rows.append((f"{rate['display_name']} {rate['percentage']:g} %", tax["amount"]))
    if invoice["amount_due"] != invoice["total"]:
        rows.append(("Total", invoice["total"]))
        rows.append(("Account balance", invoice["amount_due"] - invoice["total"]))
    return [*rows, ("Amount due", invoice["amount_due"])]


@hosted("GET", "/invoice/{id}")
def show(box: Sandbox, form: Params, id: str) -> Page:
    """The invoice."""
    return _drawn(box, box.store.get("invoice", id), form)


@hosted("GET", "/invoice/{id}/pdf")
def download(box: Sandbox, form: Params, id: str) -> Page:
    """The invoice as a one-page PDF."""
    invoice = box.store.get("invoice", id)
    lines = [f"Invoice {invoice['number']}", "Sandbox - no real money", ""]
    lines += [
        f"Date: {day(invoice['created'])}",
        f"Billed to: {invoice['customer_name'] or invoice['customer_email']}",
    ]
    lines += [f"Status: {STANDING[invoice['status']]}", ""]
    for name, amount in billed(box, invoice):
        lines.append(f"{formatted(amount, invoice['currency']):>16}   {name}")
    headers = {"Content-Disposition": f'attachment; filename="invoice-{invoice["number"]}.pdf"'}
    return Page(text_pdf(lines), type="application/pdf", headers=headers)


@hosted("POST", "/invoice/{id}")
def pay_page(box: Sandbox, form: Params, id: str) -> Page:
    """Pay an open invoice with a saved or a new card. Sent twice it pays once."""
    invoice = box.store.get("invoice", id)
    if invoice["status"] != "open":
        return redirect(f"/invoice/{id}")
    try:
        method = chosen_card(box, form, invoice["customer"])
        attached(box, method["id"], box.store.get("customer", invoice["customer"]))
        refused = pay(box, invoice, method)
    except StripeError as error:
        refused = error
    intent = intent_of(box, invoice)
    if intent and intent["status"] == "requires_action":
        set_challenge(box, intent, f"{box.address}/invoice/{id}")
        return redirect(intent["next_action"]["redirect_to_url"]["url"])
    if refused:
        return _drawn(box, invoice, form, error=f"{refused} You were not charged.")
    return redirect(f"/invoice/{id}")


def _drawn(box: Sandbox, invoice: Obj, form: Params, error: str | None = None) -> Page:
    paid_at = invoice["status_transitions"]["paid_at"]
    standing = STANDING[invoice["status"]] + (f" on {day(paid_at)}" if paid_at else "")
    name = invoice["customer_name"] or invoice["customer_email"] or invoice["customer"]
    content = (
        f'<p class="soft">{escape(name)} · {day(invoice["created"])} · <strong>{standing}</strong></p>'
        f"{sums(billed(box, invoice), invoice['currency'], caption='What was billed')}"
        f'<p class="screen small"><a href="/invoice/{invoice["id"]}/pdf">Download PDF</a></p>'
    )
    if invoice["status"] == "open" and invoice["amount_due"]:
        due = formatted(invoice["amount_due"], invoice["currency"])
        saved = form.get("saved")
        content += (
            f'{problem(error)}<form method="post" action="/invoice/{invoice["id"]}">'
            f"{saved_choice(box, invoice['customer'], str(saved) if saved is not None else None)}"
            f'{card_fields(form)}<button class="wide">Pay {due}</button></form>{cards_to_try()}'
        )
    return framed(f"Invoice {invoice['number']}", content, status=402 if error else 200)
