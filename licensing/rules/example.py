"""A made-up customer of a made-up shop, for the worked examples of the rules. Plain values; nothing is in a database.

Noon of 2 March 2026. Team costs $20 a seat for 1 to 50 people and holds 20 projects and 100 calls a month; Business
begins at two seats and holds any number; Free holds three. The customer has Team for five people until 1 April.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from licensing.models import Customer, Feature, Licence, Trial
from licensing.planned import Change as PlannedMove
from licensing.rules.situation import Change, Situation
from licensing.standing import Standing
from licensing.terms import EditionTerms, FeatureTerms, PriceTerms, TierTerms
from licensing.usage import Usage

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
PERIOD = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
TRIAL_ENDS = datetime(2026, 3, 10, 12, tzinfo=UTC)


def _tier(rank: int, name: str, *, projects: int | None, price: int | None, **terms: Any) -> TierTerms:
    return TierTerms(
        **{
            "id": rank,
            "key": name.lower(),
            "name": name,
            "rank": rank,
            "tagline": "",
            "trial_days": 14 if price else None,
            "min_seats": 1,
            "max_seats": None,
            "gives": {"projects": projects, "calls": 100 if rank < 2 else None},
            "prices": (PriceTerms(rank, "USD", "month", price, per_seat=True, lookup_key=""),)
            if price
            else (),
            **terms,
        }
    )


FREE = _tier(0, "Free", projects=3, price=None)
TEAM = _tier(1, "Team", projects=20, price=2000, max_seats=50)
BUSINESS = _tier(2, "Business", projects=None, price=4000, min_seats=2)
SCALE = _tier(3, "Scale", projects=None, price=9000, trial_days=None)
PROJECTS = FeatureTerms("projects", "Projects", Feature.Kind.LIMIT, "core", "projects", False, (), "")
CALLS = FeatureTerms("calls", "API calls", Feature.Kind.LIMIT, "core", "calls", True, (), "")
TODAY = EditionTerms(1, 1, "2026-01", "January 2026", "", (PROJECTS, CALLS), (FREE, TEAM, BUSINESS, SCALE))


# An announced end of the edition, which the renewal on 1 April carries.
ENDING = PlannedMove(
    sunset_id=1,
    tier_id=TEAM.id,
    feature_key="",
    is_announced=True,
    takes_effect_at=PERIOD[1],
    is_begun=True,
    done_at=None,
)


def licence(tier: TierTerms = TEAM, *, seats: int = 5, **fields: Any) -> Licence:
    price = tier.prices[0].id if tier.prices else None
    start, end = PERIOD if tier.prices else (None, None)
    terms = {"tier_id": tier.id, "price_id": price, "period_start": start, "period_end": end}
    return Licence(**{**terms, "edition_id": TODAY.id, "seats": seats, **fields})


def stands(
    tier: TierTerms = TEAM,
    *,
    seats: int = 5,
    people: int = 5,
    projects: int = 0,
    calls: int = 0,
    currency: str = "USD",
    trying: TierTerms | None = None,
    changes: tuple[PlannedMove, ...] = (),
    licence_fields: dict[str, Any] | None = None,
    **facts: Any,
) -> Situation:
    """`trying`: the tier of a trial that ends on 10 March."""
    standing = Standing(
        customer=Customer(name="Example", currency=currency),
        licence=licence(tier, seats=seats, **(licence_fields or {})),
        trial=Trial(tier_id=trying.id, ends_at=TRIAL_ENDS) if trying else None,
        edition=TODAY,
        tier=tier,
        trial_edition=TODAY if trying else None,
        trial_tier=trying,
        at=AT,
        newest_id=TODAY.id,
        changes=changes,
    )
    usage = {
        key: Usage(used, AT, used, AT) for key, used in (("projects", projects), ("calls", calls)) if used
    }
    known = {"addresses": ("owner@example.org",), **facts}
    return Situation(standing=standing, today=TODAY, people=people, usage=usage, **known)


def wants(tier: TierTerms = BUSINESS, *, seats: int = 5, interval: str = "month") -> Change:
    return Change(tier, TODAY, seats, interval)
