"""Each limit and how much of it is used, with the number in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.counting import starts_again
from licensing.entitlements import Entitlement, entitlements, is_better
from licensing.models import Feature
from licensing.standing import Standing
from licensing.terms import NOT_INCLUDED, FeatureTerms
from licensing.usage import Meter, Usage, meters
from portal.facts import Facts
from portal.pages.values import ago_words, count_words, feature_name, small_number, span_words, value_words
from portal.templatetags.words import day, until


@dataclass(frozen=True)
class Gauge:
    """`limit` None: no bar, as there is no limit or nothing was read. `tone`: "near" from four fifths on, "full" at
    the limit, else empty.
    """

    name: str
    used: int
    limit: int | None
    said: str
    tone: str
    notes: str


def gauges(facts: Facts) -> list[Gauge]:
    """A gauge for every limit, those that have been read first, then one for the seats.

    A limit stands as the licence and an exception made for them have it; what a trial lends on top is told in words,
    because it goes home again.
    """
    standing, usage = facts.standing, facts.situation.usage
    lent = entitlements(standing)
    own = own_meters(standing, usage)
    told_once = read_at_once(facts) is not None
    found = [
        _gauge(
            own.get(meter.feature.key, meter), lent=lent[meter.feature.key], facts=facts, told_once=told_once
        )
        for meter in meters(entitled=lent, usage=usage)
    ]
    unread = [
        _unread(entitlement, standing=standing)
        for key, entitlement in lent.items()
        if entitlement.feature.kind == Feature.Kind.LIMIT
        and entitlement.value is not NOT_INCLUDED
        and key not in usage
    ]
    return [*found, *unread, *_seats(facts)]


def read_at_once(facts: Facts) -> str | None:
    """How long ago the limits were read, where that is the same for all of them; then it is said once."""
    at, usage = facts.standing.at, facts.situation.usage
    told = {ago_words(one.read_at, at=at) for one in usage.values()}
    return told.pop() if len(told) == 1 and len(usage) > 1 else None


def own_meters(standing: Standing, usage: dict[str, Usage]) -> dict[str, Meter]:
    """Feature key → meter against what holds without a trial: the licence, and exceptions made for them."""
    own = entitlements(replace(standing, trial=None, trial_edition=None, trial_tier=None))
    return {meter.feature.key: meter for meter in meters(entitled=own, usage=usage)}


def _gauge(meter: Meter, *, lent: Entitlement, facts: Facts, told_once: bool) -> Gauge:
    standing = facts.standing
    notes = [
        _room(meter, standing=standing),
        _exception(meter.feature, meter.source, meter.until, standing=standing),
        _outlook(meter, standing=standing),
        _on_loan(meter, lent=lent, standing=standing),
        "" if told_once else _("Read %(ago)s.") % {"ago": ago_words(meter.read_at, at=standing.at)},
    ]
    return Gauge(
        name=feature_name(meter.feature),
        used=meter.used,
        limit=meter.limit,
        said=_said(meter.used, meter.limit),
        tone="full" if meter.is_full else "near" if meter.is_near else "",
        notes=" ".join(note for note in notes if note),
    )


def _unread(lent: Entitlement, *, standing: Standing) -> Gauge:
    """A limit of which nothing has been read, or not since it last started: what there is room for, while a trial lasts
    the trial's.
    """
    limit = lent.value
    said = _("no limit") if limit is None else _("up to %(limit)s") % {"limit": count_words(limit)}
    notes = _exception(lent.feature, lent.source, lent.until, standing=standing)
    if lent.source == "trial" and standing.trial_tier is not None:
        notes = _("On loan from the %(tier)s trial.") % {"tier": standing.trial_tier.name}
    if lent.feature.monthly:
        again = {"day": day(starts_again(standing))}
        notes = f"{notes} {_('Not read yet since it last started. Starts again on %(day)s.') % again}".strip()
    return Gauge(name=feature_name(lent.feature), used=0, limit=None, said=said, tone="", notes=notes)


def _said(used: int, limit: int | None) -> str:
    if limit is None:
        return _("%(used)s, no limit") % {"used": count_words(used)}
    return _("%(used)s of %(limit)s") % {"used": count_words(used), "limit": count_words(limit)}


def _room(meter: Meter, *, standing: Standing) -> str:
    if meter.limit is None or not meter.is_near or meter.source == "trial":
        return ""
    if meter.used > meter.limit:
        said = {"count": count_words(meter.used - meter.limit), "tier": standing.tier.name}
        if meter.source == "waiver":
            return _("%(count)s more than there is room for: all of it stays, no more can be added.") % said
        if meter.feature.monthly:
            return _("%(count)s more than %(tier)s has room for.") % said
        return _("%(count)s more than %(tier)s has room for: all of it stays, no more can be added.") % said
    if meter.is_full:
        return _("None left.")
    return _("%(count)s left.") % {"count": small_number(meter.limit - meter.used).capitalize()}


def _exception(feature: FeatureTerms, source: str, ends_at: datetime | None, *, standing: Standing) -> str:
    """That this room was made for the customer, until when, and what it is otherwise."""
    if source != "waiver" or ends_at is None:
        return ""
    held = standing.tier.value(feature.key)
    said = {
        "when": until(ends_at),
        "limit": _("none") if held is NOT_INCLUDED else value_words(feature, held),
    }
    return _("Made for you until %(when)s; then %(limit)s.") % said


def _outlook(meter: Meter, *, standing: Standing) -> str:
    if meter.feature.monthly:
        return _("Starts again on %(day)s.") % {"day": day(starts_again(standing))}
    if meter.full_at and meter.full_at > standing.at:
        return _("At this pace, full in about %(span)s.") % {"span": span_words(meter.full_at - standing.at)}
    return ""


def _on_loan(meter: Meter, *, lent: Entitlement, standing: Standing) -> str:
    if standing.trial_tier is None or lent.source != "trial":
        return ""
    trial = {"tier": standing.trial_tier.name}
    if meter.source == "trial":
        return _("On loan from the %(tier)s trial.") % trial
    if lent.value is None:
        return _("While you try %(tier)s: no limit.") % trial
    if is_better(meter.feature, lent.value, than=meter.limit):
        return _("While you try %(tier)s: %(limit)s.") % {**trial, "limit": count_words(lent.value)}
    return ""


def _seats(facts: Facts) -> list[Gauge]:
    standing = facts.standing
    limit = standing.feels_like.max_seats if standing.licence.is_free else standing.licence.seats
    if limit is None:
        return []
    taken = facts.members + facts.invited
    notes = ""
    if facts.invited:
        notes = ngettext(
            "An invitation is still open, and holds one.",
            "%(count)s invitations are still open, and hold as many.",
            facts.invited,
        ) % {"count": small_number(facts.invited).capitalize()}
    return [
        Gauge(
            name=_("Seats"),
            used=taken,
            limit=limit,
            said=_said(taken, limit),
            tone="full" if taken > limit else "near" if taken == limit else "",
            notes=notes,
        )
    ]
