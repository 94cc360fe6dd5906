"""What the calculator shows: every tier priced at once, and for the chosen one the sum, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from licensing.models import Role
from licensing.offers import Offer, offer_of, offers_for
from licensing.periods import add_intervals
from licensing.pricing import Estimate
from licensing.reasons import Reason
from licensing.team import role_allows
from portal.facts import Facts
from portal.pages.ahead import announced_words
from portal.pages.estimate_sums import Sum, sum_of
from portal.pages.matrix import Closed, Column, FeatureRow, closed, columns, feature_rows
from portal.pages.reasons import telling
from portal.pages.todo import Todo, todo_list
from portal.pages.values import count_words
from portal.pages.way_back import no_way_back

LOOK_AHEAD = 24  # months
SOMETHING_CHANGES = "something-changes"


@dataclass(frozen=True)
class Calculator:
    facts: Facts
    offers: list[Offer]
    chosen: Offer
    held: Offer
    seats: int
    interval: str
    role: str = Role.OWNER

    @cached_property
    def announced(self) -> list[str]:
        return announced_words(self.facts.standing)

    @cached_property
    def estimate(self) -> Estimate | None:
        return self.chosen.estimate

    @cached_property
    def terms(self) -> tuple[int | str, ...]:
        """The published terms that stand side by side, and what sunsets have taken of them: what is kept of the page,
        rendered, is kept under these.
        """
        today = self.facts.situation.today.id
        return (
            today,
            self.held.edition.id,
            self.held.tier.id,
            self.chosen.tier.id,
            *self.facts.standing.retired,
        )

    @cached_property
    def sum(self) -> Sum | None:
        """What the chosen tier costs, in words; None where it costs nothing."""
        if self.estimate is None:
            return None
        payer = self.facts.payer
        return sum_of(
            self.estimate,
            chosen=self.chosen,
            held=self.held,
            tax_name=payer.tax_name if payer else "",
            ahead=spent_within(self.estimate, at=self.facts.standing.at, credit=self.facts.credit),
        )

    @cached_property
    def rows(self) -> tuple[FeatureRow, ...]:
        return feature_rows(self.offers, held=self.held, chosen=self.chosen)

    @property
    def changes(self) -> list[FeatureRow]:
        """The features that would change for this customer, in the order of the terms."""
        return [row for row in self.rows if row.change in ("gain", "lose")]

    @property
    def stays(self) -> list[FeatureRow]:
        return [row for row in self.rows if row.change == "keep"]

    @property
    def without(self) -> list[FeatureRow]:
        """Not included in either."""
        return [row for row in self.rows if row.change == "without"]

    @cached_property
    def used(self) -> dict[str, str]:
        """Feature key → how much of it is used, where that is known."""
        return {key: count_words(usage.value) for key, usage in self.facts.situation.usage.items()}

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
        return todo_list(self.chosen, facts=self.facts, held=self.held, reasons=self.reasons)

    @cached_property
    def closed(self) -> list[Closed]:
        """The other tiers that are not open now, with the reasons that the chosen one has not given already."""
        others = [one for one in self.offers if one is not self.chosen and one is not self.held]
        return closed(others, said=[] if self.is_standing_still else self.reasons, role=self.role)

    @cached_property
    def reasons(self) -> list[Reason]:
        """Why the chosen tier is not open now."""
        return telling(self.chosen.reasons, role=self.role)

    @cached_property
    def why_not_theirs(self) -> Reason | None:
        """Why whoever reads this cannot take the step themselves; None where they can."""
        return role_allows(self.role, "spend")

    @cached_property
    def why_no_trial(self) -> Reason | None:
        """Why the chosen tier cannot be tried; None where it can, or a reason has said so."""
        if self.chosen.can_try:
            return None
        reason = self.chosen.trial_reasons[0]
        return None if reason.rule in {said.rule for said in self.reasons} else reason

    @property
    def held_is_sold(self) -> bool:
        """Whether what they have now can be bought today."""
        return self.facts.situation.today.tier(self.held.tier.key) is not None

    @cached_property
    def no_way_back(self) -> str:
        """Why whoever takes the chosen tier could not come back to the held one; empty where they could."""
        if self.chosen is self.held:
            return ""
        situation = self.facts.situation
        return no_way_back(
            situation.standing, people=situation.people, usage=situation.usage, today=situation.today
        )

    @cached_property
    def columns(self) -> list[Column]:
        return columns(self.offers, held=self.held, chosen=self.chosen)


def calculator(
    facts: Facts, *, tier_key: str, seats: int, interval: str, role: str = Role.OWNER
) -> Calculator:
    """Price every tier for `seats` and `interval`, for a reader of that `role`. No query.

    Raises KeyError for a tier that is not among them.
    """
    offers = offers_for(
        facts.situation, seats=seats, interval=interval, tax_percent=facts.tax_percent, credit=facts.credit
    )
    chosen, held = offer_of(offers, tier_key), offer_of(offers, facts.standing.tier.key)
    if chosen is None or held is None:
        raise KeyError(tier_key)
    return Calculator(facts, offers, chosen, held, seats, interval, role)


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


def spent_within(estimate: Estimate, *, at: datetime, credit: int = 0, months: int = LOOK_AHEAD) -> int:
    """Today's charge and every renewal before `months` from `at` have passed, in minor units.

    What today leaves of `credit`, and what it adds, comes off what follows; what is carried over comes on top.
    Stripe's instants are whole seconds, so `at` counts as one.
    """
    end = add_intervals(anchor=at.replace(microsecond=0), interval="month", count=months)
    renewals, charged = 0, 0
    while add_intervals(anchor=estimate.renews_at, interval=estimate.interval, count=renewals) < end:
        charged += estimate.charged_by(renewals)
        renewals += 1
    left = max(credit - estimate.credit_used, 0)
    later = charged + estimate.carried - estimate.credit_gained - left
    return estimate.due + max(later, 0)
