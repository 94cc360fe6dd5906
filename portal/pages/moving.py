"""The announced end of an edition, as it is told to whoever holds it: when they move, what they pay, what changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from licensing.models import Licence
from licensing.offers import compare, gains_of
from licensing.planned import Change
from licensing.sharing import in_force
from licensing.standing import Standing, without
from licensing.sunsets.moving import Move, move_of
from licensing.sunsets.terms import SunsetTerms
from licensing.terms import EditionTerms, PriceTerms, TierTerms
from portal.pages.gains import gain_words
from portal.pages.losses import loss_words


@dataclass(frozen=True)
class Moving:
    """`before` and `after` are what one interval costs, before tax, in minor units of `price`; None where it is free.
    `when` is None while there is no day, because the mail that tells of it has not been delivered. `sooner` names the
    features that announced sunsets take before it; they are not among `loses`.
    """

    sunset: SunsetTerms
    held: EditionTerms
    edition: EditionTerms
    tier: TierTerms
    when: datetime | None
    price: PriceTerms | None
    before: int
    after: int
    sooner: tuple[str, ...]
    loses: tuple[str, ...]
    gains: tuple[str, ...]


def moving(standing: Standing) -> Moving | None:
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
    )


def moving_by(
    move: Move, *, licence: Licence, held: EditionTerms, newest_id: int, changes: tuple[Change, ...]
) -> Moving:
    """`held` is in force, and less what sunsets have taken from it; `changes` is what is planned for the licence."""
    sooner = [change.feature_key for change in changes if _leaves_before(change, move.at)]
    left = without(held, licence.tier_id, sooner)
    own = left.tier_by_id(licence.tier_id)
    paid = own.price_by_id(licence.price_id)
    edition = in_force(move.edition.id, newest_id=newest_id).terms
    tier = edition.tier_by_id(move.tier.id)
    rows = compare(held=own, held_edition=left, offered=tier, edition=edition)
    return Moving(
        sunset=move.sunset,
        held=held,
        edition=edition,
        tier=tier,
        when=move.at,
        price=paid,
        before=paid.amount(licence.seats) if paid else 0,
        after=move.price.amount(licence.seats) if move.price else 0,
        sooner=tuple(feature.name for key in sooner if (feature := held.feature(key)) is not None),
        loses=tuple(loss_words(row) for row in rows if row.change == "lose"),
        gains=tuple(gain_words(row) for row in gains_of(rows)),
    )


def _leaves_before(change: Change, day: datetime | None) -> bool:
    leaves_at = change.takes_effect_at
    is_open = bool(change.feature_key) and change.is_announced and not change.is_done
    return is_open and leaves_at is not None and day is not None and leaves_at < day
