"""What is different from one edition to another, tier by tier and term by term, told from its holder's point of view.

Worth more to whoever holds the old tier is "better", worth less is "worse"; words that changed are neither. Works on
drafts too, in which not every value fits its feature yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from fractions import Fraction
from typing import Any

from licensing.catalogue.places import place
from licensing.grandfathering import PRICE, SEATS, Difference, differences
from licensing.money import format_money
from licensing.staff_words import given_words
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, PriceTerms, TierTerms

LOCALE = "en"
ALIKE = 0.5  # the share of words that two texts have in common, from which on they are shown woven


class Mark(StrEnum):
    """How a term changed. `sign` and `words` say it without a colour."""

    ADDED = "added"
    REMOVED = "removed"
    BETTER = "better"
    WORSE = "worse"
    REWORDED = "reworded"

    @property
    def sign(self) -> str:
        return {"added": "+", "removed": "−", "better": "▲", "worse": "▼", "reworded": "≠"}[self]

    @property
    def words(self) -> str:
        return self.value

    @property
    def is_good(self) -> bool:
        return self in (Mark.ADDED, Mark.BETTER)

    @property
    def is_bad(self) -> bool:
        return self in (Mark.REMOVED, Mark.WORSE)


@dataclass(frozen=True)
class Line:
    """One term as it was and as it is. `by`: how much a price moves, in amount and per cent.

    `pieces` are there where words changed: (“same”, “gone” or “new”, the words), in the order of reading.
    """

    name: str
    mark: Mark
    was: str
    now: str
    by: str = ""
    pieces: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """A tier, a feature or the edition itself, with what is different in it. `mark`: where it is new, or gone."""

    name: str
    lines: tuple[Line, ...]
    mark: Mark | None = None


@dataclass(frozen=True)
class EditionDiff:
    old: EditionTerms
    new: EditionTerms
    words: Part
    tiers: tuple[Part, ...]
    features: tuple[Part, ...]

    def count(self, *marks: Mark) -> int:
        """How many terms of tiers and features changed so; words are no terms."""
        parts = (*self.tiers, *self.features)
        return sum(line.mark in marks and not line.pieces for part in parts for line in part.lines)

    @property
    def better(self) -> int:
        return self.count(Mark.ADDED, Mark.BETTER)

    @property
    def worse(self) -> int:
        return self.count(Mark.REMOVED, Mark.WORSE)


def diff(*, old: EditionTerms, new: EditionTerms) -> EditionDiff:
    """What whoever holds `old` would find different in `new`. Parts in which nothing differs have no lines."""
    old_tiers, new_tiers = ({tier.key: tier for tier in terms.tiers} for terms in (old, new))
    old_features, new_features = ({f.key: f for f in terms.features} for terms in (old, new))
    return EditionDiff(
        old,
        new,
        words=Part("Edition", (*_text("Name", old.name, new.name), *_text("Rationale", old.rationale, new.rationale))),
        tiers=tuple(_tier(old, new, old_tiers.get(key), new_tiers.get(key)) for key in new_tiers | old_tiers),
        features=tuple(_feature(old_features.get(key), new_features.get(key)) for key in new_features | old_features),
    )  # fmt: skip


def _tier(old: EditionTerms, new: EditionTerms, was: TierTerms | None, now: TierTerms | None) -> Part:
    """A tier that is gone keeps its terms for its holders; a new one has none yet."""
    if was is None:
        assert now is not None, "one of the two has it"
        return Part(now.name, tuple(_sold_from_now_on(new, now)), Mark.ADDED)
    if now is None:
        return Part(was.name, (), Mark.REMOVED)
    lines = [
        *_text("Name", was.name, now.name),
        *_text("Tagline", was.tagline, now.tagline),
        *_terms(old, new, was.key),
        *_number("Trial", was.trial_days or 0, now.trial_days or 0, unit="days", zero="no trial", more=Mark.BETTER),
        *_number("Fewest seats", was.min_seats, now.min_seats, unit="seats", more=Mark.WORSE),
        *_number("Most seats", was.max_seats, now.max_seats, unit="seats", more=Mark.BETTER),
        *_claims(new, was, now),
    ]  # fmt: skip
    return Part(now.name, tuple(lines))


def _sold_from_now_on(new: EditionTerms, tier: TierTerms) -> Iterator[Line]:
    for price in tier.prices:
        yield Line(_price_name(price), Mark.ADDED, "", _price(price))
    for feature in new.features:
        if feature.key in tier.gives:
            yield Line(feature.name, Mark.ADDED, "", given_words(feature, tier.gives[feature.key]))
    yield Line("Trial", Mark.ADDED, "", _counted(tier.trial_days or 0, unit="days", zero="no trial"))
    yield Line("Fewest seats", Mark.ADDED, "", _counted(tier.min_seats, unit="seats"))
    yield Line("Most seats", Mark.ADDED, "", _counted(tier.max_seats, unit="seats"))


def _terms(old: EditionTerms, new: EditionTerms, tier_key: str) -> Iterator[Line]:
    """Prices and features, by the rules of what an old customer keeps."""
    fitting = [_fitting(terms, tier_key) for terms in (old, new)]
    for one in differences(held=fitting[0], today=fitting[1], tier_key=tier_key):
        if one.feature_key not in SEATS and (one.kind != "same" or _is_counted_anew(one)):
            yield _price_line(one) if one.feature_key == PRICE else _feature_line(one, old, new)
    yield from _new_prices(*(terms.tiers[0] for terms in fitting))
    for terms, is_new in ((old, False), (new, True)):
        tier = terms.tier(tier_key)
        for feature in terms.features:
            if tier is not None and place(feature, tier) is None:
                words = f"{given_words(feature, tier.value(feature.key))} (does not fit)"
                yield Line(feature.name, Mark.REWORDED, "" if is_new else words, words if is_new else "")


def _is_counted_anew(one: Difference) -> bool:
    """By the seat before and flat now, or the other way round: which of the two is more, depends on the seats."""
    prices = [price for price in (one.held, one.today) if isinstance(price, PriceTerms)]
    return len({price.per_seat for price in prices}) > 1


def _new_prices(was: TierTerms, now: TierTerms) -> Iterator[Line]:
    """A currency or an interval that the tier was not sold in. Where it was free, that is told of already."""
    for price in () if was.is_free else now.prices:
        if was.price(currency=price.currency, interval=price.interval) is None:
            yield Line(_price_name(price), Mark.ADDED, "not sold so", _price(price))


def _fitting(terms: EditionTerms, tier_key: str) -> EditionTerms:
    """The one tier alone, without values that fit no feature: they cannot be compared."""
    tier = terms.tier(tier_key)
    assert tier is not None, "both editions have the tier"
    unfit = {feature.key for feature in terms.features if place(feature, tier) is None}
    gives = {key: value for key, value in tier.gives.items() if key not in unfit}
    return replace(terms, tiers=(replace(tier, gives=gives),))


def _feature_line(one: Difference, old: EditionTerms, new: EditionTerms) -> Line:
    better = one.kind == "kept_worse"
    if one.held is NOT_INCLUDED:
        mark = Mark.ADDED
    elif one.today is NOT_INCLUDED:
        mark = Mark.REMOVED
    else:
        mark = Mark.BETTER if better else Mark.WORSE
    was, now = old.feature(one.feature_key), new.feature(one.feature_key)
    return Line((now or was or one).name, mark, _value(was, one.held), _value(now, one.today))


def _value(feature: FeatureTerms | None, value: Any) -> str:
    return "not included" if feature is None else given_words(feature, value)


def _price_line(one: Difference) -> Line:
    was, now = one.held, one.today
    if not isinstance(now, PriceTerms):
        return Line(_price_name(was), Mark.REMOVED, _price(was), "sold no longer")
    if not isinstance(was, PriceTerms):
        return Line(_price_name(now), Mark.WORSE, "free", _price(now))
    if _is_counted_anew(one):
        return Line(_price_name(now), Mark.REWORDED, _price(was), _price(now))
    mark = Mark.BETTER if one.kind == "kept_worse" else Mark.WORSE
    return Line(
        _price_name(now),
        mark,
        _price(was),
        _price(now),
        _moved(was.unit_amount, now.unit_amount, now.currency),
    )


def _price_name(price: PriceTerms) -> str:
    return f"Price, {price.currency} by the {price.interval}"


def _price(price: PriceTerms) -> str:
    amount = format_money(price.unit_amount, price.currency, locale=LOCALE)
    return f"{amount} a seat" if price.per_seat else f"{amount} for all seats"


def _moved(was: int, now: int, currency: str) -> str:
    """+$4.00, +21.1 %"""
    sign = "+" if now > was else "−"
    amount = f"{sign}{format_money(abs(now - was), currency, locale=LOCALE)}"
    return f"{amount}, {sign}{float(Fraction(abs(now - was) * 100, was)):.1f} %" if was else amount


def _number(
    name: str, was: int | None, now: int | None, *, unit: str, more: Mark, zero: str = ""
) -> Iterator[Line]:
    """None is no limit. `more`: what more of it means to a holder."""
    if was != now:
        grew = now is None or (was is not None and now > was)
        less = Mark.WORSE if more is Mark.BETTER else Mark.BETTER
        before, after = (_counted(value, unit=unit, zero=zero) for value in (was, now))
        yield Line(name, more if grew else less, before, after)


def _counted(value: int | None, *, unit: str, zero: str = "") -> str:
    """None is no limit; `zero` is how none at all is said, where it is said in a word."""
    if value is None:
        return "no limit"
    return zero if zero and not value else f"{value:,} {unit}"


def _claims(new: EditionTerms, was: TierTerms, now: TierTerms) -> Iterator[Line]:
    """By the feature that each is about; what was said and is not, last."""
    before, after = ({claim.feature_key: claim.text for claim in tier.claims} for tier in (was, now))
    for key in after | before:
        feature = new.feature(key)
        name = f"Claim, {feature.name if feature else key}"
        yield from _text(name, before.get(key, ""), after.get(key, ""))


def _feature(was: FeatureTerms | None, now: FeatureTerms | None) -> Part:
    """How a feature is described. What each tier gives of it stands with the tiers."""
    if was is None or now is None:
        found = now or was
        assert found is not None, "one of the two has it"
        return Part(found.name, (), Mark.ADDED if was is None else Mark.REMOVED)
    lines = [
        *_text("Name", was.name, now.name),
        *_text("About", was.about, now.about),
        *_text("Kind", was.kind, now.kind),
        *_text("Group", was.group, now.group),
        *_text("Unit", was.unit, now.unit),
        *_text("Counted", *("anew each month" if each.monthly else "once" for each in (was, now))),
        *_text("Levels", *(", ".join(words for _, words in each.levels) for each in (was, now))),
    ]
    if was.shared != now.shared:
        mine, theirs = "for this edition alone", "earlier editions share in it"
        line = (
            Line("Shared", Mark.BETTER, mine, theirs)
            if now.shared
            else Line("Shared", Mark.WORSE, theirs, mine)
        )
        lines.append(line)
    return Part(now.name, tuple(lines))


def _text(name: str, was: str, now: str) -> Iterator[Line]:
    if was != now:
        mark = Mark.REWORDED if was and now else Mark.ADDED if now else Mark.REMOVED
        yield Line(name, mark, was, now, pieces=tuple(_pieces(was, now)))


def _pieces(was: str, now: str) -> Iterator[tuple[str, str]]:
    """The words of both, each once: what stayed, what went, what came. Texts that share little are told whole."""
    a, b = re.findall(r"\S+\s*", was), re.findall(r"\S+\s*", now)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < ALIKE:
        yield from ((kind, text) for kind, text in (("gone", was), ("new", now)) if text)
        return
    for kind, from_a, to_a, from_b, to_b in matcher.get_opcodes():
        if kind == "equal":
            yield "same", "".join(b[from_b:to_b])
            continue
        if to_a > from_a:
            yield "gone", "".join(a[from_a:to_a])
        if to_b > from_b:
            yield "new", "".join(b[from_b:to_b])
