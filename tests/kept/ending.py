"""Editions that end, and the renewals that carry it where somebody pays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from licensing.models import Licence, Product, Sunset
from tests.kept.books import Plan
from tests.kept.leaving import Leaving
from tests.kept.shop import WHO
from tests.kept.terms import covering, terms
from tests.publishing import writer
from tests.sunsets.renewing import price_to_come, renew


class Ending(Leaving):
    """The vendor ends editions; Stripe renews, by the price that is held, or by the one that is to follow."""

    def __init__(self) -> None:
        super().__init__()
        # Licence → the renewal of this step. At nothing else may somebody who pays leave their edition.
        self.renewals: dict[int, datetime] = {}

    @precondition(lambda self: self.customers)
    @rule(who=WHO, said=terms(), everywhere=st.booleans(), later=st.integers(0, 30))
    def an_edition_is_to_end(self, who: int, said: dict[str, Any], everywhere: bool, later: int) -> None:
        """What somebody holds is sold no longer, and ends: for all tiers of it, or for theirs."""
        licence = self._licence(who)
        if any(
            plan.ends == licence.edition_id for plan in self.books.plans.values() if not plan.withdrawn_at
        ):
            return
        self._is_to_end(licence, said, everywhere=everywhere, later=later)

    @precondition(lambda self: self.customers)
    @rule(who=WHO, is_later=st.booleans())
    def renews(self, who: int, is_later: bool) -> None:
        """The next period begins, on its day or when the clock is past it already. `is_later`: whatever else was said
        and done, Stripe shows the price that the announced end leads to.
        """
        licence = self._paid(who)
        if licence is None or licence.period_end is None or licence.cancels_at_period_end:
            return
        price = price_to_come(licence) if is_later else None
        self.at = max(self.at, licence.period_end)
        self.renewals[licence.pk] = renew(licence, at=self.at, price=price)
        self.seen["renewals"] += 1
        self.seen["renewals at a price to come"] += price is not None

    def _is_to_end(self, licence: Licence, said: dict[str, Any], *, everywhere: bool, later: int = 0) -> None:
        """Sold today is, from here on, what the holders of the ending edition can move to."""
        edition = licence.edition
        if not self._publish(covering(said, set(edition.tiers.values_list("key", flat=True)))):
            return
        plan = Plan("", "" if everywhere else licence.tier.key, self.at.date())
        sunset = Sunset.objects.create(
            product=Product.objects.get(key="shop"), edition=edition, replacement_id=self.editions[-1].id,
            first_on=self._first_day(plan, later=later), tier_key=plan.tier, reason="It cannot go on.",
            instead="What is sold today.", export="Nothing is lost.",
        )  # fmt: skip
        sunset.authors.add(writer())
        self._announce(sunset)
