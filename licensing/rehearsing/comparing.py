"""What somebody gains and loses between two sets of entitlements."""

from __future__ import annotations

from collections.abc import Mapping

from licensing.entitlements import Entitlement
from licensing.grandfathering import SEATS, differences
from licensing.measuring import Measure, measure
from licensing.staff_words import value_words
from licensing.terms import NOT_INCLUDED, EditionTerms

# feature, from, to: in words; sunset: where an announced sunset takes it, the day it was announced on
Difference = dict[str, str]


def compared(
    before: Mapping[str, Entitlement], after: Mapping[str, Entitlement]
) -> tuple[list[Difference], list[Difference]]:
    """What somebody gains and loses between two sets of entitlements. What cannot be compared any more is lost."""
    gained: list[Difference] = []
    lost: list[Difference] = []
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old == new or not (_is_given(old) or _is_given(new)):
            continue
        if is_less(old, new):
            lost.append(difference(old, new))
        elif is_less(new, old):
            gained.append(difference(old, new))
    return gained, lost


def compared_seats(
    held: EditionTerms, offered: EditionTerms, tier_key: str
) -> tuple[list[Difference], list[Difference]]:
    """The same for how many seats the tier of that key takes, which both have."""
    gained: list[Difference] = []
    lost: list[Difference] = []
    for one in differences(held=held, today=offered, tier_key=tier_key):
        if one.feature_key in SEATS and one.feature is not None:
            old, new = (Entitlement(one.feature, value, "tier") for value in (one.held, one.today))
            (lost if one.kind == "kept_better" else gained).append(difference(old, new))
    return gained, lost


def is_less(old: Entitlement | None, new: Entitlement | None) -> bool:
    """Whether `new` gives less than `old`, or something that `old` cannot be measured by."""
    if old is None:
        return False
    feature, value = (new.feature, new.value) if new else (None, NOT_INCLUDED)
    found = measure(feature, value, than=old.value, of=old.feature)
    return found in (Measure.LESS, Measure.UNLIKE)


def _is_given(one: Entitlement | None) -> bool:
    return one is not None and one.value is not NOT_INCLUDED and one.value is not False


def difference(old: Entitlement | None, new: Entitlement | None) -> Difference:
    """From one to the other in words; None is not included."""
    known = old or new
    assert known is not None, "one of the two has it"
    return {"feature": known.feature.name, "from": _words(old), "to": _words(new)}


def _words(one: Entitlement | None) -> str:
    return value_words(one.feature, one.value) if one else str(NOT_INCLUDED)
