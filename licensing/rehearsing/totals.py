"""What a rehearsal comes to: counts, revenue a year, and how much more or less people would pay."""

from __future__ import annotations

import json
from typing import Any

from licensing.models import Rehearsal
from licensing.rows import ask

# How a bill would change if its customer were moved, in percent of what it is now; as `_BILLS` numbers them.
STEPS = (
    "over 20 % less",
    "up to 20 % less",
    "the same",
    "up to 10 % more",
    "up to 25 % more",
    "over 25 % more",
)

_COUNTS = """
SELECT count(*),
    count(*) FILTER (WHERE effect <> 'none' OR flips <> '[]' OR promises <> '[]'),
    count(*) FILTER (WHERE notices <> '[]'), min(earliest), max(earliest)
FROM licensing_rehearsed WHERE rehearsal_id = %(rehearsal)s
"""
_EFFECTS = """
SELECT effect, moving, count(*) FROM licensing_rehearsed WHERE rehearsal_id = %(rehearsal)s GROUP BY effect, moving
"""
# What is cancelled is not paid for in the year to come. `bill` is that once the announced end of an edition has
# moved its holder on, be the draft published or not.
_BILL_THEN = "coalesce((moves_on ->> 'bill')::bigint, before)"
_REVENUE = f"""
SELECT currency, sum(before * times), sum(after * times), sum(coalesce(if_moved, bill) * times), sum(bill * times)
FROM (SELECT *, CASE interval WHEN 'month' THEN 12 ELSE 1 END times, {_BILL_THEN} bill FROM licensing_rehearsed) played
WHERE rehearsal_id = %(rehearsal)s AND interval <> '' AND NOT cancelled
GROUP BY currency ORDER BY currency
"""
_BILLS = f"""
SELECT CASE WHEN if_moved * 100 < bill * 80 THEN 0 WHEN if_moved < bill THEN 1 WHEN if_moved = bill THEN 2
        WHEN if_moved * 100 <= bill * 110 THEN 3 WHEN if_moved * 100 <= bill * 125 THEN 4 ELSE 5 END step,
    count(*)
FROM (SELECT *, {_BILL_THEN} bill FROM licensing_rehearsed) played
WHERE rehearsal_id = %(rehearsal)s AND interval <> '' AND if_moved IS NOT NULL GROUP BY step
"""
_PROMISES = """
SELECT broken ->> 0, count(DISTINCT customer_id)
FROM licensing_rehearsed, jsonb_array_elements(promises) broken
WHERE rehearsal_id = %(rehearsal)s GROUP BY 1 ORDER BY 1
"""
# Alike flips together, so that nobody is counted twice for a tier.
_FLIPS = """
SELECT flip, count(*) FROM licensing_rehearsed, jsonb_array_elements(flips) flip
WHERE rehearsal_id = %(rehearsal)s GROUP BY flip ORDER BY 2 DESC, flip ->> 'tier', flip
"""
_LEAVING = """
SELECT loss ->> 'feature', loss ->> 'sunset', count(*)
FROM licensing_rehearsed, jsonb_array_elements(lost) loss
WHERE rehearsal_id = %(rehearsal)s AND loss ->> 'sunset' IS NOT NULL AND loss ->> 'ends' IS NULL
GROUP BY 1, 2 ORDER BY 2, 1
"""
_MOVING_ON = """
SELECT held_edition, moves_on ->> 'to', moves_on ->> 'announced', count(*), count(moves_on ->> 'on')
FROM licensing_rehearsed WHERE rehearsal_id = %(rehearsal)s AND moves_on IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 3, 1
"""
_HOLDERS = """
SELECT held_edition, held_tier, count(*), count(*) FILTER (WHERE moving = 'worse'),
    count(*) FILTER (WHERE moving = 'mixed'), count(*) FILTER (WHERE moving = 'better'),
    count(*) FILTER (WHERE moving = 'none'), count(*) FILTER (WHERE moving = 'closed')
FROM licensing_rehearsed WHERE rehearsal_id = %(rehearsal)s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""


def totals_of(rehearsal: Rehearsal) -> dict[str, Any]:
    """Counts of customers, and amounts in minor units a year, from the rows that were written. Nine queries."""

    def rows(statement: str) -> list[Any]:
        return ask(statement, {"rehearsal": rehearsal.pk})

    customers, touched, notices, earliest, latest = rows(_COUNTS)[0]
    effect: dict[str, int] = {}
    moving: dict[str, int] = {}
    for by_publishing, if_moved, how_many in rows(_EFFECTS):
        effect[by_publishing] = effect.get(by_publishing, 0) + how_many
        moving[if_moved] = moving.get(if_moved, 0) + how_many
    bills = dict(rows(_BILLS))
    return {
        "customers": customers,
        "touched": touched,
        "effect": effect,
        "moving": moving,
        "revenue": {
            currency: {
                "before": int(before),
                "after": int(after),
                "if_moved": int(if_moved),
                "announced": int(then),
            }
            for currency, before, after, if_moved, then in rows(_REVENUE)
        },
        "bills": [{"words": words, "customers": bills.get(step, 0)} for step, words in enumerate(STEPS)],
        "notices": {
            "customers": notices,
            "earliest": earliest.isoformat() if earliest else None,
            "latest": latest.isoformat() if latest else None,
        },
        "promises": dict(rows(_PROMISES)),
        "leaving": [
            {"feature": feature, "announced": announced, "customers": how_many}
            for feature, announced, how_many in rows(_LEAVING)
        ],
        "moving_on": [
            {"from": held, "to": to, "announced": announced, "customers": how_many, "with_a_day": told}
            for held, to, announced, how_many, told in rows(_MOVING_ON)
        ],
        "flips": [{**json.loads(flip), "customers": how_many} for flip, how_many in rows(_FLIPS)],
        "holders": [
            dict(
                zip(
                    ("edition", "tier", "customers", "worse", "mixed", "better", "none", "closed"),
                    row,
                    strict=True,
                )
            )
            for row in rows(_HOLDERS)
        ],
    }
