"""What an exception is and what it is worth, in words for staff."""

from __future__ import annotations

from licensing.entitlements import is_better
from licensing.models import Waiver
from licensing.money import format_money
from licensing.rules.words import waived_rule
from licensing.staff_words import given_words, grant_words
from licensing.standing import Standing
from licensing.terms import NOT_INCLUDED, EditionTerms, storefront

LOCALE = "en"


def what_is_waived(waiver: Waiver, *, edition: EditionTerms | None) -> str:
    """In a few words: Projects: 40 projects; the rule that what they use fits the tier; another trial of Business.

    Names are those of `edition`; what it does not have goes by its key.
    """
    if waiver.kind == Waiver.Kind.LIMIT:
        feature = edition.feature(waiver.feature_key) if edition else None
        if feature is None:
            return f"{waiver.feature_key}: {grant_words(waiver.value)}"
        return f"{feature.name}: {given_words(feature, waiver.value)}"
    if waiver.kind == Waiver.Kind.RULE:
        return f"the rule that {waived_rule(waiver.rule_key)}"
    if waiver.kind == Waiver.Kind.TRIAL:
        tier = edition.tier(waiver.tier_key) if edition else None
        return f"another trial of {tier.name if tier else waiver.tier_key}"
    return f"a credit of {format_money(waiver.amount or 0, waiver.currency, locale=LOCALE)}"


def worth(waiver: Waiver, *, standing: Standing | None) -> str:
    """What the customer would otherwise do, and pay, for the same. A sentence for whoever approves it."""
    today = storefront()
    if standing is None or today is None:
        return "They hold nothing."
    if waiver.kind == Waiver.Kind.LIMIT:
        return _worth_of_limit(waiver, standing)
    if waiver.kind == Waiver.Kind.TRIAL:
        tier = today.edition.tier(waiver.tier_key)
        return f"{tier.name if tier else waiver.tier_key} {_costs(waiver.tier_key, standing)}."
    if waiver.kind == Waiver.Kind.RULE:
        return "No money; it opens what the rule holds back."
    pays = f"They pay {_pays(standing)} a {standing.interval}."
    return f"That much less on what they pay next. {pays}{_set_apart(waiver, standing)}"


def is_large(waiver: Waiver, *, standing: Standing | None) -> bool:
    """Whether a credit is more than its customer pays in a year: it stands out, and is approved with care."""
    if waiver.kind != Waiver.Kind.PRICE or waiver.amount is None:
        return False
    return waiver.amount > (_a_year(standing) if standing else 0)


def _set_apart(waiver: Waiver, standing: Standing) -> str:
    """How large a large credit is: That is 980,392 times what they pay a year."""
    if not is_large(waiver, standing=standing):
        return ""
    year = _a_year(standing)
    if not year:
        return " They pay nothing that it could come off."
    times = (waiver.amount or 0) // year
    return (
        f" That is {times:,} times what they pay a year."
        if times > 1
        else " That is more than they pay in a year."
    )


def _a_year(standing: Standing) -> int:
    """What they pay now in a year, in minor units."""
    if standing.held is None:
        return 0
    price = standing.held.price
    return price.amount(standing.licence.seats) * (12 if price.interval == "month" else 1)


def _worth_of_limit(waiver: Waiver, standing: Standing) -> str:
    today, held = storefront(), standing.edition.feature(waiver.feature_key)
    assert today is not None, "asked above"
    if held is None:
        return "Their terms do not know this feature."
    has = standing.tier.value(held.key)
    instead = f"{given_words(held, waiver.value)} instead of {given_words(held, has)}."
    for tier in today.edition.tiers:
        feature = today.edition.feature(waiver.feature_key)
        given = tier.value(waiver.feature_key)
        if feature and given is not NOT_INCLUDED and not is_better(feature, waiver.value, than=given):
            return f"{instead} {tier.name} gives that, and {_costs(tier.key, standing)}."
    return f"{instead} No tier gives that."


def _costs(tier_key: str, standing: Standing) -> str:
    """What a tier costs today at the customer's seats, and what they pay now."""
    today = storefront()
    tier = today.edition.tier(tier_key) if today else None
    currency, interval, seats = standing.customer.currency, standing.interval, standing.licence.seats
    price = tier.price(currency=currency, interval=interval) if tier else None
    if tier is None or price is None:
        return "has no price in their currency"
    amount = format_money(price.amount(max(seats, tier.min_seats)), currency, locale=LOCALE)
    return f"costs {amount} a {interval}; they pay {_pays(standing)}"


def _pays(standing: Standing) -> str:
    """What they pay now for an interval."""
    now = standing.held.price.amount(standing.licence.seats) if standing.held else 0
    return format_money(now, standing.customer.currency, locale=LOCALE)
