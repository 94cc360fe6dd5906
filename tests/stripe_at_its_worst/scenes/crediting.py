"""Putting the credit that an exception gives on the balance."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from django.utils import timezone

from billing import gateway
from billing.credits import give_due
from billing.models import BalanceCredit
from licensing.models import Waiver
from licensing.waivers import ask_for_waiver
from licensing.waivers.threshold import Wish
from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes.scene import Scene, Seen, counted

AMOUNT = 1000


def giving_a_credit(buyer: Buyer) -> Scene:
    """The sweep comes round, and asks Stripe."""
    buyer.with_card().buy("team")
    at = timezone.now()
    ask_for_waiver(
        customer=buyer.customer,
        wish=Wish(Waiver.Kind.PRICE, at, at + timedelta(days=30), amount=AMOUNT),
        reason="Ticket 4711.",
        words="For the hours on Monday.",
        actor=buyer.actor,
        at=at,
    )
    sweeps = count()

    def ends() -> str:
        credit = BalanceCredit.objects.get()
        if credit.outcome == "asked":
            return "waits"
        on_balance = gateway.fetch_payer(buyer.payer.stripe_id).credit
        assert on_balance == (AMOUNT if credit.outcome == "done" else 0), "once, and whole"
        return "credited" if credit.outcome == "done" else "for staff"

    def heal() -> Seen:
        # A key that repeats a 500 grows too old in time, and what was made is looked for.
        return _sweep(later=timedelta(minutes=2) if next(sweeps) < 2 else timedelta(hours=21))

    return Scene(buyer, press=_sweep, ends=ends, heal=heal)


def a_credit_still_to_be_given_a_day_later(buyer: Buyer) -> Scene:
    """It was asked for, nobody answered, and its key is too old by now."""
    scene = giving_a_credit(buyer)
    buyer.fault("500_before", path="/balance_transactions", method="POST")
    scene.press()
    BalanceCredit.objects.update(first_asked_at=timezone.now() - timedelta(hours=21))
    return scene


def _sweep(later: timedelta = timedelta(0)) -> Seen:
    return counted(give_due(at=timezone.now() + later))
