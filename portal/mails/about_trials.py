"""What we say about a trial: that it will end, and that it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.models import Payer
from licensing.models import Licence, Notice, Trial
from licensing.pricing import tax_on
from licensing.sharing import publications
from licensing.terms import EditionTerms, TierTerms, edition_terms
from licensing.trials import REMINDERS
from portal.mails.features import gained, held_words, offered_words
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.subjects import live_licences, rows_of, terms_in_force, terms_of
from portal.mails.turns import is_the_turn


@dataclass(frozen=True)
class AboutTrial:
    """A trial and the licence under it. `tries_again`: another trial has begun since. `newest_id`: of the editions."""

    trial: Trial
    licence: Licence | None
    payer: Payer | None
    tries_again: bool
    newest_id: int

    @property
    def terms(self) -> tuple[EditionTerms, TierTerms]:
        """The edition and tier on loan."""
        edition = edition_terms(self.trial.tier.edition_id)
        return edition, edition.tier_by_id(self.trial.tier_id)


class _TrialKind(Kind[AboutTrial]):
    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutTrial]:
        """Four queries, and one for what is on trial now."""
        trials = rows_of(notices, Trial.objects.select_related("tier"))
        customers = {trial.customer_id for trial in trials.values()}
        licences = live_licences(customers)
        payers = {payer.customer_id: payer for payer in Payer.objects.filter(customer_id__in=customers)}
        running = Trial.objects.filter(customer_id__in=customers, ended_at=None, ends_at__gt=at)
        published = publications()
        now_trying = dict(running.values_list("customer_id", "pk"))
        return {
            number: AboutTrial(
                trial,
                licences.get(trial.customer_id),
                payers.get(trial.customer_id),
                tries_again=now_trying.get(trial.customer_id, trial.pk) != trial.pk,
                newest_id=published.newest(trial.product_id),
            )
            for number, trial in trials.items()
        }

    def facts(self, about: AboutTrial, notice: Notice, at: datetime) -> dict[str, Any]:
        """Both tiers, what differs between them, and what keeping the higher one would cost at today's list price, with
        tax where its rate is known.
        """
        assert about.licence is not None
        trial_edition, trial_tier = about.terms
        edition, tier = terms_in_force(about.licence, newest_id=about.newest_id)
        rows = gained(held=tier, held_edition=edition, offered=trial_tier, edition=trial_edition)
        interval = about.licence.price.interval if about.licence.price else "month"
        sold = edition_terms(about.newest_id).tier(trial_tier.key)
        seats = max(about.licence.seats, sold.min_seats if sold else 1)
        price = (
            sold.price(currency=notice.customer.currency, interval=interval)
            if sold and sold.takes(seats)
            else None
        )
        amount = price.amount(seats) if price else 0
        percent = about.payer.tax_percent if about.payer else ""
        tax = tax_on(amount, percent=percent) if percent else None
        return {
            "trial_tier": trial_tier,
            "tier": tier,
            "licence": about.licence,
            "ends_at": about.trial.ends_at,
            "on_loan": offered_words(rows),
            "as_before": held_words(rows),
            "is_sold": sold is not None,
            "keep_price": price,
            "keep_amount": amount + (tax or 0),
            "keep_tax": tax,
            "keep_seats": seats,
            "keep_url": link("upgrade", tier=trial_tier.key, seats=seats, interval=interval)
            if sold
            else link("upgrade"),
            "trial_url": link("trials"),
            "plan_url": link("plan"),
        }


class TrialReminder(_TrialKind):
    """Three days, then one day before the end; only the nearer one is said."""

    key = "trial_reminder"

    def is_true(self, about: AboutTrial, notice: Notice, at: datetime) -> bool:
        """While the trial runs, ends on the day that was meant, and no nearer reminder has its turn."""
        return (
            about.licence is not None
            and about.trial.is_live(at=at)
            and is_the_turn(notice.period, when=about.trial.ends_at, turns=REMINDERS, at=at)
        )


class TrialEnded(_TrialKind):
    """The trial ran its time, and all is as it was before."""

    key = "trial_ended"

    def is_true(self, about: AboutTrial, notice: Notice, at: datetime) -> bool:
        """Only after an end by itself, and unless the customer has moved up or begun to try again meanwhile."""
        if about.trial.end != Trial.End.EXPIRED or about.licence is None or about.tries_again:
            return False
        tier, trial_tier = terms_of(about.licence)[1], about.terms[1]
        return tier.rank < trial_tier.rank and tier.key != trial_tier.key
