"""What a subscription at Stripe shows otherwise than the licence it pays for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from billing.answers import SubscriptionSeen
from billing.models import Difference, StripePrice, Subscription
from billing.quotes import quantity_of
from billing.subscriptions import LIVE, OVER, OWING
from licensing.models import Licence

Kind = Difference.Kind


@dataclass(frozen=True)
class Found:
    """A difference, before it is known whether it could be mended."""

    kind: Difference.Kind
    stripe_id: str
    customer_id: int | None
    what: str


def ours_among(stripe_ids: Iterable[str]) -> dict[str, Subscription]:
    """Our rows of these subscriptions, with all that is compared: two queries for any number."""
    rows = Subscription.objects.filter(stripe_id__in=list(stripe_ids))
    return {row.stripe_id: row for row in rows.select_related("licence__price", "licence__customer__payer")}


def stripe_prices(rows: Iterable[Subscription]) -> dict[str, str]:
    """Lookup key → price at Stripe, for what these are billed by."""
    keys = {row.licence.price.lookup_key for row in rows if row.licence.price}
    return dict(StripePrice.objects.filter(lookup_key__in=keys).values_list("lookup_key", "stripe_id"))


def differences(ours: Subscription, seen: SubscriptionSeen, *, prices: dict[str, str]) -> Iterator[Found]:
    """Every way in which `seen` is not what the licence says. `prices` are those of `stripe_prices`."""
    licence = ours.licence

    def found(kind: Difference.Kind, here: object, there: object) -> Found:
        return Found(
            kind, seen.stripe_id, licence.customer_id, f"Here {here or 'none'}, at Stripe {there or 'none'}."
        )

    if seen.status in OVER:
        yield found(Kind.ENDED, licence.state, seen.status)
        return
    payer = licence.customer.payer.stripe_id if hasattr(licence.customer, "payer") else ""
    if payer != seen.customer_id:
        yield found(Kind.PAYER, payer, seen.customer_id)
    price = licence.price
    if price is None or prices.get(price.lookup_key) != seen.price_id:
        yield found(Kind.PRICE, price, seen.price_id)
    elif quantity_of(price, seats=licence.seats) != seen.quantity:
        yield found(Kind.SEATS, quantity_of(price, seats=licence.seats), seen.quantity)
    if (licence.period_start, licence.period_end) != (seen.period_start, seen.period_end):
        yield found(
            Kind.PERIOD,
            f"{licence.period_start} to {licence.period_end}",
            f"{seen.period_start} to {seen.period_end}",
        )
    if seen.status not in LIVE + OWING or (seen.status in OWING) != (licence.state == Licence.State.PAST_DUE):
        yield found(Kind.STATUS, licence.state, seen.status)
    if licence.cancels_at_period_end != seen.cancels_at_period_end:
        words = {True: "it ends with its period", False: "it renews"}
        yield found(Kind.CANCELS, words[licence.cancels_at_period_end], words[seen.cancels_at_period_end])
