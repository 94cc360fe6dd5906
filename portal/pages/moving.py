"""The announced end of an edition, as it is told to whoever holds it: when they move, what they pay, what changes; and
for a while after that they have moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.models import Licence
from licensing.offers import Row, compare, gains_of
from licensing.planned import Change
from licensing.sharing import in_force
from licensing.standing import Standing, less_retired, without
from licensing.sunsets.moving import Move, move_of
from licensing.sunsets.terms import SunsetTerms, sunset_terms
from licensing.terms import EditionTerms, PriceTerms, TierTerms
from licensing.usage import Usage
from portal.pages.gains import gain_words
from portal.pages.losses import is_above, loss_words
from portal.pages.planned import SHOWN_AFTER
from portal.pages.price_steps import price_step_words


@dataclass(frozen=True)
class Moving:
    """`before` and `after` are what one interval costs, before tax, in minor units of `price`, which is None where it
    is free; `pays` says so. `when` is None while there is no day, because the mail that tells of it has not been
    delivered. `sooner` names the features that announced sunsets take before it; they are not among `loses`.
    `is_above`: more is used of something than there will be. `is_over`: it has happened.
    """

    sunset: SunsetTerms
    held: EditionTerms
    edition: EditionTerms
    tier: TierTerms
    when: datetime | None
    price: PriceTerms | None
    before: int
    after: int
    pays: str
    sooner: tuple[str, ...]
    loses: tuple[str, ...]
    gains: tuple[str, ...]
    is_above: bool
    is_over: bool


def moving(standing: Standing, *, usage: Mapping[str, Usage]) -> Moving | None:
    """None for whoever was told of no such end. No query once a process knows the sunset."""
    move = move_of(standing)
    if move is None:
        return None
    return moving_by(
        move,
        licence=standing.licence,
        held=standing.edition,
        newest_id=standing.newest_id,
        changes=standing.changes,
        usage=usage,
    )


def moving_by(
    move: Move,
    *,
    licence: Licence,
    held: EditionTerms,
    newest_id: int,
    changes: tuple[Change, ...],
    usage: Mapping[str, Usage],
) -> Moving:
    """`held` is in force, and less what sunsets have taken from it; `changes` is what is planned for the licence, and
    `usage` what is used of it, by feature.
    """
    sooner = [change.feature_key for change in changes if _leaves_before(change, move.at)]
    left = without(held, licence.tier_id, sooner)
    own = left.tier_by_id(licence.tier_id)
    paid = own.price_by_id(licence.price_id)
    edition = in_force(move.edition.id, newest_id=newest_id).terms
    tier = edition.tier_by_id(move.tier.id)
    return _in_words(
        compare(held=own, held_edition=left, offered=tier, edition=edition),
        usage=usage,
        price=paid,
        amounts=_amounts(paid, move.price, seats=licence.seats),
        sunset=move.sunset,
        held=held,
        edition=edition,
        tier=tier,
        when=move.at,
        sooner=tuple(feature.name for key in sooner if (feature := held.feature(key)) is not None),
        is_over=False,
    )


def moved(standing: Standing, *, usage: Mapping[str, Usage]) -> Moving | None:
    """The end of an edition that brought this licence to the tier it is on, for a month after. No query once a process
    knows the sunset.
    """
    for change in standing.changes:
        since = change.done_at
        if change.feature_key or since is None or since < standing.at - SHOWN_AFTER:
            continue
        found = moved_by(
            sunset_terms(change.sunset_id),
            from_tier=change.tier_id,
            since=since,
            licence=standing.licence,
            edition=standing.edition,
            newest_id=standing.newest_id,
            changes=standing.changes,
            usage=usage,
        )
        if found is not None:
            return found
    return None


def moved_by(
    sunset: SunsetTerms,
    *,
    from_tier: int,
    since: datetime,
    licence: Licence,
    edition: EditionTerms,
    newest_id: int,
    changes: tuple[Change, ...],
    usage: Mapping[str, Usage],
) -> Moving | None:
    """What the completed end of an edition has brought to the licence that held `from_tier` of it, at what is paid now
    and for as many people; not what had left before. None where the licence has left since. `edition`: the one held
    now, as it is in force.
    """
    assert sunset.edition_id is not None, "it is the end of an edition"
    held = less_retired(in_force(sunset.edition_id, newest_id=newest_id).terms, from_tier, changes)
    own, tier = held.tier_by_id(from_tier), edition.tier_by_id(licence.tier_id)
    if edition.id != sunset.replacement_id or tier.key != own.key:
        return None
    price = tier.price_by_id(licence.price_id)
    paid = price and own.price(currency=price.currency, interval=price.interval)
    return _in_words(
        compare(held=own, held_edition=held, offered=tier, edition=edition),
        usage=usage,
        price=price,
        amounts=_amounts(paid, price, seats=licence.seats),
        sunset=sunset,
        held=held,
        edition=edition,
        tier=tier,
        when=since,
        sooner=(),
        is_over=True,
    )


def _amounts(before: PriceTerms | None, after: PriceTerms | None, *, seats: int) -> tuple[int, int]:
    return before.amount(seats) if before else 0, after.amount(seats) if after else 0


def _in_words(
    rows: tuple[Row, ...],
    *,
    usage: Mapping[str, Usage],
    price: PriceTerms | None,
    amounts: tuple[int, int],
    is_over: bool,
    **told: Any,
) -> Moving:
    """`rows` compare what is held with what is moved to; `amounts` are what is paid before and after."""
    before, after = amounts
    used = {key: reading.value for key, reading in usage.items()}
    lost = [(row, used.get(row.feature.key)) for row in rows if row.change == "lose"]
    return Moving(
        price=price,
        before=before,
        after=after,
        pays=price_step_words(price, before=before, after=after, is_over=is_over),
        loses=tuple(loss_words(row, used=count) for row, count in lost),
        gains=tuple(gain_words(row) for row in gains_of(rows)),
        is_above=any(is_above(row, used=count) for row, count in lost),
        is_over=is_over,
        **told,
    )


def _leaves_before(change: Change, day: datetime | None) -> bool:
    leaves_at = change.takes_effect_at
    is_open = bool(change.feature_key) and change.is_announced and not change.is_done
    return is_open and leaves_at is not None and day is not None and leaves_at < day
