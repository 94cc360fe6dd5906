"""Where a customer stands at a moment: the licence, what lies over it, and the terms of both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from licensing.models import Customer, Licence, Price, Trial
from licensing.planned import PLANNED, Change, read_planned, retired_from
from licensing.pricing import Held
from licensing.rows import ask, columns, instance, width
from licensing.sharing import in_force
from licensing.terms import EditionTerms, TierTerms, edition_terms
from licensing.waived import OPEN_WAIVERS, Waived, read_waived


@dataclass(frozen=True)
class Standing:
    """`edition` and `tier` are the held ones as they are in force: what later editions share in is in them, and what a
    completed sunset has taken from the held tier is in neither. `newest_id` is the product's newest edition.
    """

    customer: Customer
    licence: Licence
    trial: Trial | None
    edition: EditionTerms
    tier: TierTerms
    trial_edition: EditionTerms | None
    trial_tier: TierTerms | None
    at: datetime
    newest_id: int
    open_waivers: tuple[Waived, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def shared(self) -> Mapping[str, EditionTerms]:
        """Feature key → the later edition that its value comes from; empty where all is the held edition's own."""
        if self.edition.id == self.newest_id:
            return {}
        return in_force(self.edition.id, newest_id=self.newest_id).shared.get(self.tier.id, {})

    @property
    def retired(self) -> tuple[str, ...]:
        """The keys of the features that completed sunsets have taken from the held tier."""
        return retired_from(self.tier.id, self.changes)

    @cached_property
    def waivers(self) -> tuple[Waived, ...]:
        """The exceptions that hold now; `open_waivers` also has those whose day is still to come."""
        return tuple(waived for waived in self.open_waivers if waived.is_live(at=self.at))

    @property
    def interval(self) -> str:
        """How the licence is paid: month or year; month where it is free."""
        return self.licence.price.interval if self.licence.price else "month"

    @cached_property
    def held(self) -> Held | None:
        """What is paid for, or None on a free tier."""
        price = self.tier.price_by_id(self.licence.price_id)
        if price is None or self.licence.period_start is None or self.licence.period_end is None:
            return None
        return Held(price, self.licence.seats, self.licence.period_start, self.licence.period_end)

    @property
    def feels_like(self) -> TierTerms:
        """The tier whose entitlements are in force: the trial's while one runs."""
        return self.trial_tier or self.tier


# A licence with its price and what lies over it, for whoever selects more beside them.
SELECTED = f"""
{columns(Licence, of="licence")}, {columns(Price, of="price")}, {columns(Trial, of="trial")}, lent.edition_id,
    (SELECT newest.id FROM licensing_edition newest
     WHERE newest.product_id = licence.product_id AND newest.published_at IS NOT NULL
     ORDER BY newest.published_at DESC, newest.id DESC LIMIT 1),
    {OPEN_WAIVERS}, {PLANNED}
"""
SOURCE = """
licensing_licence licence
LEFT JOIN licensing_price price ON price.id = licence.price_id
LEFT JOIN licensing_trial trial ON trial.licence_id = licence.id AND trial.ended_at IS NULL
    AND trial.started_at <= %(at)s AND trial.ends_at > %(at)s
LEFT JOIN licensing_tier lent ON lent.id = trial.tier_id
"""
CHOSEN = "licence.customer_id = %(customer)s AND licence.ended_at IS NULL"
WIDTH = width(Licence) + width(Price) + width(Trial) + 4


def standing_of(customer: Customer, *, at: datetime) -> Standing:
    """Read a customer's standing in one query. Raises Licence.DoesNotExist where no licence is live.

    A trial, and a waiver, counts from when it begins up to `ends_at` by the clock, whatever jobs have or have not run.
    """
    rows = ask(f"SELECT {SELECTED} FROM {SOURCE} WHERE {CHOSEN}", {"customer": customer.pk, "at": at})
    return read_standing(rows, customer=customer, at=at)


def read_standing(rows: Sequence[Any], *, customer: Customer, at: datetime) -> Standing:
    """The standing in the first `WIDTH` columns of the one row. Raises Licence.DoesNotExist where there is none."""
    if not rows:
        raise Licence.DoesNotExist(f"{customer} holds no live licence.")
    row = rows[0]
    licence, rest = instance(Licence, row[: width(Licence)]), row[width(Licence) :]
    assert licence is not None, "the row is the licence's"
    licence.customer = customer
    licence.price = instance(Price, rest[: width(Price)])
    trial = instance(Trial, rest[width(Price) : width(Price) + width(Trial)])
    trial_edition = None
    if trial:
        trial.customer, trial.licence = customer, licence
        trial_edition = edition_terms(row[WIDTH - 4])
    newest_id = row[WIDTH - 3]
    edition = in_force(licence.edition_id, newest_id=newest_id).terms
    changes = read_planned(row[WIDTH - 1])
    edition = less_retired(edition, licence.tier_id, changes)
    return Standing(
        customer=customer,
        licence=licence,
        trial=trial,
        edition=edition,
        tier=edition.tier_by_id(licence.tier_id),
        trial_edition=trial_edition,
        trial_tier=trial_edition.tier_by_id(trial.tier_id) if trial and trial_edition else None,
        at=at,
        newest_id=newest_id,
        changes=changes,
        open_waivers=read_waived(row[WIDTH - 2]),
    )


def less_retired(edition: EditionTerms, tier_id: int, changes: tuple[Change, ...]) -> EditionTerms:
    """The edition with its held tier less what completed sunsets have taken from it."""
    return without(edition, tier_id, retired_from(tier_id, changes))


def without(edition: EditionTerms, tier_id: int, retired: Collection[str]) -> EditionTerms:
    """The edition with one tier less the features of these keys."""
    if not retired:
        return edition
    held = edition.tier_by_id(tier_id)
    left = replace(held, gives={key: value for key, value in held.gives.items() if key not in retired})
    return replace(edition, tiers=tuple(left if tier is held else tier for tier in edition.tiers))
