"""One order of a feature's values: what one page calls a gain, no other calls a loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from licensing.entitlements import Entitlement, is_better
from licensing.grandfathering import differences
from licensing.measuring import Measure, measure
from licensing.models import Feature
from licensing.offers import compare
from licensing.rehearsing.comparing import is_less
from licensing.sharing import lay_over
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, TierTerms

SWITCH, LIMIT, LEVEL = Feature.Kind.SWITCH, Feature.Kind.LIMIT, Feature.Kind.LEVEL
OPPOSITE = {Measure.MORE: Measure.LESS, Measure.LESS: Measure.MORE}
SCALE = ("forum", "mail", "chat", "phone", "person")
OTHER_WAY_ROUND = SCALE[::-1]


def feature(
    kind: str, *, unit: str = "", monthly: bool = False, levels: tuple[str, ...] = ()
) -> FeatureTerms:
    return FeatureTerms(
        "x", "X", kind, "core", unit, monthly, tuple((one, f"by {one}") for one in levels), ""
    )


PROJECTS, SPACE = feature(LIMIT, unit="projects"), feature(LIMIT, unit="GB")
CALLS, MONTHLY = feature(LIMIT, unit="calls"), feature(LIMIT, unit="calls", monthly=True)
ON = feature(SWITCH)
SUPPORT, REVERSED = feature(LEVEL, levels=SCALE), feature(LEVEL, levels=OTHER_WAY_ROUND)
SHORT = feature(LEVEL, levels=("mail", "phone"))


@dataclass(frozen=True)
class Given:
    """A value as an edition describes it."""

    feature: FeatureTerms | None
    value: Any

    def beside(self, other: Given) -> Measure:
        return measure(self.feature, self.value, than=other.value, of=other.feature)


@st.composite
def givens(draw: Callable[[Any], Any], scale: tuple[str, ...] = SCALE) -> Given:
    """What some edition gives of one feature; every scale of levels is a part of one."""
    kind = draw(st.sampled_from([None, SWITCH, LIMIT, LIMIT, LEVEL]))
    if kind is None:
        return Given(None, NOT_INCLUDED)
    if kind == SWITCH:
        return Given(ON, draw(st.sampled_from([True, NOT_INCLUDED])))
    if kind == LIMIT:
        value = st.one_of(st.none(), st.integers(0, 4), st.integers(2**53, 2**53 + 2), st.just(NOT_INCLUDED))
        return Given(draw(st.sampled_from([PROJECTS, SPACE, CALLS, MONTHLY])), draw(value))
    levels = draw(
        st.lists(st.sampled_from(scale), min_size=1, unique=True).map(
            lambda some: tuple(sorted(some, key=scale.index))
        )
    )
    return Given(feature(LEVEL, levels=levels), draw(st.sampled_from([*levels, NOT_INCLUDED])))  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (Given(PROJECTS, 0), Given(PROJECTS, NOT_INCLUDED), Measure.MORE),
        (Given(PROJECTS, 0), Given(SPACE, NOT_INCLUDED), Measure.MORE),
        (Given(PROJECTS, 0), Given(None, NOT_INCLUDED), Measure.MORE),
        (Given(PROJECTS, NOT_INCLUDED), Given(None, NOT_INCLUDED), Measure.SAME),
        (Given(PROJECTS, None), Given(PROJECTS, 20), Measure.MORE),
        (Given(PROJECTS, 2**53 + 1), Given(PROJECTS, 2**53), Measure.MORE),
        (Given(ON, True), Given(PROJECTS, 20), Measure.MORE),
        (Given(ON, True), Given(PROJECTS, None), Measure.SAME),
        (Given(PROJECTS, 20), Given(SPACE, 99), Measure.UNLIKE),
        (Given(CALLS, 20), Given(MONTHLY, 20), Measure.UNLIKE),
        (Given(PROJECTS, 20), Given(SUPPORT, "mail"), Measure.UNLIKE),
        (Given(SUPPORT, "phone"), Given(SHORT, "mail"), Measure.MORE),
        (Given(SUPPORT, "person"), Given(SHORT, "mail"), Measure.MORE),
        (Given(SHORT, "mail"), Given(feature(LEVEL, levels=("letter",)), "letter"), Measure.UNLIKE),
        (Given(SUPPORT, "phone"), Given(REVERSED, "mail"), Measure.UNLIKE),
        (Given(SUPPORT, "phone"), Given(REVERSED, "phone"), Measure.SAME),
    ],
)
def test_one_beside_the_other(one: Given, other: Given, said: Measure) -> None:
    assert one.beside(other) is said
    assert other.beside(one) is OPPOSITE.get(said, said)


@given(givens())
def test_everything_is_as_much_as_itself(one: Given) -> None:
    assert one.beside(one) is Measure.SAME


@given(givens(), givens(OTHER_WAY_ROUND) | givens())
def test_what_is_more_than_another_leaves_that_one_less(one: Given, other: Given) -> None:
    assert other.beside(one) is OPPOSITE.get(one.beside(other), one.beside(other))


@given(givens(), givens(), givens())
@example(Given(PROJECTS, None), Given(ON, True), Given(SPACE, 5))
def test_more_than_what_is_more_is_never_less(most: Given, middle: Given, least: Given) -> None:
    steps = {most.beside(middle), middle.beside(least)}
    if steps <= {Measure.MORE, Measure.SAME}:
        whole = most.beside(least)
        assert whole in (Measure.MORE if Measure.MORE in steps else Measure.SAME, Measure.UNLIKE)


@given(givens(), givens(OTHER_WAY_ROUND) | givens())
def test_what_one_calls_a_gain_the_others_call_no_loss(old: Given, new: Given) -> None:
    """Entitlements, promises, rehearsals and sharing, each asked in its own words."""
    said = new.beside(old)
    assert promise_kept(old, new) == {
        Measure.MORE: "kept_worse", Measure.LESS: "kept_better", Measure.UNLIKE: "kept_better", Measure.SAME: "same",
    }[said]  # fmt: skip
    assert is_less(entitled(old), entitled(new)) is (said in (Measure.LESS, Measure.UNLIKE))
    assert offered(old, new) == {
        Measure.MORE: "gain", Measure.LESS: "lose", Measure.UNLIKE: "lose", Measure.SAME: "keep",
    }[said]  # fmt: skip
    if new.feature is not None and new.feature == old.feature:
        assert is_better(new.feature, new.value, than=old.value) is (said is Measure.MORE)
    assert not is_less(entitled(old), entitled(shared(old, new))), "sharing never takes anything"


def promise_kept(old: Given, new: Given) -> str:
    """How the difference is told to whoever holds `old`, while `new` is sold; what neither gives is none."""
    found = differences(held=edition(1, old), today=edition(2, new), tier_key="team")
    return found[0].kind if found else "same"


def offered(old: Given, new: Given) -> str:
    """What moving from one to the other changes, as the calculator says it."""
    rows = compare(held=tier(old), held_edition=edition(1, old), offered=tier(new), edition=edition(2, new))
    return rows[0].change.replace("without", "keep") if rows else "keep"


def shared(old: Given, new: Given) -> Given:
    """What holders of `old` have once an edition shares `new` with them."""
    marked = Given(new.feature and replace(new.feature, shared=True), new.value)
    terms = lay_over(edition(1, old), [edition(2, marked)]).terms
    return Given(terms.feature("x"), terms.tiers[0].value("x"))


def edition(number: int, one: Given) -> EditionTerms:
    return EditionTerms(number, 1, f"e{number}", "E", "", (one.feature,) if one.feature else (), (tier(one),))


def tier(one: Given) -> TierTerms:
    gives = {} if one.value is NOT_INCLUDED else {"x": one.value}
    return TierTerms(1, "team", "Team", 1, "", 14, 1, None, gives, ())


def entitled(one: Given) -> Entitlement | None:
    return Entitlement(one.feature, one.value, "tier") if one.feature else None
