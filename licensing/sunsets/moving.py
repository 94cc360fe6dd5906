"""Where the announced end of an edition takes a licence: edition, tier and price, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from licensing.history import CLOCK, entry, record
from licensing.licences import change_licence, touch_licence
from licensing.models import Licence, PlannedChange, Price
from licensing.notices import owe
from licensing.periods import renewal_from
from licensing.standing import Standing
from licensing.sunsets.days import renewal_of
from licensing.sunsets.planning import OPEN
from licensing.sunsets.terms import SunsetTerms, sunset_terms
from licensing.terms import EditionTerms, PriceTerms, TierTerms, edition_terms

# The kind of the notice that it has happened.
HAS_MOVED = "edition_moved"


@dataclass(frozen=True)
class Move:
    """`price` is None on a free tier. `at` is None while there is no day, because no mail about it has arrived."""

    sunset: SunsetTerms
    edition: EditionTerms
    tier: TierTerms
    price: PriceTerms | None
    at: datetime | None


def move_of(standing: Standing) -> Move | None:
    """What this customer was told of the end of their edition; None where it goes on, or nothing was said. No query
    once a process knows the sunset.
    """
    for change in standing.changes:
        if change.feature_key or change.is_done or not change.is_announced:
            continue
        day = change.takes_effect_at
        return _move(
            sunset_terms(change.sunset_id),
            standing.tier,
            standing.held.price if standing.held else None,
            renewal_of(standing.licence, day) if day else None,
        )
    return None


def move_by(change: PlannedChange) -> Move:
    """The same for one planned change, whose licence is read along with its price."""
    held, day = edition_terms(change.tier.edition_id).tier_by_id(change.tier_id), change.takes_effect_at
    return _move(
        sunset_terms(change.sunset_id),
        held,
        held.price_by_id(change.licence.price_id),
        day and renewal_of(change.licence, day),
    )


def _move(sunset: SunsetTerms, held: TierTerms, price: PriceTerms | None, at: datetime | None) -> Move:
    assert sunset.replacement_id is not None, "an edition ends with another to move to"
    edition = edition_terms(sunset.replacement_id)
    tier = edition.tier(held.key)
    assert tier is not None, "it is not announced without"
    paid = price and tier.price(currency=price.currency, interval=price.interval)
    return Move(sunset, edition, tier, paid, at)


def price_after(
    move: Move, *, currency: str, interval: str, start: datetime, end: datetime
) -> tuple[PriceTerms, datetime] | None:
    """What the held tier, paid for from `start` to `end` and then again and again, costs after the move, and from which
    renewal on. None where it costs nothing then, or while there is no day.
    """
    price = move.tier.price(currency=currency, interval=interval)
    if price is None or move.at is None:
        return None
    return price, renewal_from(start=start, end=end, interval=interval, since=move.at)


def price_at_renewal(licence: Licence, price: Price, *, renews_at: datetime) -> Price:
    """What a licence that is changed to `price` is charged by when it renews at `renews_at`: the later edition's, where
    that renewal carries the announced end of the held one. One query, or two.
    """
    change = PlannedChange.objects.filter(
        kind=PlannedChange.Kind.EDITION_SUNSET,
        state__in=OPEN,
        licence=licence,
        tier=price.tier_id,
        notice__isnull=False,
        takes_effect_at__lte=renews_at,
    ).first()
    if change is None:
        return price
    tier = edition_terms(sunset_terms(change.sunset_id).replacement_id or 0).tier(price.tier.key)
    after = tier and tier.price(currency=price.currency, interval=price.interval)
    assert after is not None, "it is not announced without"
    return Price.objects.select_related("tier__edition__product").get(pk=after.id)


def begin(change: PlannedChange, *, at: datetime) -> None:
    """The renewal that carries the locked change is being prepared: until it is over nothing else changes the licence,
    and no quote of before holds.
    """
    change.begun_at = at
    change.save(update_fields=["begun_at"])
    touch_licence(
        licence=change.licence,
        kind="renewal_prepared",
        at=at,
        actor=CLOCK,
        reason=f"It renews on the terms of {move_by(change).edition.name}.",
    )


def put_off(change: PlannedChange, *, why: str, at: datetime) -> None:
    """The renewal passes without the locked change; the next one carries it, unless the plan was withdrawn."""
    change.begun_at = None
    if change.state == PlannedChange.State.VOID:
        change.save(update_fields=["begun_at"])
        return
    change.state, change.why = PlannedChange.State.DEFERRED, why
    change.save(update_fields=["state", "why", "begun_at"])
    record(
        entry(
            customer=change.customer_id,
            kind="change_put_off",
            subject=change,
            at=at,
            actor=CLOCK,
            after={"state": change.state},
            reason=why,
        )
    )


def take_effect(change: PlannedChange, *, licence: Licence, at: datetime) -> None:
    """Move the locked licence as its locked change says, close that, and owe the word that it has happened: the day has
    come, and it was told.
    """
    move = move_by(change)
    change_licence(
        licence=licence,
        kind="edition_moved",
        at=at,
        actor=CLOCK,
        reason=move.sunset.reason,
        edition_id=move.edition.id,
        tier_id=move.tier.id,
        price_id=move.price.id if move.price else None,
    )
    change.state, change.done_at, change.why, change.begun_at = PlannedChange.State.DONE, at, "", None
    change.save(update_fields=["state", "done_at", "why", "begun_at"])
    owe(customer=change.customer_id, kind=HAS_MOVED, subject=change, at=at)
