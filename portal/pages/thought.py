"""One suggestion at most, and only with its evidence from the customer's own usage."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.renewals import carried_by_the_renewal
from licensing.entitlements import is_better
from licensing.models import Licence
from licensing.offers import Offer, offer_for, offer_of, offers_for
from licensing.standing import Standing
from licensing.sunsets.moving import move_of
from licensing.usage import Meter
from portal.facts import Facts
from portal.pages.meters import own_meters
from portal.pages.planned import SHOWN_AFTER
from portal.pages.values import count_words, per_interval
from portal.templatetags.words import day, money


@dataclass(frozen=True)
class Thought:
    """`key` is how a customer who said no to it is not asked again; it changes with the licence. `stay` says no."""

    key: str
    evidence: str
    offer: str
    tier_key: str
    seats: int
    stay: str


def thought_for(facts: Facts, *, put_away: Collection[str]) -> Thought | None:
    """More room where a limit is near, else fewer seats where two or more stay empty. None while something is open; and
    no more room for whom the end of an edition has just moved, or is going to: we do not sell the way out of a limit
    that we lower.

    What the customer has said no to does not come back while the licence is as it was.
    """
    licence = facts.standing.licence
    busy = licence.state == Licence.State.PAST_DUE or licence.cancels_at_period_end
    if busy or facts.situation.order_pending:
        return None
    found = (None if _is_moved_by_us(facts.standing) else _more_room(facts), _fewer_seats(facts))
    return next((one for one in found if one and one.key not in put_away), None)


def _is_moved_by_us(standing: Standing) -> bool:
    since = standing.at - SHOWN_AFTER
    return move_of(standing) is not None or any(
        change.done_at is not None and change.done_at > since and not change.feature_key
        for change in standing.changes
    )


def _more_room(facts: Facts) -> Thought | None:
    standing = facts.standing
    near = [m for m in own_meters(standing, facts.situation.usage).values() if _is_evidence(m)]
    if not near:
        return None
    seats = max(standing.licence.seats, facts.situation.people)
    offers = _offers(facts, seats=seats)
    for meter in sorted(near, key=lambda m: (m.feature.monthly, -m.percent)):
        for offer in offers:
            better = is_better(meter.feature, offer.tier.value(meter.feature.key), than=meter.limit)
            if offer.relation == "higher" and offer.is_open and offer.estimate and better:
                return _room_in(offer, meter=meter, facts=facts, offers=offers)
    return None


def _is_evidence(meter: Meter) -> bool:
    """A monthly count that is near its limit may just be late in its month; only a full one says something."""
    return meter.is_full if meter.feature.monthly else meter.is_near


def _room_in(offer: Offer, *, meter: Meter, facts: Facts, offers: list[Offer]) -> Thought:
    standing, estimate = facts.standing, offer.estimate
    assert estimate is not None
    assert meter.limit is not None
    held = offer_of(offers, standing.tier.key)
    paid = held.estimate.next_charge if held and held.estimate else 0
    limit = offer.tier.value(meter.feature.key)
    said = {
        "tier": offer.tier.name,
        "limit": "" if limit is None else count_words(limit),
        "amount": money(estimate.next_charge - paid, estimate.currency),
        "interval": _each(estimate.interval, facts=facts),
    }
    template = (
        _("%(tier)s has no such limit and would add %(amount)s %(interval)s.")
        if limit is None
        else _("%(tier)s has room for %(limit)s and would add %(amount)s %(interval)s.")
    )
    return Thought(
        key=f"{meter.feature.key}:{offer.tier.key}:{standing.licence.pk}.{standing.licence.version}",
        evidence=_("You use %(used)s of %(limit)s %(unit)s.")
        % {
            "used": count_words(meter.used),
            "limit": count_words(meter.limit),
            "unit": meter.feature.unit_of(meter.limit),
        },
        offer=template % said,
        tier_key=offer.tier.key,
        seats=estimate.seats,
        stay=_("Stay on %(tier)s") % {"tier": standing.tier.name},
    )


def _fewer_seats(facts: Facts) -> Thought | None:
    standing, held = facts.standing, facts.standing.held
    wanted = max(facts.situation.people, standing.tier.min_seats)
    if held is None or not held.price.per_seat or held.seats - wanted < 2:
        return None
    offer, paid = _of_own_tier(facts, seats=wanted), _of_own_tier(facts, seats=held.seats)
    if not (offer.is_open and offer.estimate and paid.estimate):
        return None
    saved = paid.estimate.next_charge - offer.estimate.next_charge
    said = {
        "seats": count_words(wanted),
        "tier": standing.tier.name,
        "amount": money(saved, held.price.currency),
        "interval": _each(held.price.interval, facts=facts),
    }
    words = ngettext(
        "With one seat, %(tier)s would cost %(amount)s less %(interval)s.",
        "With %(seats)s seats, %(tier)s would cost %(amount)s less %(interval)s.",
        wanted,
    )
    if carried_by_the_renewal(standing):
        words += " " + _("That is at the price from your renewal on %(day)s on.")
        said["day"] = day(held.period_end)
    return Thought(
        key=f"seats:{wanted}:{standing.licence.pk}.{standing.licence.version}",
        evidence=_evidence_of_seats(held.seats, people=facts.situation.people),
        offer=words % said,
        tier_key=standing.tier.key,
        seats=wanted,
        stay=_("Keep %(seats)s seats") % {"seats": count_words(held.seats)},
    )


def _each(interval: str, *, facts: Facts) -> str:
    """A month; and that tax is not in it, where it is not known."""
    each = per_interval(interval)
    return each if facts.tax_percent else _("%(interval)s before tax") % {"interval": each}


def _evidence_of_seats(seats: int, *, people: int) -> str:
    said = {"seats": count_words(seats), "people": count_words(people)}
    return (
        ngettext(
            "You pay for %(seats)s seats and are one person, invitations included.",
            "You pay for %(seats)s seats and are %(people)s people, invitations included.",
            people,
        )
        % said
    )


def _of_own_tier(facts: Facts, *, seats: int) -> Offer:
    standing = facts.standing
    return offer_for(
        facts.situation,
        standing.tier,
        standing.edition,
        seats=seats,
        interval=standing.interval,
        tax_percent=facts.tax_percent,
    )


def _offers(facts: Facts, *, seats: int) -> list[Offer]:
    return offers_for(
        facts.situation, seats=seats, interval=facts.standing.interval, tax_percent=facts.tax_percent
    )
