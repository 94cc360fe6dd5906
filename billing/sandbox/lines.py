"""Invoice lines: whole periods and prorations, before and after they are written onto an invoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from billing.sandbox.money import formatted
from billing.sandbox.proration import prorated
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line to be invoiced; `amount` in minor units, quantity included."""

    item: str
    price: Obj
    quantity: int
    amount: int
    start: int
    end: int
    proration: bool
    description: str


def whole_line(box: Sandbox, item: Obj, start: int, end: int, *, free: bool = False) -> Line:
    """The line of a whole period; `free` for the time of a trial."""
    price, quantity = item["price"], item["quantity"]
    name = box.store.get("product", price["product"])["name"]
    each = formatted(price["unit_amount"], price["currency"])
    words = f"{quantity} × {name} (at {each} / {_each(price)})"
    return Line(
        item=item["id"],
        price=price,
        quantity=quantity,
        amount=0 if free else price["unit_amount"] * quantity,
        start=start,
        end=end,
        proration=False,
        description=f"Trial period for {name}" if free else words,
    )


def prorated_line(box: Sandbox, item: Obj, fraction: Fraction, start: int, end: int, *, credit: bool) -> Line:
    """The line for a share of a period: unused time given back (`credit`) or remaining time charged."""
    price, quantity = item["price"], item["quantity"]
    name = box.store.get("product", price["product"])["name"]
    day = datetime.fromtimestamp(start, UTC).strftime("%d %b %Y").lstrip("0")
    whole = price["unit_amount"] * quantity
    counted = f"{quantity} × {name}" if quantity != 1 else name
    return Line(
        item=item["id"],
        price=price,
        quantity=quantity,
        amount=prorated(-whole if credit else whole, fraction),
        start=start,
        end=end,
        proration=True,
        description=f"{'Unused' if credit else 'Remaining'} time on {counted} after {day}",
    )


def _each(price: Obj) -> str:
    recurring = price["recurring"]
    count = recurring["interval_count"]
    return str(recurring["interval"]) if count == 1 else f"{count} {recurring['interval']}s"


def kept(line: Line) -> Obj:
    """A line as JSON, for the subscription that holds it until its next invoice."""
    return {**line.__dict__, "price": line.price["id"]}


def unkept(box: Sandbox, row: Obj) -> Line:
    """The line back from its JSON."""
    return Line(**{**row, "price": box.store.get("price", row["price"])})


def written(line: Line, currency: str, subscription: Obj | None, taxes: list[Obj]) -> Obj:
    """The line as Stripe's line_item."""
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": line.amount,
        "currency": currency,
        "description": line.description,
        "discount_amounts": [],
        "discountable": not line.proration,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": line.proration,
                "proration_details": {"credited_items": None} if line.proration else None,
                "subscription": subscription["id"] if subscription else None,
                "subscription_item": line.item,
            },
            "type": "subscription_item_details",
        },
        "period": {"end": line.end, "start": line.start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": line.price["id"], "product": line.price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(line.price["unit_amount"]),
        },
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "subscription": subscription["id"] if subscription else None,
        "subtotal": line.amount,
        "taxes": taxes,
    }
