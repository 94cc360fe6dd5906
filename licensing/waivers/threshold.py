"""How large an exception one person may make alone. Above that, somebody else must say yes.

The measures are settings of the installation and not rows: whoever is bound by them cannot move them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from licensing.models import Feature, Waiver
from licensing.money import format_money
from licensing.standing import Standing
from licensing.terms import NOT_INCLUDED, FeatureTerms

ONCE_IN = timedelta(days=365)
LIMIT, RULE, TRIAL, PRICE = Waiver.Kind.LIMIT, Waiver.Kind.RULE, Waiver.Kind.TRIAL, Waiver.Kind.PRICE


@dataclass(frozen=True)
class Wish:
    """What is asked for, from `starts_at` up to `ends_at`. Of the rest, what its kind needs; `value` as in a Grant,
    `amount` in minor units of the customer's currency.
    """

    kind: str
    starts_at: datetime
    ends_at: datetime
    feature_key: str = ""
    value: Any = None
    rule_key: str = ""
    tier_key: str = ""
    amount: int | None = None

    @property
    def lasts(self) -> timedelta:
        return self.ends_at - self.starts_at


def why_approval(wish: Wish, *, standing: Standing, earlier: Sequence[Waiver]) -> str:
    """Why somebody else must approve, in a sentence for staff; empty where asking alone is enough.

    `earlier` are the customer's waivers of that kind that were granted without an approval in the last twelve months.
    """
    if wish.kind == PRICE:
        room = credit_alone(standing, earlier=earlier)
        return "" if (wish.amount or 0) <= room else _at_most(room, standing)
    if any(_is_the_same(wish, waiver) for waiver in earlier):
        return "It was made without an approval already in the last twelve months."
    if wish.kind == LIMIT:
        return _why_limit(wish, standing)
    if wish.kind == RULE and wish.lasts > timedelta(days=settings.WAIVER_RULE_DAYS):
        return f"A rule is waived alone for at most {_days(settings.WAIVER_RULE_DAYS)}."
    return ""


def alone(kind: str) -> str:
    """The same beforehand, in a sentence: what of this kind needs nobody else."""
    if kind == LIMIT:
        return (
            f"Alone you raise a limit by at most {settings.WAIVER_LIMIT_PERCENT} %, for at most"
            f" {_days(settings.WAIVER_LIMIT_DAYS)}, once in twelve months. More than that, and any switch or level,"
            " waits until somebody else approves it."
        )
    if kind == RULE:
        return (
            f"Alone you waive a rule for at most {_days(settings.WAIVER_RULE_DAYS)}, once in twelve months. Longer, or"
            " again, waits until somebody else approves it."
        )
    if kind == PRICE:
        return (
            f"Alone you credit at most {settings.WAIVER_CREDIT_PERCENT} % of what a month costs them, within twelve"
            " months. More waits until somebody else approves it. The credit goes to their balance at Stripe and comes"
            " off what they pay next; nothing is paid out."
        )
    return "Alone you give one more trial in twelve months. Another waits until somebody else approves it."


def highest_alone(feature: FeatureTerms, *, standing: Standing) -> int | None:
    """Up to where one person raises this limit alone; None for what is no limit, or is none of this tier's."""
    held = standing.tier.value(feature.key)
    if feature.kind != Feature.Kind.LIMIT or held is NOT_INCLUDED or held is None:
        return None
    return int(held) * (100 + settings.WAIVER_LIMIT_PERCENT) // 100


def credit_alone(standing: Standing, *, earlier: Sequence[Waiver]) -> int:
    """What one person may still credit alone, in minor units; `earlier` are the credits of the last twelve months."""
    if standing.held is None:
        return 0
    price, seats = standing.held.price, standing.held.seats
    month = price.amount(seats) // (12 if price.interval == "year" else 1)
    given = sum(waiver.amount or 0 for waiver in earlier)
    return max(month * settings.WAIVER_CREDIT_PERCENT // 100 - given, 0)


def _at_most(room: int, standing: Standing) -> str:
    return (
        f"Alone at most {format_money(room, standing.customer.currency, locale='en')} may still be credited."
    )


def _why_limit(wish: Wish, standing: Standing) -> str:
    feature = standing.edition.feature(wish.feature_key)
    highest = highest_alone(feature, standing=standing) if feature else None
    if highest is None:
        return f"Only a limit that {standing.tier.name} has is raised alone."
    if wish.value is None or wish.value > highest:
        return f"Alone this limit is raised to at most {highest:,}."
    if wish.lasts > timedelta(days=settings.WAIVER_LIMIT_DAYS):
        return f"Alone a limit is raised for at most {_days(settings.WAIVER_LIMIT_DAYS)}."
    return ""


def _is_the_same(wish: Wish, waiver: Waiver) -> bool:
    """One feature, one rule; of trials there is one a year, whichever the tier."""
    return wish.kind == TRIAL or (wish.feature_key, wish.rule_key) == (waiver.feature_key, waiver.rule_key)


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"
