"""What announcing a sunset would mean, as the pages of staff say it before anybody does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from licensing.admin.base import may_look
from licensing.models import Licence, Sunset
from licensing.staff_words import change_words, edition_words, price_move_words
from licensing.sunsets.foreseeing import TierAhead, foresee

TEMPLATE = "admin/staff/sunset/ahead.html"


@dataclass(frozen=True)
class Part:
    """One tier in words. The addresses lead to the licences by name; empty for whoever may not look at them. `users` is
    None where the use of the thing is not counted.
    """

    name: str
    licences: int
    address: str
    free: int
    paid: int
    prices: list[tuple[str, int]]
    has_after: bool
    loses: list[str]
    gains: list[str]
    users: int | None
    users_address: str


@dataclass(frozen=True)
class Ahead:
    parts: list[Part]
    is_edition: bool
    has_replacement: bool

    @property
    def touched(self) -> int:
        return sum(part.licences for part in self.parts)


def ahead_of(sunset: Sunset, *, request: HttpRequest, at: datetime) -> Ahead:
    """What it means, in words for `request`'s reader."""
    looks = may_look(request, Licence)
    return Ahead(
        parts=[_part(tier, sunset, looks=looks) for tier in foresee(sunset, at=at)],
        is_edition=sunset.edition_id is not None,
        has_replacement=sunset.replacement_id is not None,
    )


def _part(found: TierAhead, sunset: Sunset, *, looks: bool) -> Part:
    name = f"{found.tier.name} ({found.tier.key})"
    chosen = {"edition": found.edition.id, "tier": found.tier.id, "live": "yes"}
    return Part(
        name=name if sunset.edition_id else f"{name} of {edition_words(found.edition)}",
        licences=found.licences,
        address=_licences(chosen) if looks else "",
        free=found.free,
        paid=found.licences - found.free,
        prices=[(price_move_words(each.before, each.after), each.licences) for each in found.payers],
        has_after=found.after is not None,
        loses=[change_words(row.held_feature, row.held, row.feature, row.offered) for row in found.loses],
        gains=[change_words(row.held_feature, row.held, row.feature, row.offered) for row in found.gains],
        users=found.users,
        users_address=_licences({**chosen, "uses": sunset.feature_key}) if looks else "",
    )


def _licences(chosen: dict[str, object]) -> str:
    return f"{reverse('admin:licensing_licence_changelist')}?{urlencode(chosen)}"
