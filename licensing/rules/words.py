"""Rules in a few words for staff, by key: what stands in the way of a tier, and what an exception waives."""

from __future__ import annotations

NOT_OFFERED = "not-offered"
TOO_FEW_SEATS, TOO_MANY_SEATS = "too-few-seats", "too-many-seats"

# The key of a rule → why a customer cannot have a tier by it. `NOT_OFFERED`: the edition has no such tier. Of the rule
# about a tier's seats, a rehearsal keeps which way they do not fit.
IN_THE_WAY = {
    NOT_OFFERED: "it is not offered",
    TOO_FEW_SEATS: "they have fewer seats than it takes",
    TOO_MANY_SEATS: "they have more seats than it takes",
    "something-changes": "nothing would change",
    "tier-is-sold": "it has no price in their currency",
    "leaving-is-cancelling": "it is free, and reached by cancelling",
    "nothing-is-owed": "a payment of theirs is open",
    "nothing-is-on-its-way": "an order of theirs is on its way",
    "paying-is-on": "charging is stopped",
    "not-cancelled": "they have cancelled",
    "renewal-is-not-prepared": "their renewal into another edition is being prepared",
    "seats-fit-tier": "it does not take as many seats as they have",
    "seats-fit-people": "they have more people than seats",
    "usage-fits": "they use more than it holds",
}
# A rule that may be waived (`eligibility.WAIVABLE`) → what it says.
WAIVED = {
    "usage-fits": "what they use fits the tier",
    "address-is-verified": "an owner’s address is confirmed before a trial",
}


def in_the_way(rule: str) -> str:
    """Why a customer cannot have a tier: they use more than it holds. A key that nobody knows stays as it is."""
    return IN_THE_WAY.get(rule, rule)


def waived_rule(rule: str) -> str:
    """What a waived rule says: what they use fits the tier."""
    return WAIVED.get(rule, rule)
