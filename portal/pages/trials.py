"""What the page of trials shows: the loan that runs, what was used of it, what can be tried, and what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from licensing.eligibility import trial_reasons
from licensing.entitlements import is_better
from licensing.models import Customer, Trial
from licensing.offers import Row, compare, gains_of
from licensing.reasons import Reason
from licensing.standing import Standing
from licensing.terms import EditionTerms, FeatureTerms, TierTerms, edition_terms
from licensing.trials import end_of_trial
from licensing.usage import Usage, usage_of
from portal.facts import Facts
from portal.pages.ahead import announced_words
from portal.pages.reasons import telling

SHOWN = 12


@dataclass(frozen=True)
class Loan:
    """A trial, running or past. `ended_at` is the instant it ended by the clock or before; None while it runs."""

    trial: Trial
    tier: TierTerms
    edition: EditionTerms
    ended_at: datetime | None

    @property
    def end_words(self) -> str:
        """How it ended; by the clock, where no job has come by yet."""
        return self.trial.get_end_display() if self.trial.end else str(Trial.End.EXPIRED.label)


@dataclass(frozen=True)
class Used:
    """How much of a lent limit was in use when the trial began and when it ended, or now.

    `room` is what the licence under it gives; None where it is not included at all. Where the count began anew in
    between, `before` is None: it has nothing to do with the count that followed.
    """

    feature: FeatureTerms
    before: int | None
    after: int
    room: int | None

    @property
    def is_above(self) -> bool:
        """Whether more is used than the licence has room for; what is counted monthly begins anew anyway."""
        return not self.feature.monthly and self.after > (self.room or 0)


@dataclass(frozen=True)
class Choice:
    """A tier that is sold today, with the instant its trial would end if it began now, or why it cannot begin."""

    tier: TierTerms
    would_end_at: datetime | None
    reasons: list[Reason]


@dataclass(frozen=True)
class TrialsPage:
    facts: Facts
    live: Loan | None
    recent: Loan | None
    used: list[Used]
    choices: list[Choice]
    past: list[Loan]

    @property
    def standing(self) -> Standing:
        return self.facts.standing

    @property
    def is_sold(self) -> bool:
        """Whether what is on trial is sold still, so that it can be kept."""
        return self.live is not None and self.facts.situation.today.tier(self.live.tier.key) is not None

    @property
    def announced(self) -> list[str]:
        """What is announced of the tier under a trial."""
        return announced_words(self.standing)

    @property
    def lent(self) -> list[Row]:
        """What the running trial gives beyond the licence."""
        standing = self.standing
        if standing.trial_tier is None or standing.trial_edition is None:
            return []
        rows = compare(
            held=standing.tier,
            held_edition=standing.edition,
            offered=standing.trial_tier,
            edition=standing.trial_edition,
        )
        return gains_of(rows)


def trials_page(facts: Facts, *, role: str) -> TrialsPage:
    """As a member who has `role` is told it. Beside the facts, three queries: the trials, and the readings when the one
    shown began and ended.
    """
    standing = facts.standing
    loans = [_loan(trial, at=standing.at) for trial in _trials(standing.customer)]
    live = next((loan for loan in loans if loan.ended_at is None), None)
    past = [loan for loan in loans if loan.ended_at is not None]
    shown = live or (past[0] if past else None)
    return TrialsPage(
        facts=facts,
        live=live,
        recent=shown,
        used=_used(shown, standing) if shown else [],
        choices=[_choice(tier, facts, role=role) for tier in facts.situation.today.tiers if not tier.is_free],
        past=past,
    )


def _trials(customer: Customer) -> list[Trial]:
    return list(Trial.objects.filter(customer=customer).select_related("tier")[:SHOWN])


def _loan(trial: Trial, *, at: datetime) -> Loan:
    edition = edition_terms(trial.tier.edition_id)
    ended_at = trial.ended_at or (trial.ends_at if trial.ends_at <= at else None)
    return Loan(trial, edition.tier_by_id(trial.tier_id), edition, ended_at)


def _used(loan: Loan, standing: Standing) -> list[Used]:
    """The limits that the trial widened, where something was counted while it lasted."""
    begun = usage_of(standing.customer, at=loan.trial.started_at)
    ended = usage_of(standing.customer, at=loan.ended_at or standing.at)
    return [
        Used(
            feature,
            _before(feature, begun.get(feature.key), ended[feature.key]),
            ended[feature.key].value,
            _room(standing, feature),
        )
        for feature in loan.edition.features
        if feature.key in ended
        and ended[feature.key].read_at > loan.trial.started_at
        and is_better(feature, loan.tier.value(feature.key), than=standing.tier.value(feature.key))
    ]


def _room(standing: Standing, feature: FeatureTerms) -> int | None:
    room = standing.tier.value(feature.key)
    return room if isinstance(room, int) else None


def _before(feature: FeatureTerms, begun: Usage | None, ended: Usage) -> int | None:
    before = begun.value if begun else 0
    return None if feature.monthly and ended.value < before else before


def _choice(tier: TierTerms, facts: Facts, *, role: str) -> Choice:
    reasons = telling(trial_reasons(facts.situation, tier), role=role)
    return Choice(tier, None if reasons else end_of_trial(tier, at=facts.standing.at), reasons)
