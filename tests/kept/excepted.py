"""Exceptions for one customer: asked for, approved, ended by the clock or by staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from licensing import waivers
from licensing.history import Actor
from licensing.models import Feature, Waiver
from licensing.standing import standing_of
from licensing.terms import FeatureTerms
from licensing.waivers.threshold import Wish
from tests.cast import person
from tests.kept.books import Exceptional
from tests.kept.shop import WHO, Shop
from tests.kept.terms import worth


class Excepted(Shop):
    """What staff give to one customer for a while."""

    @precondition(lambda self: self.customers)
    @rule(
        who=WHO,
        which=st.integers(0, 4),
        amount=st.integers(0, 40),
        begins=st.integers(0, 10),
        days=st.integers(1, 60),
    )
    def an_exception_is_made(self, who: int, which: int, amount: int, begins: int, days: int) -> None:
        customer = self.customers[who % len(self.customers)]
        standing = standing_of(customer, at=self.at)
        feature = standing.edition.features[which % len(standing.edition.features)]
        starts = self.at + timedelta(days=begins)
        wish = Wish(
            "limit",
            starts,
            starts + timedelta(days=days),
            feature_key=feature.key,
            value=_some(feature, amount),
        )
        try:
            waiver = waivers.ask_for_waiver(
                customer=customer, wish=wish, reason="A ticket.", words="For now.",
                actor=Actor.person(person("Sam Support")), at=self.at,
            )  # fmt: skip
        except waivers.UnableToAsk:
            return
        if waiver.granted_at is None:
            waiver = waivers.approve(waiver=waiver, actor=Actor.person(person("Fin Finance")), at=self.at)
        self.books.exceptions[waiver.pk] = Exceptional(
            customer.pk, feature.key, worth(waiver.value), starts, waiver.ends_at,
            edition=standing.edition.id, measured=(feature.kind, feature.unit, feature.levels),
        )  # fmt: skip
        self.seen["exceptions"] += 1

    @rule(which=st.integers(0, 3))
    def staff_end_an_exception(self, which: int) -> None:
        live = [number for number, one in self.books.exceptions.items() if self.at < one.ends_at]
        if not live:
            return
        number = live[which % len(live)]
        waivers.end_waiver(
            waiver=Waiver.objects.get(pk=number),
            actor=Actor.person(person("Sam Support")),
            reason="Done.",
            at=self.at,
        )
        self.books.exceptions[number].ends_at = self.at

    @rule()
    def exceptions_are_tidied_up(self) -> None:
        waivers.close_due(at=self.at)
        waivers.remind_due(at=self.at)


def _some(feature: FeatureTerms, amount: int) -> Any:
    """A value that the feature can have."""
    if feature.kind == Feature.Kind.SWITCH:
        return True
    if feature.kind == Feature.Kind.LEVEL:
        return feature.levels[amount % len(feature.levels)][0]
    return None if amount > 35 else amount
