"""The waivers that a standing knows of: granted, and not over. They are read within its own statement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.models import Licence, Waiver
from licensing.rows import ask

# As one column of a query about a `licence` at a moment: JSON, or NULL where there is none. A credit is no part of
# what a customer may do, and is left to billing.
OPEN_WAIVERS = f"""
(SELECT jsonb_agg(jsonb_build_array(waiver.kind, waiver.feature_key, waiver.value, waiver.rule_key, waiver.tier_key,
        greatest(waiver.starts_at, waiver.granted_at), waiver.ends_at, waiver.words) ORDER BY waiver.ends_at, waiver.id)
 FROM {Waiver._meta.db_table} waiver
 WHERE waiver.customer_id = licence.customer_id AND waiver.product_id = licence.product_id
    AND waiver.ended_at IS NULL AND waiver.granted_at <= %(at)s AND waiver.ends_at > %(at)s
    AND waiver.kind <> '{Waiver.Kind.PRICE.value}')
"""


_OF_MANY = f"""
SELECT licence.customer_id, {OPEN_WAIVERS} FROM {Licence._meta.db_table} licence
WHERE licence.ended_at IS NULL AND licence.customer_id = ANY(%(customers)s)
"""


@dataclass(frozen=True)
class Waived:
    """An exception, from `begins_at` up to `ends_at`. Of the keys, its kind's is filled; `value` is as in a Grant."""

    kind: str
    feature_key: str
    value: Any
    rule_key: str
    tier_key: str
    begins_at: datetime
    ends_at: datetime
    words: str

    def is_live(self, *, at: datetime) -> bool:
        return self.begins_at <= at < self.ends_at


def read_waived(found: str | None) -> tuple[Waived, ...]:
    """What `OPEN_WAIVERS` found, the one that ends first in front."""
    if found is None:
        return ()
    return tuple(
        Waived(
            kind,
            feature,
            value,
            rule,
            tier,
            datetime.fromisoformat(begins),
            datetime.fromisoformat(ends),
            words,
        )
        for kind, feature, value, rule, tier, begins, ends, words in json.loads(found)
    )


def open_waivers_of(customers: Iterable[int], *, at: datetime) -> dict[int, tuple[Waived, ...]]:
    """Customer number → what is waived for them, of those that hold a live licence. One query."""
    rows = ask(_OF_MANY, {"customers": list(customers), "at": at})
    return {number: read_waived(found) for number, found in rows}
