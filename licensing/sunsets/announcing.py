"""Announcing a sunset: a second person's act, after which it never changes; and withdrawing it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as words

from licensing.history import Actor
from licensing.models import Edition, Sunset
from licensing.noticeclock import Kind, NoPolicy, NoticeClock
from licensing.reasons import Clause
from licensing.sunsets.planning import SLACK, plan_open, tell_due, void_withdrawn
from licensing.sunsets.ramp import UnreadableRamp, steps_of
from licensing.terms import NOT_INCLUDED, EditionTerms, edition_terms

SUNSETS = Clause(
    "sunsets",
    words(
        "The one exception: a feature that cannot go on leaves by an announced plan. We write why, what takes its "
        "place, what to take along, and your day. You keep it until that mail was delivered and the days of notice "
        "have passed; a mail that is late or comes back puts your day off. The rest, and what you pay, stays."
    ),
)


class UnableToAnnounce(ValueError):
    """With every fault that stands in the way."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


class UnableToWithdraw(ValueError):
    """It is not announced, or withdrawn already."""


def announce(*, sunset: Sunset, approver: Actor, at: datetime) -> Sunset:
    """Announce a draft. From `at` on it never changes; whoever it touches has a planned change, and is told: the
    first thousand at once, the others by the sweep.

    `approver` is a person who did not write it. Raises UnableToAnnounce.
    """
    with transaction.atomic():
        sunset = Sunset.objects.select_for_update().get(pk=sunset.pk)
        if found := faults(sunset=sunset, approver=approver, at=at):
            raise UnableToAnnounce(found)
        sunset.announced_at = at
        sunset.announced_by = sunset.authors.order_by("pk").last()
        sunset.approved_by_id = approver.user_id
        sunset.save(update_fields=["announced_at", "announced_by", "approved_by"])
    plan_open(at=at, sets=1)
    tell_due(at=at, sets=1)
    return sunset


def faults(*, sunset: Sunset, approver: Actor, at: datetime) -> list[str]:
    """What stands in the way of `approver` announcing it at `at`, in words for staff. Reads alone, so that a draft's
    page can say it before anybody tries. Empty: nothing does."""
    if sunset.announced_at is not None:
        return ["It is announced already, and never changes."]
    if not sunset.feature_key:
        return [
            "Ending a whole edition is not possible yet. Retire its features one by one; whoever holds it keeps it."
        ]
    found = [f"Say {what}." for what, said in _said(sunset).items() if not said.strip()]
    if approver.user_id is None or sunset.authors.filter(pk=approver.user_id).exists():
        found.append("Somebody else announces it: nobody approves what they wrote.")
    if not sunset.authors.exists():
        found.append("Nobody is known to have written it. Save it once more.")
    editions = [
        edition_terms(number)
        for number in Edition.objects.filter(product=sunset.product_id, published_at__isnull=False)
        .order_by("-published_at", "-pk")
        .values_list("pk", flat=True)
    ]
    if not any(_gives(edition, sunset) for edition in editions):
        found.append(f"No published tier gives {sunset.feature_key}, as it is written here.")
    elif _gives(editions[0], sunset):
        found.append("What is sold today still gives it. Publish an edition without it first.")
    if any(_gives(edition, sunset) and _is_shared(edition, sunset) for edition in editions):
        found.append("An edition shares it with holders of earlier ones, and that is promised for good.")
    twins = Sunset.objects.filter(product=sunset.product_id, feature_key=sunset.feature_key)
    if twins.filter(
        announced_at__isnull=False, withdrawn_at=None, tier_key__in=["", sunset.tier_key]
    ).exists():
        found.append("The same is announced already.")
    try:
        steps_of(sunset)
        found += _too_soon(sunset, at=at)
    except (UnreadableRamp, NoPolicy) as fault:
        found.append(str(fault) if isinstance(fault, UnreadableRamp) else "There is no notice period for it.")
    return found


def withdraw(*, sunset: Sunset, actor: Actor, reason: str, at: datetime) -> Sunset:
    """Call an announced sunset off. Nobody loses anything by it any more; who did has it back, and who was told hears.

    Raises UnableToWithdraw.
    """
    with transaction.atomic():
        sunset = Sunset.objects.select_for_update().get(pk=sunset.pk)
        if not sunset.is_open:
            raise UnableToWithdraw("It is not announced, or it was withdrawn already.")
        sunset.withdrawn_at, sunset.withdrawn_because = at, reason[:400]
        sunset.withdrawn_by_id = actor.user_id
        sunset.save(update_fields=["withdrawn_at", "withdrawn_because", "withdrawn_by"])
    void_withdrawn(at=at, sets=1)
    return sunset


def _said(sunset: Sunset) -> dict[str, str]:
    return {
        "why": sunset.reason,
        "what takes its place": sunset.instead,
        "what to take along, and where": sunset.export,
    }


def _gives(edition: EditionTerms, sunset: Sunset) -> bool:
    return any(
        tier.value(sunset.feature_key) not in (NOT_INCLUDED, False)
        for tier in edition.tiers
        if sunset.tier_key in ("", tier.key)
    )


def _is_shared(edition: EditionTerms, sunset: Sunset) -> bool:
    feature = edition.feature(sunset.feature_key)
    return feature is not None and feature.shared


def _too_soon(sunset: Sunset, *, at: datetime) -> list[str]:
    """The vendor's own policy leaves time for the first day; a country's may still put it off for its customers."""
    clock = NoticeClock.read()
    first = clock.earliest(kind=Kind.FEATURE_LOSS, country="", zone=UTC, told_at=at + SLACK)
    if datetime.combine(sunset.first_on, time(), tzinfo=UTC) >= first.at:
        return []
    day = (first.at + timedelta(days=1)).date()
    return [f"With {first.days} days of notice the first day is {day:%d %B %Y} at the soonest."]
