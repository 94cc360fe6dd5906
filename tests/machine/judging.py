"""What must hold after every step, and the one right state when all is at rest: at the latest after healing.

The right state is worked out from what Stripe shows and from what was quoted and accepted, not with our own code.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.models import StripePrice
from tests.machine.kept import Kept, Row, moment
from tests.machine.stripe_shows import Bill, Shown
from tests.machine.world import World

# With the sweeps' own half minute; the last is past every wait: pages an hour, keys 20, the bank 22 hours.
PAUSES = (timedelta(0), timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=7), timedelta(hours=24))
MOVES = ("licence_opened", "licence_moved", "licence_ended")
TOLD = {
    "licence_renewed": "renewals",
    "licence_past_due": "past due",
    "licence_paid_up": "paid up again",
    "licence_ended": "ended",
    "licence_cancelled": "cancelled",
    "licence_resumed": "resumed",
}
NOTED = {"edition": "edition_id", "tier": "tier_id", "price": "price_id"}


@dataclass(frozen=True)
class Held:
    """What of a licence a customer would notice."""

    price: int | None
    seats: int
    state: str
    start: datetime | None
    end: datetime | None
    cancels: bool


def after_step(world: World) -> None:
    """What holds at any time, whatever has just happened."""
    shown, kept = world.shown(), world.kept()
    _each_order_is_charged_once_at_most(kept, shown)
    _no_licence_without_its_payment(kept, shown)
    _the_history_of_the_licence_is_whole(kept)
    _each_order_ends_once(kept)
    assert not kept.doubles, "an event was stored twice"
    assert world.violations(kept) == []
    if world.is_at_rest(kept):
        _all_is_right(kept, shown)


def heal(world: World) -> None:
    """Faults end, every event arrives (the newest first), sweeps come by, and as much time passes as it takes."""
    world.heal_stripe()
    world.moments.disarm()
    for pause in PAUSES:
        if pause:
            world.let_pass(pause)
        world.do(lambda: world.deliver_and_work(newest_first=True))
        world.do(world.sweep)
        kept = world.kept()
        if world.is_at_rest(kept):
            return
    raise AssertionError(f"never at rest: orders {kept.pending}, events {kept.waiting}")


def healed(world: World) -> None:
    """The one right state, and nothing left over."""
    after_step(world)
    kept = world.kept()
    assert world.is_at_rest(kept), "it was at rest, and something is on its way again"
    assert not kept.overdue_trials, "a trial whose time has run was not tidied up"


def _all_is_right(kept: Kept, shown: Shown) -> None:
    """Nothing is on its way any more, so the books are as Stripe shows and as was paid for."""
    for key, order in kept.orders.items():
        _an_order_is_settled_if_and_only_if_it_was_paid(order, shown.of_order(key), over=kept.was_over(key))
    assert not shown.stray_charges, f"charged for no invoice: {shown.stray_charges}"
    for bill in shown.bills:
        assert list(bill.charges) == ([bill.paid] if bill.paid else []), (
            f"not charged what was billed: {bill}"
        )
        assert not bill.order or bill.order in kept.orders, f"an order that nobody made: {bill}"
        assert bill.status != "open" or not bill.order, f"could be paid though its order is over: {bill}"
    held, right = _held(kept.licence), _right_licence(shown, kept)
    assert held == right, f"the licence is {held}, and should be {right}"
    assert kept.subscriptions == [subscription.id for subscription in shown.subscriptions]


def happened(world: World) -> Counter[str]:
    """What this run came through, so that a machine that has stopped to try things is seen."""
    kept = world.kept()
    ends = Counter(f"orders {order['failure'] or order['state']}" for order in kept.orders.values())
    ways = Counter(TOLD[event["kind"]] for event in kept.history if event["kind"] in TOLD)
    return ends + ways + world.twists + Counter(trials=len(kept.trials))


def _right_licence(shown: Shown, kept: Kept) -> Held:
    """What the last paid order bought, as long as Stripe has the subscription; else the free tier."""
    if not shown.subscriptions:
        return Held(price=None, seats=1, state="active", start=None, end=None, cancels=False)
    assert len(shown.subscriptions) == 1, f"a subscription that pays for nothing: {shown.subscriptions}"
    paying = shown.subscriptions[0]
    assert not paying.pending, "a change still waits though its order is over"
    assert paying.status in ("active", "past_due"), paying
    bought = [bill for bill in shown.bills if bill.subscription == paying.id and bill.order]
    # Of two that were paid in the same second, the later one made.
    last = sorted((bill for bill in bought if bill.status == "paid"), key=lambda bill: bill.paid_at)[-1]
    order = kept.orders[last.order]
    at_stripe = StripePrice.objects.get(lookup_key=order["lookup_key"]).stripe_id
    assert (paying.price, paying.quantity) == (at_stripe, order["seats"]), "Stripe bills something else"
    return Held(
        price=order["price_id"],
        seats=order["seats"],
        state=paying.status,
        start=paying.start,
        end=paying.end,
        cancels=paying.cancels,
    )


def _an_order_is_settled_if_and_only_if_it_was_paid(order: Row, bills: list[Bill], *, over: bool) -> None:
    """`over`: what it paid for had ended before anybody looked, and staff are told."""
    paid = [bill for bill in bills if bill.status == "paid"]
    assert len(paid) <= 1, f"paid twice: {paid}"
    if not paid:
        assert order["state"] == "failed", f"not paid, and {order}"
        return
    assert order["state"] == "settled", f"paid, and {order}"
    assert order["charged"] == order["due"] == paid[0].paid, f"charged {paid[0]} for {order}"
    assert bool(order["needs_staff"]) == over, order


def _each_order_is_charged_once_at_most(kept: Kept, shown: Shown) -> None:
    for key, order in kept.orders.items():
        charges = [amount for bill in shown.of_order(key) for amount in bill.charges]
        assert len(charges) <= 1, f"charged {charges} for {order}"
        assert not charges or charges == [order["due"]], f"charged {charges} for {order}"
        assert not charges or order["state"] != "failed", f"failed and was charged: {order}"


def _no_licence_without_its_payment(kept: Kept, shown: Shown) -> None:
    licence = kept.licence
    move = [event for event in kept.history if event["kind"] in MOVES][-1]
    if licence["price_id"] is None:
        assert move["kind"] in ("licence_opened", "licence_ended"), "the licence was lost"
        return
    assert move["kind"] == "licence_moved", "a licence that no order brought"
    order = kept.orders[move["reason"].removeprefix("Order ")]
    assert order["state"] == "settled", f"a licence whose order is {order}"
    for column in ("tier_id", "price_id", "seats"):
        assert licence[column] == order[column], f"not the {column} that was bought: {licence}"
    bills = [bill.status for bill in shown.of_order(order["id"]) if bill.status != "void"]
    assert bills == ["paid"], f"a licence whose bills are {bills}"


def _the_history_of_the_licence_is_whole(kept: Kept) -> None:
    """Each change begins where the one before ended, and the last is what the licence is now."""
    changes = [event for event in kept.history if event["kind"].startswith("licence_")]
    for earlier, later in itertools.pairwise(changes):
        assert later["before"] == earlier["after"], f"{later['kind']} began from something else than was left"
    assert kept.licence["version"] == len(changes) - 1, "changes and history differ in number"
    noted = changes[-1]["after"]
    for name, value in noted.items():
        now = kept.licence[NOTED.get(name, name)]
        same = moment(now) == moment(value) if name.startswith("period_") else now == value
        assert same, f"{name} changed without a word in the history: {value} to {now}"


def _each_order_ends_once(kept: Kept) -> None:
    ends = Counter(
        event["subject"] for event in kept.history if event["kind"] in ("order_settled", "order_failed")
    )
    receipts = Counter(kept.receipts)
    for key, order in kept.orders.items():
        times = ends[f"order:{key}"]
        assert times == (order["state"] != "pending"), f"ended {times} times: {order}"
        assert receipts[f"order:{key}"] == (order["state"] == "settled"), f"receipts are off: {order}"


def _held(licence: Row) -> Held:
    return Held(
        price=licence["price_id"],
        seats=licence["seats"],
        state=licence["state"],
        start=moment(licence["period_start"]),
        end=moment(licence["period_end"]),
        cancels=licence["cancels_at_period_end"],
    )
