"""What a subscription at Stripe shows otherwise than the licence it pays for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db.models import F

from billing.answers import SubscriptionSeen
from billing.models import Difference, PriceMove, StripePrice, Subscription
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


def stripe_prices(rows: Collection[Subscription]) -> dict[int, set[str]]:
    """Licence → what it is billed by at Stripe: its price, and the one that its next renewal was asked to charge."""
    keys = {(row.licence_id, row.licence.price.lookup_key) for row in rows if row.licence.price}
    moving = PriceMove.objects.filter(
        change__licence__in={row.licence_id for row in rows}, renews_at=F("change__licence__period_end")
    )
    keys |= set(moving.values_list("change__licence", "price__lookup_key"))
    known = dict(
        StripePrice.objects.filter(lookup_key__in={key for _licence, key in keys}).values_list(
            "lookup_key", "stripe_id"
        )
    )
    found: dict[int, set[str]] = {}
    for licence_id, key in keys:
        found.setdefault(licence_id, set()).add(known.get(key, ""))
    return found


def differences(
    ours: Subscription, seen: SubscriptionSeen, *, prices: dict[int, set[str]]
) -> Iterator[Found]:
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
    if price is None or seen.price_id not in prices.get(licence.pk, ()):
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
