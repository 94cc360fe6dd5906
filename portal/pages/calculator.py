"""What the calculator shows: every tier priced at once, and for the chosen one the sum, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from licensing.offers import Offer, Row, offer_of, offers_for
from licensing.periods import add_intervals
from licensing.pricing import Estimate
from licensing.reasons import Reason
from licensing.terms import NOT_INCLUDED, FeatureTerms
from portal.facts import Facts
from portal.pages.reasons import telling
from portal.pages.todo import Todo, todo_list
from portal.pages.values import short_money

LOOK_AHEAD = 24  # months
SOMETHING_CHANGES = "something-changes"


@dataclass(frozen=True)
class FeatureRow:
    """One feature across all tiers, and how much of it is used where that is known."""

    feature: FeatureTerms
    cells: list[tuple[Offer, Row]]
    used: int | None


@dataclass(frozen=True)
class Column:
    """One tier in the table. `mark`: "yours", "chosen" or empty."""

    offer: Offer
    head: str
    mark: str


@dataclass(frozen=True)
class Calculator:
    facts: Facts
    offers: list[Offer]
    chosen: Offer
    held: Offer
    seats: int
    interval: str

    @cached_property
    def estimate(self) -> Estimate | None:
        return self.chosen.estimate

    @cached_property
    def terms(self) -> tuple[int, ...]:
        """The published terms that stand side by side: what is kept of the page, rendered, is kept under these."""
        today = self.facts.situation.today.id
        return (today, self.held.edition.id, self.held.tier.id, self.chosen.tier.id)

    @cached_property
    def changes(self) -> list[FeatureRow]:
        """The features that would change for this customer, in the order of the terms."""
        return self._rows("gain", "lose")

    @cached_property
    def stays(self) -> list[FeatureRow]:
        return self._rows("keep")

    @cached_property
    def without(self) -> list[FeatureRow]:
        """Not included in either."""
        return self._rows("without")

    @cached_property
    def is_standing_still(self) -> bool:
        """Whether what was chosen is what is held."""
        free = self.chosen is self.held and self.chosen.tier.is_free
        return free or any(reason.rule == SOMETHING_CHANGES for reason in self.chosen.reasons)

    @cached_property
    def seats_that_fit(self) -> int | None:
        """The nearest number of seats that suits both the chosen tier and the people; None where it is chosen."""
        tier = self.chosen.tier
        fitting = max(self.seats, self.facts.situation.people, tier.min_seats)
        fitting = fitting if tier.max_seats is None else min(fitting, tier.max_seats)
        enough = fitting >= self.facts.situation.people
        return fitting if enough and fitting != self.seats and not tier.is_free else None

    @cached_property
    def todo(self) -> Todo:
        return todo_list(self.chosen, facts=self.facts, held=self.held)

    @cached_property
    def closed(self) -> list[tuple[Offer, list[Reason]]]:
        """The other tiers that are not open now, with their reasons."""
        return [
            (offer, telling(offer.reasons))
            for offer in self.offers
            if offer is not self.chosen and offer is not self.held and not offer.is_open
        ]

    @cached_property
    def reasons(self) -> list[Reason]:
        """Why the chosen tier is not open now."""
        return telling(self.chosen.reasons)

    @cached_property
    def rules_said(self) -> set[str]:
        """The rules that the reasons for the chosen tier name already."""
        return {reason.rule for reason in self.reasons}

    @cached_property
    def columns(self) -> list[Column]:
        """Each tier with a word on its terms: whose they are, or what a seat costs."""
        return [Column(offer, self._head(offer), self._mark(offer)) for offer in self.offers]

    @cached_property
    def ahead(self) -> int | None:
        """What the chosen tier costs within two years, today's charge included."""
        return spent_within(self.chosen.estimate, at=self.facts.standing.at) if self.chosen.estimate else None

    def _mark(self, offer: Offer) -> str:
        return "yours" if offer is self.held else "chosen" if offer is self.chosen else ""

    def _head(self, offer: Offer) -> str:
        price = offer.tier.price(currency=self.facts.standing.customer.currency, interval=self.interval)
        if offer is self.held:
            return _("yours, %(edition)s") % {"edition": offer.edition.name}
        if offer.tier.is_free:
            return _("free")
        if price is None:
            return _("not sold so")
        amount = short_money(price.unit_amount, price.currency)
        return _("%(amount)s a seat") % {"amount": amount} if price.per_seat else amount

    def _rows(self, *changes: str) -> list[FeatureRow]:
        return [self._row(row.feature) for row in self.chosen.rows if row.change in changes]

    @cached_property
    def _by_feature(self) -> list[tuple[Offer, dict[str, Row]]]:
        return [(offer, {row.feature.key: row for row in offer.rows}) for offer in self.offers]

    def _row(self, feature: FeatureTerms) -> FeatureRow:
        usage = self.facts.situation.usage.get(feature.key)
        cells = [(offer, rows.get(feature.key) or _no_row(feature)) for offer, rows in self._by_feature]
        return FeatureRow(feature, cells, usage.value if usage else None)


def calculator(facts: Facts, *, tier_key: str, seats: int, interval: str) -> Calculator:
    """Price every tier for `seats` and `interval`. No query. Raises KeyError for a tier that is not among them."""
    offers = offers_for(
        facts.situation, seats=seats, interval=interval, tax_percent=facts.tax_percent, credit=facts.credit
    )
    chosen, held = offer_of(offers, tier_key), offer_of(offers, facts.standing.tier.key)
    if chosen is None or held is None:
        raise KeyError(tier_key)
    return Calculator(facts, offers, chosen, held, seats, interval)


def first_choice(facts: Facts, *, tiers: Sequence[str]) -> dict[str, str | int]:
    """What the calculator opens with: the tier on trial, else the next higher one, for as many seats as now."""
    standing = facts.standing
    later = tiers[tiers.index(standing.tier.key) + 1 :]
    tier = standing.trial_tier.key if standing.trial_tier and standing.trial_tier.key in tiers else ""
    paid = 0 if standing.licence.is_free else standing.licence.seats
    return {
        "tier": tier or (later[0] if later else standing.tier.key),
        "seats": max(paid, facts.situation.people, 1),
        "interval": standing.interval,
    }


def spent_within(estimate: Estimate, *, at: datetime, months: int = LOOK_AHEAD) -> int:
    """Today's charge and every renewal before `months` from `at` have passed, in minor units.

    Credit that is gained today comes off what follows; what is carried over comes on top.
    Stripe's instants are whole seconds, so `at` counts as one.
    """
    end = add_intervals(anchor=at.replace(microsecond=0), interval="month", count=months)
    renewals = 0
    while add_intervals(anchor=estimate.renews_at, interval=estimate.interval, count=renewals) < end:
        renewals += 1
    later = renewals * estimate.renewal_amount + estimate.carried - estimate.credit_gained
    return estimate.due + max(later, 0)


def _no_row(feature: FeatureTerms) -> Row:
    """Of a feature that an offer's terms do not know."""
    return Row(feature, NOT_INCLUDED, NOT_INCLUDED, "without")
