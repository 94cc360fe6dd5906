"""Editions by chance: any terms that may be published, as the text of a file; and what a value is worth."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

from licensing.terms import NOT_INCLUDED

SCALES = (["forum", "mail", "phone"], ["mail", "phone"], ["forum", "mail", "chat", "phone", "person"])
ORDER = ("forum", "mail", "chat", "phone", "person")
TIERS = ("free", "team", "business", "scale")
KINDS = {"projects": ["limit"], "sso": ["switch", "limit"], "support": ["level"], "reports": ["switch"]}
# What is shared is for good, and never leaves; of the others a vendor can announce a sunset.
NEVER_SHARED = "reports"

HEAD = """
[product]
key = "shop"
name = "Shop"
vendor = "Shop Ltd"
support_email = "help@shop.example"

[edition]
key = "{key}"
name = "Edition {key}"
rationale = "As the vendor wished."

[[features]]
key = "base"
name = "Base"
kind = "limit"
unit = "parts"
group = "core"
"""


@st.composite
def terms(draw: Any) -> dict[str, Any]:
    """What an edition says: which features of which kind, which of them it shares, and what each tier gives."""
    features: dict[str, dict[str, Any]] = {}
    for key, kinds in KINDS.items():
        if draw(st.integers(0, 5)):
            kind = draw(st.sampled_from(kinds))
            features[key] = {"kind": kind, "shared": key != NEVER_SHARED and draw(st.booleans())}
            if kind == "limit":
                features[key]["unit"] = draw(st.sampled_from(["things", "things", "other things"]))
            if kind == "level":
                features[key]["levels"] = draw(st.sampled_from(SCALES))
    sold = ["free", *sorted(draw(st.sets(st.sampled_from(TIERS[1:]), min_size=1)), key=TIERS.index)]
    gives: dict[str, dict[str, Any]] = {}
    below: dict[str, Any] = {}
    for tier in sold:
        own = {key: draw(_value(feature)) for key, feature in features.items() if draw(st.integers(0, 3))}
        # A tier gives at least what the one below it gives; a draft in which it does not is not published.
        below = {key: _more(below.get(key), own.get(key)) for key in {**below, **own}}
        gives[tier] = below
    return {"features": features, "gives": gives, "base": draw(st.integers(5, 20)) * 100}


def _value(feature: dict[str, Any]) -> st.SearchStrategy[Any]:
    if feature["kind"] == "switch":
        return st.just(True)
    if feature["kind"] == "level":
        return st.sampled_from(feature["levels"])
    return st.one_of(st.just("no limit"), st.integers(0, 9))


def giving(said: dict[str, Any], feature: str, value: Any) -> dict[str, Any]:
    """The same terms in which every paid tier gives `value` of a switch, or no tier where it is None."""
    features = (
        {**said["features"], feature: {"kind": "switch", "shared": False}} if value else said["features"]
    )
    gives = {
        tier: {
            **{key: one for key, one in given.items() if key != feature},
            **({feature: value} if value and tier != "free" else {}),
        }
        for tier, given in said["gives"].items()
    }
    return {**said, "features": features, "gives": gives}


def covering(said: dict[str, Any], tiers: Collection[str]) -> dict[str, Any]:
    """The same terms, sold in these tiers too: each that was missing gives what the one below it gives."""
    gives: dict[str, dict[str, Any]] = {}
    below: dict[str, Any] = {}
    for tier in TIERS:
        if tier in said["gives"] or tier in tiers:
            below = gives[tier] = said["gives"].get(tier, below)
    return {**said, "gives": gives}


def as_file(said: dict[str, Any], *, key: str) -> str:
    """The file that loads as these terms. Prices rise from tier to tier, and each paid tier claims what it has."""
    parts = [HEAD.format(key=key)]
    for name, feature in said["features"].items():
        fields = {"key": name, "name": name.title(), "group": "extended", **feature}
        if "levels" in fields:
            fields["levels"] = [[level, f"by {level}"] for level in fields["levels"]]
        parts.append(_table("[[features]]", fields))
    for rank, (tier, gives) in enumerate(said["gives"].items()):
        parts.append(_table("[[tiers]]", {"key": tier, "name": tier.title(), "rank": rank}))
        if tier == "free":
            parts.append(_table("[tiers.gives]", gives))
            continue
        parts.append(_table("[tiers.gives]", {"base": TIERS.index(tier) * 10, **gives}))
        parts.append(_table("[[tiers.claims]]", {"feature": "base", "text": f"More parts, for {tier}."}))
        parts.append(_table("[tiers.prices.month]", {"USD": said["base"] * (rank + 1)}))
        parts.append(_table("[tiers.prices.year]", {"USD": said["base"] * (rank + 1) * 10}))
    return "\n".join(parts)


def _table(head: str, fields: dict[str, Any]) -> str:
    return "".join(f"{line}\n" for line in [head, *(f"{k} = {json.dumps(v)}" for k, v in fields.items())])


def _more(one: Any, other: Any) -> Any:
    """The kinder of two values as a file says them; None is not included."""
    said = [value for value in (one, other) if value is not None]
    return max(said, key=lambda value: float("inf") if value == "no limit" else worth(value))


def worth(value: Any) -> float:
    """How much a value gives, in one order for all kinds: not included is least, a switch is a limit without end."""
    if value is NOT_INCLUDED:
        return -1.0
    if value is None or value is True:
        return float("inf")
    return float(ORDER.index(value)) if isinstance(value, str) else float(value)
