"""What stands in the way of announcing a sunset, in words for staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from licensing.history import Actor
from licensing.models import Edition, Sunset
from licensing.noticeclock import NoPolicy, NoticeClock
from licensing.sunsets.days import SLACK, earliest
from licensing.sunsets.ramp import UnreadableRamp, steps_of
from licensing.terms import NOT_INCLUDED, EditionTerms, TierTerms, edition_terms


def faults(*, sunset: Sunset, approver: Actor, at: datetime) -> list[str]:
    """What stands in the way of `approver` announcing it at `at`, in words for staff. Reads alone, so that a draft's
    page can say it before anybody tries. Empty: nothing does.
    """
    if sunset.announced_at is not None:
        return ["It is announced already, and never changes."]
    found = [f"Say {what}." for what, said in _said(sunset).items() if not said.strip()]
    if approver.user_id is None or sunset.authors.filter(pk=approver.user_id).exists():
        found.append("Somebody else announces it: nobody approves what they wrote.")
    if not sunset.authors.exists():
        found.append("Nobody is known to have written it. Save it once more.")
    if bool(sunset.feature_key) == bool(sunset.edition_id):
        found.append("Say what goes: one feature, or one edition.")
    else:
        found += _of_what_goes(sunset)
    return [*found, *_of_its_days(sunset, at=at)]


def _of_what_goes(sunset: Sunset) -> Iterator[str]:
    editions = [
        edition_terms(number)
        for number in Edition.objects.filter(product=sunset.product_id, published_at__isnull=False)
        .order_by("-published_at", "-pk")
        .values_list("pk", flat=True)
    ]
    yield from _of_a_feature(sunset, editions) if sunset.feature_key else _of_an_edition(sunset, editions)
    twins = Sunset.objects.filter(
        product=sunset.product_id, feature_key=sunset.feature_key, edition=sunset.edition_id
    )
    announced = twins.filter(announced_at__isnull=False, withdrawn_at=None)
    if announced.filter(tier_key__in=["", sunset.tier_key]).exists():
        yield "The same is announced already."
    elif sunset.edition_id and not sunset.tier_key and announced.exists():
        yield "It ends for a tier of it already. Announce it for each of the others."


def _of_its_days(sunset: Sunset, *, at: datetime) -> Iterator[str]:
    try:
        steps_of(sunset)
    except UnreadableRamp as fault:
        yield str(fault)
    try:
        yield from _too_soon(sunset, at=at)
    except NoPolicy:
        yield "There is no notice period for it."


def _said(sunset: Sunset) -> dict[str, str]:
    return {
        "why": sunset.reason,
        "what takes its place": sunset.instead,
        "what to take along, and where": sunset.export,
    }


def _of_a_feature(sunset: Sunset, editions: list[EditionTerms]) -> Iterator[str]:
    if not any(_gives(edition, sunset) for edition in editions):
        yield f"No published tier gives {sunset.feature_key}, as it is written here."
    elif _gives(editions[0], sunset):
        yield "What is sold today still gives it. Publish an edition without it first."
    if any(_gives(edition, sunset) and _is_shared(edition, sunset) for edition in editions):
        yield "An edition shares it with holders of earlier ones, and that is promised for good."


def _of_an_edition(sunset: Sunset, editions: list[EditionTerms]) -> Iterator[str]:
    """Whoever holds it must find their tier, their way of paying and their people in what is sold today."""
    ends = next((edition for edition in editions if edition.id == sunset.edition_id), None)
    if ends is None or ends is editions[0]:
        yield "Only a published edition ends, and not the one that is sold today."
        return
    if sunset.replacement_id != editions[0].id:
        yield "Its holders move to the edition that is sold today. Choose that one."
        return
    tiers = [tier for tier in ends.tiers if sunset.tier_key in ("", tier.key)]
    if not tiers:
        yield f"It has no tier {sunset.tier_key}."
    for tier in tiers:
        yield from _does_not_fit(tier, editions[0].tier(tier.key))


def _does_not_fit(tier: TierTerms, after: TierTerms | None) -> Iterator[str]:
    if after is None:
        yield f"What is sold today has no {tier.name} to move to."
        return
    if tier.is_free != after.is_free:
        yield f"{tier.name} is free in one of the two and paid for in the other."
    for price in tier.prices:
        now = after.price(currency=price.currency, interval=price.interval)
        if now is None and not after.is_free:
            yield f"{tier.name} is not sold by the {price.interval} in {price.currency} today."
        elif now is not None and now.per_seat != price.per_seat:
            yield f"{tier.name} is paid by the seat in one of the two and not in the other."
    wide = after.min_seats <= tier.min_seats and (
        after.max_seats is None or (tier.max_seats is not None and tier.max_seats <= after.max_seats)
    )
    if not wide:
        yield f"{tier.name} of today does not take every number of seats that it took before."


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
    first = earliest(sunset.kind, NoticeClock.read(), country="", zone=UTC, told_at=at + SLACK)
    if datetime.combine(sunset.first_on, time(), tzinfo=UTC) >= first.at:
        return []
    day = (first.at + timedelta(days=1)).date()
    return [f"With {first.days} days of notice the first day is {day:%d %B %Y} at the soonest."]
