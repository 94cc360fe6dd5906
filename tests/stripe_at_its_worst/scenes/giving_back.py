"""Giving back what was paid a second time."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from django.utils import timezone

from billing import gateway
from billing.models import Attempt, Order
from billing.settling import close_failed, settle
from billing.tasks import give_back_left_behind
from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes.returning import returning
from tests.stripe_at_its_worst.scenes.scene import Scene, Seen, counted, delivered, worked_off


def paid_twice(buyer: Buyer) -> Scene:
    """Two pages were open, and both are paid. Whoever comes back from the second gets its payment back."""
    return _paid_twice(buyer)


def given_back_by_hand_meanwhile(buyer: Buyer) -> Scene:
    def by_hand() -> None:
        charge = max(buyer.sandbox.charges(), key=lambda each: each["amount"])
        with gateway.client.asking() as v1:
            v1.refunds.create({"charge": charge["id"]})

    scene = _paid_twice(buyer)
    scene.between["refund_payment"] = by_hand
    return scene


def paid_twice_with_credit(buyer: Buyer) -> Scene:
    return _paid_twice(buyer, credit=5000)


def still_to_be_given_back_a_day_later(buyer: Buyer) -> Scene:
    """It was asked for, nobody answered, and its key is too old by now."""
    return _given_back_late(buyer, "/v1/refunds", "refund")


def credit_still_to_be_given_back_a_day_later(buyer: Buyer) -> Scene:
    return _given_back_late(buyer, "/balance_transactions", "credit", credit=5000)


def hearing_of_a_failed_refund(buyer: Buyer) -> Scene:
    """What was given back comes back from the bank, and Stripe tells of it."""
    scene = _paid_twice(buyer)
    scene.press()
    attempt = Attempt.objects.get(order__customer=buyer.customer, step="refund")
    buyer.sandbox.control("refunds/fail", refund=attempt.answer["refund"])
    (event,) = [each for each in buyer.events() if each["type"] == "refund.failed"]

    def ends() -> str:
        order = Order.objects.get(pk=attempt.order_id)
        assert order.refunded in (0, order.charged)
        return "owed again" if order.refunded == 0 else "not heard yet"

    scene.press, scene.ends = lambda: delivered(event, at=timezone.now()), ends
    scene.heal = lambda: worked_off(at=timezone.now() + timedelta(minutes=3))
    return scene


def _paid_twice(buyer: Buyer, credit: int = 0) -> Scene:
    first = buyer.buy("team")
    close_failed(order_id=first.pk, failure="abandoned", words="", at=timezone.now())
    second = buyer.buy("business")
    buyer.pay_at_checkout(first)
    if credit:
        buyer.credited(credit)
    buyer.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    scene = returning(buyer, second)

    def ends() -> str:
        order = Order.objects.get(pk=second.pk)
        if order.refunded is None or len(buyer.subscriptions()) != 1:
            return f"waits: {order.needs_staff}"
        refused = order.attempts.filter(outcome=Attempt.Outcome.REFUSED)
        if order.refunded != order.charged or refused.exists():
            return f"for staff: {order.needs_staff}"
        with gateway.client.asking() as v1:
            back = [each.amount for each in v1.refunds.list({"limit": 100}).auto_paging_iter()]
        assert back == [order.charged], "once, and whole"
        assert gateway.fetch_payer(buyer.payer.stripe_id).credit == credit, "as if it had not been paid"
        return "given back"

    sweeps = count()

    def heal() -> None:
        # A key that repeats a 500 grows too old in time, and what was made is looked for.
        _give_back_left_behind(later=timedelta(minutes=2) if next(sweeps) < 2 else timedelta(hours=21))

    scene.ends, scene.heal = ends, heal
    return scene


def _give_back_left_behind(later: timedelta = timedelta(minutes=2)) -> Seen:
    return counted(give_back_left_behind(at=timezone.now() + later))


def _given_back_late(buyer: Buyer, path: str, step: str, credit: int = 0) -> Scene:
    scene = _paid_twice(buyer, credit)
    buyer.fault("500_before", path=path, method="POST")
    scene.press()
    Attempt.objects.filter(step=step).update(first_asked_at=timezone.now() - timedelta(hours=21))
    scene.press = _give_back_left_behind
    return scene
