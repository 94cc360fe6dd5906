"""What we say about an exception: that it was made, that it will end, and that it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.models import Attempt, BalanceCredit
from licensing.entitlements import is_better
from licensing.models import Licence, Notice, Waiver
from licensing.terms import EditionTerms, TierTerms, storefront
from licensing.waivers import REMINDERS
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.subjects import live_licences, rows_of, terms_in_force
from portal.mails.turns import is_the_turn
from portal.pages.exceptions import is_known, what_words


@dataclass(frozen=True)
class AboutWaiver:
    """An exception, the licence it lies over and the terms sold today. `again`: another of the same is open since;
    `refused`: it is a credit that Stripe would not take in.
    """

    waiver: Waiver
    licence: Licence
    today: EditionTerms
    again: bool
    refused: bool

    @property
    def terms(self) -> tuple[EditionTerms, TierTerms]:
        """What the licence gives without the exception."""
        return terms_in_force(self.licence, newest_id=self.today.id)

    @property
    def counts(self) -> bool:
        """Whether it is more than the licence itself gives; where a higher tier was bought since, it is not."""
        waiver, (edition, tier) = self.waiver, self.terms
        if waiver.kind != Waiver.Kind.LIMIT:
            return True
        feature = edition.feature(waiver.feature_key)
        return feature is not None and is_better(feature, waiver.value, than=tier.value(feature.key))


class _WaiverKind(Kind[AboutWaiver]):
    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutWaiver]:
        """Five queries."""
        waivers = rows_of(notices, Waiver.objects.all())
        licences = live_licences(waiver.customer_id for waiver in waivers.values())
        opened = Waiver.objects.filter(
            customer__in=licences, ended_at=None, granted_at__isnull=False, ends_at__gt=at
        )
        still = {_same(waiver) for waiver in opened}
        refused = set(
            BalanceCredit.objects.filter(
                waiver__in=waivers.values(), outcome=Attempt.Outcome.REFUSED
            ).values_list("waiver_id", flat=True)
        )
        today = storefront()
        return {
            number: AboutWaiver(
                waiver,
                licences[waiver.customer_id],
                today.edition,
                again=_same(waiver) in still,
                refused=waiver.pk in refused,
            )
            for number, waiver in waivers.items()
            if today is not None and waiver.customer_id in licences
        }

    def facts(self, about: AboutWaiver, notice: Notice, at: datetime) -> dict[str, Any]:
        """What was made, why, and its days; and what is in force without it."""
        waiver, (edition, tier) = about.waiver, about.terms
        return {
            "what": what_words(waiver, edition=edition, tier=tier, today=about.today),
            "why": waiver.words,
            "begins_at": waiver.begins_at if waiver.begins_at > at else None,
            "ends_at": waiver.ends_at,
            "ended_at": waiver.ended_at,
            "ended_early": waiver.end == Waiver.End.STAFF,
            "is_credit": waiver.kind == Waiver.Kind.PRICE,
            "is_limit": waiver.kind == Waiver.Kind.LIMIT,
            "tier": tier,
            "plan_url": link("plan"),
        }


class WaiverGranted(_WaiverKind):
    """Somebody made an exception for them."""

    key = "waiver_granted"

    def is_true(self, about: AboutWaiver, notice: Notice, at: datetime) -> bool:
        """While it holds, or is still to come, and is more than they have anyway. A credit is theirs unless refused."""
        if about.waiver.kind == Waiver.Kind.PRICE and about.waiver.end == Waiver.End.USED:
            return not about.refused
        return about.waiver.state(at=at) in ("coming", "live") and _is_said(about)


class WaiverReminder(_WaiverKind):
    """Three days before it ends; shorter ones are announced with their end."""

    key = "waiver_reminder"

    def is_true(self, about: AboutWaiver, notice: Notice, at: datetime) -> bool:
        """While it holds, and on the turn that was meant."""
        turn = is_the_turn(notice.period, when=about.waiver.ends_at, turns=REMINDERS, at=at)
        return turn and about.waiver.is_live(at=at) and _is_said(about)


class WaiverEnded(_WaiverKind):
    """It is over, and all is as it was before."""

    key = "waiver_ended"

    def is_true(self, about: AboutWaiver, notice: Notice, at: datetime) -> bool:
        """Unless they have as much by now anyway, or another exception of the same."""
        return bool(about.waiver.end) and not about.again and _is_said(about)


def _is_said(about: AboutWaiver) -> bool:
    return about.counts and is_known(about.waiver, edition=about.terms[0])


def _same(waiver: Waiver) -> tuple[object, ...]:
    return waiver.customer_id, waiver.kind, waiver.feature_key, waiver.rule_key, waiver.tier_key
