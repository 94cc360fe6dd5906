"""What the sandbox shows, read past our own code: its charges, invoices, subscriptions and events."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
OVER = ("canceled", "incomplete_expired")
OURS = ("subscription_create", "subscription_update")


class Door:
    """The sandbox's control door over one standing connection: it is asked after every step."""

    def __init__(self, url: str) -> None:
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def post(self, path: str, body: Json) -> Json:
        return self.ask("POST", path, body)

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        self._http.request(method, f"/_sandbox/{path}", json.dumps(body or {}))
        answer = self._http.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return dict(json.loads(text))

    def close(self) -> None:
        self._http.close()


@dataclass(frozen=True)
class Bill:
    """An invoice at Stripe. `order` is our mark where a beginning or a change is billed, empty for a renewal."""

    id: str
    order: str
    reason: str
    subscription: str
    status: str
    due: int
    paid: int
    paid_at: int
    charges: tuple[int, ...]


@dataclass(frozen=True)
class Standing:
    """A subscription at Stripe that is not over."""

    id: str
    status: str
    price: str
    quantity: int
    start: datetime
    end: datetime
    cancels: bool
    pending: bool


@dataclass
class Shown:
    """Everything at once, as the sandbox has it now."""

    bills: list[Bill] = field(default_factory=list)
    subscriptions: list[Standing] = field(default_factory=list)
    stray_charges: list[str] = field(default_factory=list)

    def of_order(self, order: str) -> list[Bill]:
        return [bill for bill in self.bills if bill.order == order]


def shown(door: Door) -> Shown:
    """Read it all. A charge that belongs to no invoice is a stray."""
    kinds = ("subscription", "invoice", "invoice_payment", "charge")
    rows = door.post("objects", dict.fromkeys(kinds, 0))
    invoice_of = {row["payment"]["payment_intent"]: row["invoice"] for row in rows["invoice_payment"]}
    charges: dict[str, list[int]] = {}
    stray = []
    for charge in rows["charge"]:
        if charge["status"] != "succeeded":
            continue
        invoice = invoice_of.get(charge["payment_intent"])
        if invoice is None:
            stray.append(charge["id"])
        else:
            charges.setdefault(invoice, []).append(charge["amount"])
    return Shown(
        bills=[_bill(row, charges.get(row["id"], [])) for row in rows["invoice"]],
        subscriptions=[_standing(row) for row in rows["subscription"] if row["status"] not in OVER],
        stray_charges=stray,
    )


def _bill(row: Json, charges: list[int]) -> Bill:
    details = (row["parent"] or {}).get("subscription_details") or {}
    ours = row["billing_reason"] in OURS
    return Bill(
        id=row["id"],
        order=(details.get("metadata") or {}).get("order", "") if ours else "",
        reason=row["billing_reason"],
        subscription=details.get("subscription", ""),
        status=row["status"],
        due=row["amount_due"],
        paid=row["amount_paid"],
        paid_at=row["status_transitions"]["paid_at"] or 0,
        charges=tuple(charges),
    )


def _standing(row: Json) -> Standing:
    item = row["items"]["data"][0]
    return Standing(
        id=row["id"],
        status=row["status"],
        price=item["price"]["id"],
        quantity=item["quantity"],
        start=datetime.fromtimestamp(item["current_period_start"], UTC),
        end=datetime.fromtimestamp(item["current_period_end"], UTC),
        cancels=row["cancel_at_period_end"],
        pending=row["pending_update"] is not None,
    )
