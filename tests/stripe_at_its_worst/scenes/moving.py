"""Setting the price that a renewal charges, where an edition ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from billing.edition_moves import TOO_NEAR, move_due
from billing.models import PriceMove
from tests.billing.conftest import Buyer
from tests.billing.ending import before_renewal, ending, renews
from tests.stripe_at_its_worst.scenes.scene import Scene, Seen, counted


def preparing_a_renewal(buyer: Buyer) -> Scene:
    """The sweep comes round some hours before the renewal, and asks Stripe."""
    ending(buyer)
    at, sweeps, renewed_at = before_renewal(buyer), count(), buyer.licence.period_end

    def heal() -> Seen:
        # A key that repeats a 500 does so until it renews; then what Stripe shows is what counts.
        if next(sweeps) < 2:
            return _sweep(at + timedelta(minutes=1))
        return _sweep(renews(buyer))

    def ends() -> str:
        """The licence goes with what is charged, whatever that is."""
        move, licence = PriceMove.objects.get(), buyer.licence
        if move.outcome == "asked":
            return "waits"
        if licence.period_start == renewed_at:
            assert (move.outcome == "done") == (licence.edition.key == "2026-07")
            return "renewed"
        return "moved" if move.outcome == "done" else "for staff"

    return Scene(buyer, press=lambda: _sweep(at), ends=ends, heal=heal, due=lambda: _price_of(buyer))


def looking_whether_a_renewal_is_prepared(buyer: Buyer) -> Scene:
    """It was asked for and carried out, and the answer was lost. So near to the renewal Stripe is only looked at."""
    ending(buyer)
    at = before_renewal(buyer)
    buyer.fault("close_connection", path="/subscriptions/", method="POST")
    move_due(at=at)
    near = before_renewal(buyer, lead=TOO_NEAR - timedelta(minutes=1))

    def ends() -> str:
        return "moved" if PriceMove.objects.get().outcome == "done" else "waits"

    return Scene(buyer, press=lambda: _sweep(near), ends=ends)


def _sweep(at: datetime) -> Seen:
    counts = move_due(at=at)
    return counted({end: count for end, count in counts.items() if end != "begun"})


def _price_of(buyer: Buyer) -> int:
    """What its renewal costs, tax included."""
    return round(buyer.licence.seats * buyer.licence.price.unit_amount * 1.19)
