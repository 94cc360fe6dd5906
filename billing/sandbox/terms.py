"""What a subscription would be after a change, and what is invoiced for getting there. Nothing is changed here.

Previews and changes both come through here, so they cannot differ. The rules, as Stripe's:

* same interval: the billing date stays; a changed item is credited and debited for the rest of the period;
* another interval, free → paid, or `billing_cycle_anchor=now`: the new period begins now and is billed whole, all
  unused time is credited;
* within a trial nothing is charged; ending it now bills the first period whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from billing.sandbox.errors import invalid
from billing.sandbox.form import Params, boolean, choice, integer, merge_metadata, sequence
from billing.sandbox.lines import Line, prorated_line, unkept, whole_line
from billing.sandbox.periods import next_boundary, stub_bounds
from billing.sandbox.proration import remaining
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id

PRORATION = ("create_prorations", "always_invoice", "none")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Items and period after the change; `lines` go on an invoice now if `invoiced`, `held` wait for the next one."""

    items: list[Obj]
    anchor: int
    start: int
    end: int
    trial_end: int | None
    lines: list[Line]
    held: list[Line]
    invoiced: bool
    resets: bool
    proration_date: int | None = None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The part of a request that changes what is billed."""

    items: list[Params]
    proration_behavior: str = "create_prorations"
    proration_date: int | None = None
    anchor: str | int = "unchanged"
    trial_end: str | int | None = None


def read_wish(params: Params) -> Wish:
    """The wish in a request's parameters. 400 for values that Stripe refuses."""
    anchor: str | int = params.get("billing_cycle_anchor") or "unchanged"
    if anchor not in ("now", "unchanged"):
        anchor = integer(params, "billing_cycle_anchor") or 0
    trial_end: str | int | None = params.get("trial_end") or None
    if trial_end not in (None, "now"):
        trial_end = integer(params, "trial_end")
    date = integer(params, "proration_date")
    if date is not None and anchor == "now":
        raise invalid(
            "You cannot specify `proration_date` when `billing_cycle_anchor` is `now`.",
            param="proration_date",
        )
    return Wish(
        items=sequence(params, "items"),
        proration_behavior=choice(params, "proration_behavior", PRORATION, "create_prorations") or "none",
        proration_date=date,
        anchor=anchor,
        trial_end=trial_end,
    )


def opening_terms(box: Sandbox, wish: Wish, at: int) -> Terms:
    """The terms of a new subscription that starts at `at`."""
    items = _with_changes(box, [], wish.items, at)
    recurring = items[0]["price"]["recurring"]
    if isinstance(wish.trial_end, int) and wish.trial_end > at:
        lines = [whole_line(box, item, at, wish.trial_end, free=True) for item in items]
        return _terms(items, wish.trial_end, at, wish.trial_end, trial_end=wish.trial_end, lines=lines)
    if not isinstance(wish.anchor, int) or wish.anchor <= at:
        end = next_boundary(at, recurring, at)
        return _terms(items, at, at, end, lines=[whole_line(box, item, at, end) for item in items])
    whole_start, end = stub_bounds(wish.anchor, recurring, at)
    share = remaining(whole_start, end, at)
    lines = [prorated_line(box, item, share, at, end, credit=False) for item in items]
    if wish.proration_behavior == "none":
        lines = [replace(line, amount=0) for line in lines]
    return _terms(items, wish.anchor, at, end, lines=lines)


def _terms(
    items: list[Obj], anchor: int, start: int, end: int, *, lines: list[Line], trial_end: int | None = None
) -> Terms:
    return Terms(
        items=items,
        anchor=anchor,
        start=start,
        end=end,
        trial_end=trial_end,
        lines=lines,
        held=[],
        invoiced=True,
        resets=True,
    )


def changed_terms(box: Sandbox, subscription: Obj, wish: Wish, at: int) -> Terms:
    """The terms of a subscription after `wish`, carried out at `at`."""
    old = subscription["items"]["data"]
    start, end = old[0]["current_period_start"], old[0]["current_period_end"]
    if wish.proration_date is not None and not start <= wish.proration_date <= end:
        raise invalid(
            f"Invalid proration_date: it must be within the current billing period ({start} to {end}).",
            param="proration_date",
        )
    if isinstance(wish.anchor, int):
        raise invalid("billing_cycle_anchor must be `now` or `unchanged`.", param="billing_cycle_anchor")
    date = min(max(at if wish.proration_date is None else wish.proration_date, start), end)
    items = _with_changes(box, old, wish.items, at)
    held = [unkept(box, row) for row in subscription["_held"]]
    trialing = subscription["status"] == "trialing"
    kept = Terms(
        items=items,
        anchor=subscription["billing_cycle_anchor"],
        start=start,
        end=end,
        trial_end=subscription["trial_end"],
        lines=[],
        held=held,
        invoiced=False,
        resets=False,
        proration_date=date,
    )
    if trialing and wish.trial_end != "now" and wish.anchor != "now":
        return _within_trial(kept, wish, at)
    if wish.trial_end not in (None, "now"):
        raise invalid(
            "The sandbox moves trial_end only while the subscription is trialing.", param="trial_end"
        )

    prorates = wish.proration_behavior != "none" and not trialing
    if wish.anchor == "now" or trialing or _restarts(old, items):
        share = remaining(start, end, date)
        credits = (
            [prorated_line(box, item, share, date, end, credit=True) for item in old] if prorates else []
        )
        new_end = next_boundary(at, items[0]["price"]["recurring"], at)
        debits = [whole_line(box, item, at, new_end) for item in items]
        return replace(
            kept,
            anchor=at,
            start=at,
            end=new_end,
            trial_end=min(at, subscription["trial_end"]) if trialing else subscription["trial_end"],
            lines=[*held, *credits, *debits],
            held=[],
            invoiced=True,
            resets=True,
        )
    lines = _prorations(box, old, items, start, end, date) if prorates else []
    if wish.proration_behavior == "always_invoice":
        return replace(kept, lines=[*held, *lines], held=[], invoiced=bool(held or lines))
    return replace(kept, held=[*held, *lines])


def _within_trial(kept: Terms, wish: Wish, at: int) -> Terms:
    if not isinstance(wish.trial_end, int):
        return kept
    if wish.trial_end <= at:
        raise invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end"
        )
    return replace(kept, anchor=wish.trial_end, end=wish.trial_end, trial_end=wish.trial_end)


def _prorations(box: Sandbox, old: list[Obj], new: list[Obj], start: int, end: int, date: int) -> list[Line]:
    """Old items credited and new ones debited whole, for those items that differ."""
    share = remaining(start, end, date)
    before = {item["id"]: item for item in old}
    after = {item["id"]: item for item in new}
    gone = [item for item in old if _billed(item) != _billed(after.get(item["id"]))]
    come = [item for item in new if _billed(item) != _billed(before.get(item["id"]))]
    return [
        *(prorated_line(box, item, share, date, end, credit=True) for item in gone),
        *(prorated_line(box, item, share, date, end, credit=False) for item in come),
    ]


def _billed(item: Obj | None) -> tuple[str, int] | None:
    return (item["price"]["id"], item["quantity"]) if item else None


def _restarts(old: list[Obj], new: list[Obj]) -> bool:
    """Whether the change resets the billing date: another interval, or free → paid."""

    def total(items: list[Obj]) -> int:
        return sum(item["price"]["unit_amount"] * item["quantity"] for item in items)

    another = _interval(old[0]) != _interval(new[0])
    return another or (total(old) == 0 and total(new) > 0)


def _interval(item: Obj) -> tuple[str, int]:
    recurring = item["price"]["recurring"]
    return (recurring["interval"], recurring["interval_count"])


def _with_changes(box: Sandbox, old: list[Obj], changes: list[Params], at: int) -> list[Obj]:
    """The items after `changes`: with an id one is changed or deleted, without it one is added."""
    items = [{**item, "metadata": dict(item["metadata"])} for item in old]
    by_id = {item["id"]: item for item in items}
    for change in changes:
        if not isinstance(change, dict):
            raise invalid("Invalid items: each must be a hash.", param="items")
        item = by_id.get(change.get("id", ""))
        if change.get("id") and item is None:
            raise invalid(
                f"No such subscription item: '{change['id']}'", param="items", code="resource_missing"
            )
        if item is not None and boolean(change, "deleted"):
            items.remove(item)
            continue
        if item is None:
            item = {"id": new_id("si"), "object": "subscription_item", "created": at, "metadata": {}}
            item |= {"billing_thresholds": None, "discounts": [], "tax_rates": [], "quantity": 1}
            items.append(item)
        if "price" in change or "price" not in item:
            item["price"] = _recurring_price(box, change.get("price"))
        quantity = integer(change, "quantity", item["quantity"])
        if quantity is None or quantity < 0:
            raise invalid("Invalid quantity: must not be negative.", param="items[quantity]")
        item["quantity"] = quantity
        item["metadata"] = merge_metadata(item["metadata"], change)
    _check_together(items)
    return items


def _recurring_price(box: Sandbox, id: str | None) -> Obj:
    price = box.store.named("price", id, param="items[0][price]")
    if not price["active"]:
        raise invalid(
            "The price specified is inactive. This field only accepts active prices.", param="items"
        )
    if not price["recurring"]:
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices with "
            "`type=recurring`.",
            param="items",
        )
    return price


def _check_together(items: list[Obj]) -> None:
    if not items:
        raise invalid("A subscription must have at least one item.", param="items")
    if len({item["price"]["currency"] for item in items}) > 1:
        raise invalid("All prices on a subscription must have the same currency.", param="items")
    if len({_interval(item) for item in items}) > 1:
        raise invalid(
            "All prices on a subscription must have the same interval in the sandbox.", param="items"
        )
    if len({item["price"]["id"] for item in items}) < len(items):
        raise invalid("A price can be used only once on a subscription; change its quantity.", param="items")
