"""Where a customer stands at a moment: the licence, the trial laid over it, and the terms of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, FilteredRelation, Q

from licensing.models import Customer, Licence, Trial
from licensing.pricing import Held
from licensing.terms import EditionTerms, TierTerms, edition_terms


@dataclass(frozen=True)
class Standing:
    customer: Customer
    licence: Licence
    trial: Trial | None
    edition: EditionTerms
    tier: TierTerms
    trial_edition: EditionTerms | None
    trial_tier: TierTerms | None
    at: datetime

    @property
    def interval(self) -> str:
        """How the licence is paid: month or year; month where it is free."""
        return self.licence.price.interval if self.licence.price else "month"

    @property
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


def standing_of(customer: Customer, *, at: datetime) -> Standing:
    """Read a customer's standing in one query. Raises Licence.DoesNotExist where no licence is live.

    A trial counts from `started_at` up to `ends_at` by the clock, whatever jobs have or have not run.
    """
    licence = (
        Licence.objects.filter(customer=customer, ended_at=None)
        .select_related("price")
        .annotate(
            live=FilteredRelation(
                "trials",
                condition=Q(trials__ended_at=None, trials__started_at__lte=at, trials__ends_at__gt=at),
            )
        )
        .annotate(
            live_trial=F("live__pk"), live_tier=F("live__tier_id"), live_edition=F("live__tier__edition_id")
        )
        .annotate(live_start=F("live__started_at"), live_end=F("live__ends_at"))
        .get()
    )
    trial = None
    trial_edition = None
    if licence.live_trial:
        trial = Trial(
            pk=licence.live_trial,
            customer=customer,
            product_id=licence.product_id,
            licence=licence,
            tier_id=licence.live_tier,
            started_at=licence.live_start,
            ends_at=licence.live_end,
        )
        trial_edition = edition_terms(licence.live_edition)
    edition = edition_terms(licence.edition_id)
    return Standing(
        customer=customer,
        licence=licence,
        trial=trial,
        edition=edition,
        tier=edition.tier_by_id(licence.tier_id),
        trial_edition=trial_edition,
        trial_tier=trial_edition.tier_by_id(licence.live_tier) if trial_edition else None,
        at=at,
    )
