"""The start page: what this is, the test cards, who is here, what time it is and which faults are set."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from billing.sandbox.cards import CARDS
from billing.sandbox.form import Params
from billing.sandbox.money import formatted
from billing.sandbox.pages.html import Page, framed
from billing.sandbox.routing import hosted
from billing.sandbox.sandbox import API_VERSION, Sandbox
from billing.sandbox.store import Obj

SHOWN = 50


@hosted("GET", "/")
def show(box: Sandbox, form: Params) -> Page:
    """The page."""
    content = (
        f"<p>This process stands in for Stripe (API version <code>{API_VERSION}</code>) on this machine. It speaks the "
        "same API, shows the same kind of pages and sends the same signed events, so the portal runs its real code "
        "against it. Nothing here reaches a bank.</p>"
        f"{_cards()}{_clock(box)}{_customers(box)}{_webhooks(box)}{_faults(box)}"
    )
    return framed("A sandbox for Stripe", content, wide=True)


@hosted("GET", "/favicon.ico")
def no_icon(box: Sandbox, form: Params) -> Page:
    """Browsers ask; there is none."""
    return Page("", 204)


def _table(head: list[str], rows: list[list[str]]) -> str:
    heads = "".join(f"<th>{name}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _cards() -> str:
    rows = [[f"<code>{card.grouped}</code>", escape(card.about)] for card in CARDS.values()]
    note = '<p class="soft">Any future expiry date, any three-digit code, any name.</p>'
    return f"<h2>Test cards</h2>{_table(['Number', 'What it does'], rows)}{note}"


def _clock(box: Sandbox) -> str:
    now = datetime.fromtimestamp(box.now(), UTC).strftime("%A %d %B %Y, %H:%M:%S UTC")
    ahead = f"{box.clock.offset / 86400:.1f} days ahead of real time" if box.clock.offset else "real time"
    return (
        f"<h2>Clock</h2><p>{now} ({ahead}). Move it with <code>POST /_sandbox/clock</code> "
        '<code>{"advance": seconds}</code>, or let time pass for one customer with <code>POST /_sandbox/age</code> '
        '<code>{"customer": "cus_…", "seconds": n}</code>: renewals, retries and expiries then happen.</p>'
    )


def _customers(box: Sandbox) -> str:
    rows = []
    for customer in reversed(box.store.all("customer")[-SHOWN:]):
        subscriptions = box.store.all("subscription", customer=customer["id"])
        balance = formatted(customer["balance"], customer["currency"] or "usd")
        rows.append(
            [
                "<br>".join(escape(customer[field]) for field in ("name", "email") if customer[field]),
                f"<code>{customer['id']}</code>",
                ", ".join(_held(box, row) for row in subscriptions) or "–",
                balance,
            ]
        )
    table = (
        _table(["Customer", "Id", "Subscriptions", "Balance"], rows)
        if rows
        else "<p class=soft>None yet.</p>"
    )
    return f"<h2>Customers</h2>{table}"


def _held(box: Sandbox, subscription: Obj) -> str:
    names = " + ".join(
        escape(box.store.get("product", item["price"]["product"])["name"])
        for item in subscription["items"]["data"]
    )
    return f"{names} ({subscription['status']})"


def _webhooks(box: Sandbox) -> str:
    target = (
        f"to <code>{escape(box.webhooks.url)}</code>" if box.webhooks.url else "nowhere (no address is set)"
    )
    recent = box.webhooks.deliveries[-10:]
    rows = [
        [
            escape(row["type"]),
            row["state"],
            str(row["attempts"]),
            escape(str(row["status"] or row["error"] or "")),
        ]
        for row in reversed(recent)
    ]
    table = _table(["Event", "State", "Attempts", "Last answer"], rows) if rows else ""
    return f"<h2>Webhooks</h2><p>Events go {target}; mode: {box.webhooks.mode['mode']}.</p>{table}"


def _faults(box: Sandbox) -> str:
    rows = [
        [
            escape(rule["fault"]),
            f"<code>{escape(rule['method'])} {escape(rule['path'])}</code>",
            str(rule["times"]),
        ]
        for rule in box.faults.rules
    ]
    table = _table(["Fault", "For", "Times left"], rows) if rows else "<p class=soft>None are set.</p>"
    return f"<h2>Faults</h2>{table}<p>Ask for one with <code>POST /_sandbox/faults</code>.</p>"
