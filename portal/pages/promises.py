"""What was promised to a customer, beside what is sold today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from licensing.entitlements import is_better
from licensing.grandfathering import MOST_SEATS, PRICE, Difference, differences
from licensing.standing import Standing
from licensing.sunsets.moving import move_of
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, PriceTerms
from portal.pages.values import feature_words, short_money, value_words
from portal.templatetags.words import day, day_from


@dataclass(frozen=True)
class Promise:
    """A term as held, and in a few words what it is today."""

    words: str
    today: str


@dataclass(frozen=True)
class Promises:
    """`kept`: better than today's terms. `shared`: what later editions gave on top. `missed`: today's terms are better
    here. All empty: nothing differs. `is_sold`: today's terms have that tier still. `until`: the day on which the held
    edition ends, as it was announced; empty where it goes on.
    """

    kept: tuple[Promise, ...] = ()
    shared: tuple[Promise, ...] = ()
    missed: tuple[Promise, ...] = ()
    is_sold: bool = True
    until: str = ""


def promises(standing: Standing, *, today: EditionTerms) -> Promises:
    """The held tier as it is held and as it is sold today, in the customer's own currency and interval."""
    if standing.edition.id == today.id:
        return Promises()
    move = move_of(standing)
    found = differences(
        held=standing.edition,
        today=today,
        tier_key=standing.tier.key,
        currency=standing.customer.currency,
        interval=standing.interval,
    )
    return Promises(
        kept=tuple(
            _ending(one, standing) or _promise(one, today=today) for one in found if one.kind == "kept_better"
        ),
        is_sold=today.tier(standing.tier.key) is not None,
        until=day(move.at) if move and move.at else "",
        shared=tuple(_shared(standing)),
        missed=tuple(_missed(one) for one in found if one.kind == "kept_worse"),
    )


def _shared(standing: Standing) -> Iterator[Promise]:
    for feature in standing.edition.features:
        if came_with := standing.shared.get(feature.key):
            words = feature_words(feature, standing.tier.value(feature.key))
            yield Promise(words, since_words(came_with.name))


def since_words(edition: str) -> str:
    """In a few words, with which edition something came."""
    return _("since %(edition)s") % {"edition": edition}


def price_words(price: PriceTerms) -> str:
    """A price as a price list has it: $19 a seat a month."""
    amount = {"amount": short_money(price.unit_amount, price.currency)}
    if price.interval == "year":
        return (_("%(amount)s a seat a year") if price.per_seat else _("%(amount)s a year")) % amount
    return (_("%(amount)s a seat a month") if price.per_seat else _("%(amount)s a month")) % amount


def held_words(one: Difference) -> str:
    """A feature, or the seats, as held, to stand in a list. `one` is not a price's."""
    assert one.feature is not None
    return _words(one.feature, one.held)


def today_words(one: Difference, *, today: EditionTerms) -> str:
    """In a few words, what a feature that is kept is in today's terms: "today 40,000", "today in Business".
    `one` is not a price's.
    """
    described = one.today_feature
    if described is None:
        return _("sold no longer")
    if one.today is not NOT_INCLUDED:
        return _("today %(value)s") % {"value": value_words(described, one.today)}
    enough = (
        tier
        for tier in today.tiers
        if tier.value(described.key) is not NOT_INCLUDED
        and not is_better(described, one.held, than=tier.value(described.key))
    )
    tier = next(enough, None)
    return _("today in %(tier)s") % {"tier": tier.name} if tier else _("sold no longer")


def _promise(one: Difference, *, today: EditionTerms) -> Promise:
    if one.feature_key == PRICE:
        return Promise(_held_price(one.held), _today_price(one.today))
    return Promise(held_words(one), today_words(one, today=today))


def _ending(one: Difference, standing: Standing) -> Promise | None:
    """The same of a feature that an announced sunset takes: kept until its day. None where none does."""
    announced = (change for change in standing.changes if change.is_announced and not change.is_done)
    change = next((change for change in announced if change.feature_key == one.feature_key), None)
    if change is None or one.feature is None:
        return None
    until = (
        _("until %(day)s") % {"day": day_from(change.takes_effect_at, standing.at)}
        if change.takes_effect_at
        else _("to leave; no day yet")
    )
    return Promise(feature_words(one.feature, one.held), until)


def _missed(one: Difference) -> Promise:
    if one.feature_key == PRICE:
        return Promise(price_words(one.today), _("yours %(price)s") % {"price": _amount(one.held)})
    described = one.today_feature
    assert described is not None
    assert one.feature is not None
    yours = _("yours %(value)s") % {"value": value_words(one.feature, one.held)}
    return Promise(_words(described, one.today), _("not in yours") if one.held is NOT_INCLUDED else yours)


def _words(feature: FeatureTerms, value: Any) -> str:
    if feature.key == MOST_SEATS and value is None:
        return _("Any number of seats")
    return feature_words(feature, value)


def _held_price(price: PriceTerms | object) -> str:
    return price_words(price) if isinstance(price, PriceTerms) else _("Free of charge")


def _today_price(price: PriceTerms | object) -> str:
    return (
        _("today %(price)s") % {"price": _amount(price)}
        if isinstance(price, PriceTerms)
        else _("sold no longer")
    )


def _amount(price: PriceTerms | object) -> str:
    return short_money(price.unit_amount, price.currency) if isinstance(price, PriceTerms) else _("nothing")
