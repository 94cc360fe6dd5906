"""Let time pass for one customer: all its dates move into the past, and what falls due on the way happens."""

from __future__ import annotations

from billing.sandbox.due import next_task, run_due
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj

# Every field that holds a moment, ours with an underscore's objects included.
MOMENTS = frozenset(
    [
        "anchor",
        "billing_cycle_anchor",
        "cancel_at",
        "canceled_at",
        "created",
        "current_period_end",
        "current_period_start",
        "due_date",
        "effective_at",
        "end",
        "ended_at",
        "expires_at",
        "finalized_at",
        "made_at",
        "marked_uncollectible_at",
        "next_payment_attempt",
        "paid_at",
        "period_end",
        "period_start",
        "proration_date",
        "start",
        "start_date",
        "subscription_proration_date",
        "trial_end",
        "trial_start",
        "upcoming",
        "updated",
        "voided_at",
    ]
)


def age(box: Sandbox, customer: str, seconds: int) -> int:
    """Let `seconds` pass for the customer. Returns how many things fell due and were done.

    Goes from one due moment to the next, so each renewal, retry and expiry happens once and in order, exactly as if
    the clock had been moved; other customers stay where they are.
    """
    box.store.get("customer", customer)
    left, done = seconds, 0
    with box.clock.pinned(box.now()):
        while (task := next_task(box, customer)) and task.at - box.now() <= left:
            step = max(0, task.at - box.now())
            _shift(box, customer, step)
            done += run_due(box, customer)
            left -= step
        _shift(box, customer, left)
    box.dirty = True
    return done


def _shift(box: Sandbox, customer: str, seconds: int) -> None:
    if not seconds:
        return
    own = box.store.get("customer", customer)
    _back(own, seconds)
    invoices = {row["id"] for row in box.store.all("invoice", customer=customer)}
    for kind, rows in box.store.kinds.items():
        for row in rows.values():
            if kind == "event":
                mine = _concerns(row["data"]["object"], customer, invoices)
            else:
                mine = row is not own and _concerns(row, customer, invoices)
            if mine:
                _back(row, seconds)


def _concerns(row: Obj, customer: str, invoices: set[str]) -> bool:
    return customer in (row.get("customer"), row.get("id")) or (
        row.get("object") == "invoice_payment" and row.get("invoice") in invoices
    )


def _back(value: object, seconds: int) -> None:
    """Move every moment inside `value` back. Prices are shared with others and stay."""
    if isinstance(value, list):
        for inner in value:
            _back(inner, seconds)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in MOMENTS and isinstance(inner, int) and not isinstance(inner, bool):
                value[key] = inner - seconds
            elif key != "price":
                _back(inner, seconds)
