"""Renewals without Stripe: what it would show of a licence that renews, at the held price or at the one to come."""

from __future__ import annotations

from datetime import datetime

from billing.answers import SubscriptionSeen
from billing.edition_renewals import renewed
from billing.models import StripePrice
from licensing.history import STRIPE
from licensing.licences import change_licence
from licensing.models import Licence, PlannedChange, Price
from licensing.periods import add_intervals
from licensing.sunsets.moving import move_by


def renew(licence: Licence, *, at: datetime, price: Price | None = None) -> datetime:
    """Begin the next period of a paid licence, whose price is read along; Stripe shows it at `price`, or as it is held.
    The moment at which it has begun, which may be a while before `at`.
    """
    assert licence.price is not None, "it is paid for"
    assert licence.period_end is not None, "it is paid for"
    begins_at = licence.period_end
    ends_at = add_intervals(anchor=begins_at, interval=licence.price.interval, count=1)
    renewed(licence, _seen(price or licence.price, begins_at, ends_at), at=at)
    change_licence(
        licence=licence,
        kind="licence_renewed",
        at=at,
        actor=STRIPE,
        period_start=begins_at,
        period_end=ends_at,
    )
    return begins_at


def price_to_come(licence: Licence) -> Price | None:
    """What the announced end of its edition leads to; None where no end was announced."""
    planned = (
        PlannedChange.objects.select_related("tier")
        .filter(kind=PlannedChange.Kind.EDITION_SUNSET, licence=licence, tier=licence.tier_id)
        .order_by("-pk")
        .first()
    )
    if planned is None:
        return None
    planned.licence = licence
    price = move_by(planned).price
    assert price is not None, "who pays goes on paying"
    return Price.objects.get(pk=price.id)


def _seen(price: Price, begins_at: datetime, ends_at: datetime) -> SubscriptionSeen:
    StripePrice.objects.get_or_create(
        lookup_key=price.lookup_key, defaults={"stripe_id": f"price_{price.pk}", "synced_at": begins_at}
    )
    return SubscriptionSeen(
        stripe_id="sub", customer_id="cus", order_id="", status="active", item_id="si", price_id=f"price_{price.pk}",
        quantity=1, period_start=begins_at, period_end=ends_at, cancels_at_period_end=False,
        has_pending_update=False, latest_invoice_id="in", card=None,
    )  # fmt: skip
