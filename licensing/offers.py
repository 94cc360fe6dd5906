"""What the calculator shows, for every tier at once: its price, what changes, and why not where it is not open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from licensing.claims import claim_about
from licensing.eligibility import change_reasons, trial_reasons
from licensing.giving_up import given_up
from licensing.grandfathering import Difference
from licensing.measuring import Measure, measure
from licensing.pricing import Estimate, estimate, tax_on
from licensing.reasons import Reason
from licensing.rules.situation import Change, Situation
from licensing.sharing import in_force
from licensing.standing import without
from licensing.sunsets.moving import move_of, price_after
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, TierTerms


@dataclass(frozen=True)
class Row:
    """One feature, as held and as offered. `change` is "gain", "lose" or "keep"; absent on both sides: "without".

    `feature` is as the offered terms describe it, `held_feature` as the held ones do; where only one has it, both are
    that. `claim`: of a gain, what the offered terms say that it brings, where they say so.
    """

    feature: FeatureTerms
    held_feature: FeatureTerms
    held: Any
    offered: Any
    change: str
    claim: str = ""


class Compared:
    """Something with rows that compare what is held with what is offered."""

    rows: tuple[Row, ...]

    @property
    def gains(self) -> list[Row]:
        return gains_of(self.rows)

    @property
    def keeps(self) -> list[Row]:
        return [row for row in self.rows if row.change == "keep"]

    @property
    def loses(self) -> list[Row]:
        return [row for row in self.rows if row.change == "lose"]


@dataclass(frozen=True)
class Offer(Compared):
    """One tier as this customer could have it. No estimate where the tier is free or not sold in their currency."""

    tier: TierTerms
    edition: EditionTerms
    relation: str  # "held", "higher" or "lower"
    estimate: Estimate | None
    situation: Situation
    change: Change

    @cached_property
    def rows(self) -> tuple[Row, ...]:  # type: ignore[override]
        standing = self.situation.standing
        return rows_between(
            standing.edition.id,
            standing.tier.id,
            self.edition.id,
            self.tier.id,
            newest_id=standing.newest_id,
            retired=standing.retired,
        )

    @cached_property
    def given_up(self) -> tuple[Difference, ...]:
        """What of the held terms would not come back after this change."""
        standing = self.situation.standing
        return () if self.relation == "held" else given_up(standing, today=self.edition)

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Why this change is not open now; empty where it is."""
        return tuple(change_reasons(self.situation, self.change))

    @cached_property
    def trial_reasons(self) -> tuple[Reason, ...]:
        """Why this tier cannot be tried now; empty where it can."""
        return tuple(trial_reasons(self.situation, self.tier))

    @property
    def is_open(self) -> bool:
        return not self.reasons

    @property
    def can_try(self) -> bool:
        return not self.trial_reasons


def offers_for(
    situation: Situation, *, seats: int, interval: str, tax_percent: str = "", credit: int = 0
) -> list[Offer]:
    """Price and compare every tier for one customer. No query: the situation holds the facts.

    The held tier is offered on the terms it is held on; every other one on today's terms.
    """
    return [
        offer_for(
            situation, tier, edition, seats=seats, interval=interval, tax_percent=tax_percent, credit=credit
        )
        for tier, edition in tiers_open_to(situation)
    ]


def tiers_open_to(situation: Situation) -> list[tuple[TierTerms, EditionTerms]]:
    """Today's tiers, lowest first, with the held tier standing in its own edition's terms.

    A tier is recognised by its key; a held tier that is sold no longer still stands among them by its rank.
    """
    held, own = situation.standing.tier, situation.standing.edition
    tiers = [(tier, situation.today) for tier in situation.today.tiers if tier.key != held.key]
    return sorted([*tiers, (held, own)], key=lambda pair: pair[0].rank)


def compare(
    *, held: TierTerms, held_edition: EditionTerms, offered: TierTerms, edition: EditionTerms
) -> tuple[Row, ...]:
    """What moving from one tier to another changes, feature by feature, in the order of the offered terms."""
    keys = dict.fromkeys(feature.key for feature in (*edition.features, *held_edition.features))
    rows = (
        _row(held_edition.feature(key), held.value(key), edition.feature(key), offered.value(key))
        for key in keys
    )
    return tuple(
        replace(row, claim=claim_about(row.feature.key, tier=offered, edition=edition))
        if row.change == "gain"
        else row
        for row in rows
    )


def gains_of(rows: Iterable[Row]) -> list[Row]:
    """What is gained; first what the terms claim, because that is what people are told of a tier everywhere."""
    return sorted((row for row in rows if row.change == "gain"), key=lambda row: not row.claim)


def _row(mine: FeatureTerms | None, held: Any, theirs: FeatureTerms | None, offered: Any) -> Row:
    """What nothing measures is lost: it does not come along."""
    known = theirs or mine
    assert known is not None, "one of the two has it"
    match measure(theirs, offered, than=held, of=mine):
        case Measure.MORE:
            change = "gain"
        case Measure.LESS | Measure.UNLIKE:
            change = "lose"
        case Measure.SAME:
            change = "without" if held is NOT_INCLUDED or held is False else "keep"
    return Row(known, mine or known, held, offered, change)


@lru_cache(maxsize=1024)
def rows_between(
    held_edition: int, held: int, edition: int, offered: int, *, newest_id: int, retired: tuple[str, ...]
) -> tuple[Row, ...]:
    """Between published terms, as they are in force while `newest_id` is the newest edition and less what sunsets have
    taken from the held tier, this is always the same.
    """
    own = without(in_force(held_edition, newest_id=newest_id).terms, held, retired)
    other = own if edition == held_edition else in_force(edition, newest_id=newest_id).terms
    return compare(
        held=own.tier_by_id(held), held_edition=own, offered=other.tier_by_id(offered), edition=other
    )


def offer_for(
    situation: Situation,
    tier: TierTerms,
    edition: EditionTerms,
    *,
    seats: int,
    interval: str,
    tax_percent: str = "",
    credit: int = 0,
) -> Offer:
    """One tier of `edition` as this customer could have it. No query."""
    standing = situation.standing
    price = tier.price(currency=standing.customer.currency, interval=interval)
    sum_ = (
        estimate(
            held=standing.held,
            price=price,
            seats=seats,
            at=situation.at,
            tax_percent=tax_percent,
            credit=credit,
        )
        if price
        else None
    )
    is_held = tier.id == standing.tier.id
    if is_held and sum_ is not None:
        sum_ = _until_it_ends(sum_, situation)
    return Offer(
        tier=tier,
        edition=edition,
        relation="held" if is_held else "higher" if tier.rank > standing.tier.rank else "lower",
        estimate=sum_,
        situation=situation,
        change=Change(tier, edition, seats, interval),
    )


def _until_it_ends(found: Estimate, situation: Situation) -> Estimate:
    """The same, with what a renewal charges once the held terms have ended, where that was announced."""
    standing = situation.standing
    move, held = move_of(standing), standing.held
    if move is None:
        return found
    goes_on = held is not None and held.period_end == found.renews_at
    after = price_after(
        move,
        currency=found.currency,
        interval=found.interval,
        start=held.period_start if held and goes_on else situation.at,
        end=found.renews_at,
    )
    if after is None:
        return found
    price, since = after
    full = price.amount(found.seats)
    return replace(
        found,
        later_amount=full + (tax_on(full, percent=found.tax_percent) if found.tax_percent else 0),
        later_from=since,
    )


def offer_of(offers: Sequence[Offer], tier_key: str) -> Offer | None:
    return next((offer for offer in offers if offer.tier.key == tier_key), None)
