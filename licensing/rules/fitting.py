"""The rules of what fits: the seats the tier and the people, and what is in use the tier's room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from babel.numbers import format_decimal
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words
from django.utils.translation import ngettext

from licensing.models import Feature
from licensing.reasons import Example, Reason, Rule
from licensing.rules.example import BUSINESS, TEAM, stands, wants
from licensing.rules.situation import Change, Situation
from licensing.terms import EditionTerms, FeatureTerms, TierTerms
from licensing.usage import Usage


def seats_fit_tier(situation: Situation, change: Change) -> Reason | None:
    tier = change.tier
    if change.seats < tier.min_seats:
        return Reason(
            "seats-fit-tier",
            ngettext("%(tier)s starts at one seat.", "%(tier)s starts at %(count)d seats.", tier.min_seats)
            % {"tier": tier.name, "count": tier.min_seats},
            _("Choose at least %(count)d seats.") % {"count": tier.min_seats},
        )
    if tier.max_seats is not None and change.seats > tier.max_seats:
        return Reason(
            "seats-fit-tier",
            ngettext(
                "%(tier)s has at most one seat.", "%(tier)s has at most %(count)d seats.", tier.max_seats
            )
            % {"tier": tier.name, "count": tier.max_seats},
            _("Choose fewer seats, or a higher tier."),
        )
    return None


def seats_fit_people(situation: Situation, change: Change) -> Reason | None:
    if change.seats >= situation.people or change.tier.is_free:
        return None
    return Reason(
        "seats-fit-people",
        _("You are %(people)d people, invitations included; %(seats)d seats are too few.")
        % {"people": situation.people, "seats": change.seats},
        _("Choose at least %(people)d seats, or remove people from your team first.")
        % {"people": situation.people},
    )


def usage_fits(situation: Situation, change: Change) -> Reason | None:
    """Nobody moves to a tier that could not hold what they have. Monthly counts start anew and do not matter.

    A limit that is waived does not count: it ends by itself, and the tier must hold what they have after that too.
    Whoever stays on their tier may have more than it holds now, as after a trial or a sunset.
    """
    if change.tier.id == situation.standing.tier.id:
        return None
    over = list(without_room(situation.usage, tier=change.tier, edition=change.edition))
    if not over:
        return None
    tier = change.tier.name
    used = get_text_list([_of(one.feature, one.used) for one in over], _("and"))
    room = get_text_list([_count(one.room) for one in over], _("and"))
    surplus = get_text_list([_of(one.feature, one.used - one.room) for one in over], _("and"))
    return Reason(
        "usage-fits",
        _("You use %(used)s; %(tier)s has room for %(room)s.") % {"used": used, "tier": tier, "room": room},
        _("Remove %(surplus)s, and what you have fits into %(tier)s.") % {"surplus": surplus, "tier": tier},
    )


@dataclass(frozen=True)
class Over:
    """A limit of which more is used than a tier has room for; both in the feature's own unit."""

    feature: FeatureTerms
    used: int
    room: int


def without_room(usage: Mapping[str, Usage], *, tier: TierTerms, edition: EditionTerms) -> Iterator[Over]:
    """What is in use that `tier` of `edition` has no room for, in the order of its terms."""
    for feature in edition.features:
        used, limit = usage.get(feature.key), tier.value(feature.key)
        if feature.kind != Feature.Kind.LIMIT or feature.monthly or used is None or limit is None:
            continue
        if used.value > (limit or 0):
            yield Over(feature, used.value, limit or 0)


def _of(feature: FeatureTerms, count: int) -> str:
    """38 projects."""
    return f"{_count(count)} {feature.unit_of(count)}"


@lru_cache(maxsize=1024)
def _count(value: int) -> str:
    return format_decimal(value, locale="en")


FITTING_RULES: list[Rule] = [
    Rule(
        "seats-fit-tier",
        words("A tier may have a least and a most number of seats; the price list says so."),
        check=seats_fit_tier,
        examples=(
            Example(
                words("Business begins at two seats, and you choose one"),
                lambda: (stands(people=1), wants(BUSINESS, seats=1)),
                "Business starts at 2 seats.",
            ),
            Example(
                words("Team is for up to 50 people, and you choose 51 seats"),
                lambda: (stands(), wants(TEAM, seats=51)),
                "Team has at most 50 seats.",
            ),
            Example(words("You choose 50"), lambda: (stands(), wants(TEAM, seats=50))),
        ),
    ),
    Rule(
        "seats-fit-people",
        words("There is a seat for everybody in your team, open invitations included."),
        check=seats_fit_people,
        examples=(
            Example(
                words("You are four, have invited a fifth, and choose four seats"),
                lambda: (stands(people=5), wants(seats=4)),
                "You are 5 people, invitations included; 4 seats are too few.",
            ),
            Example(words("You choose five"), lambda: (stands(people=5), wants(seats=5))),
        ),
    ),
    Rule(
        "usage-fits",
        words(
            "You move to a tier that has room for what you have. Counts that begin anew each month do not stand in "
            "the way, and on the tier you have you can change your seats however much you use."
        ),
        check=usage_fits,
        examples=(
            Example(
                words("You have Business and 38 projects, and choose Team, which has room for 20"),
                lambda: (stands(BUSINESS, projects=38), wants(TEAM)),
                "You use 38 projects; Team has room for 20.",
            ),
            Example(words("You have 20 projects"), lambda: (stands(BUSINESS, projects=20), wants(TEAM))),
            Example(
                words("You have made 400 calls this month, of 100 a month in Team"),
                lambda: (stands(BUSINESS, calls=400), wants(TEAM)),
            ),
            Example(
                words("You have Team with 24 projects from a trial, and choose two seats more"),
                lambda: (stands(projects=24), wants(TEAM, seats=7)),
            ),
        ),
    ),
]
