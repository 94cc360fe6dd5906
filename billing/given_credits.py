"""The credits that exceptions gave a customer, as their pages tell them: how much, and the words that came with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.models import Attempt, BalanceCredit
from licensing.models import Waiver

# So long they are told of; longer while there is any credit on the balance.
TOLD_FOR = timedelta(days=30)
AT_MOST = 3

# As one column of a query about a `licence` and its `payer` at a moment: JSON, or NULL where there is none. What staff
# took back, or Stripe refused, was not given.
GIVEN_CREDITS = f"""
(SELECT jsonb_agg(jsonb_build_array(given.amount, given.currency, given.words, given.granted_at, given.outcome))
 FROM (
    SELECT waiver.amount, waiver.currency, waiver.words, waiver.granted_at, credit.outcome
    FROM {Waiver._meta.db_table} waiver LEFT JOIN {BalanceCredit._meta.db_table} credit ON credit.waiver_id = waiver.id
    WHERE waiver.customer_id = licence.customer_id AND waiver.kind = '{Waiver.Kind.PRICE.value}'
        AND waiver.granted_at <= %(at)s AND waiver."end" <> '{Waiver.End.STAFF.value}'
        AND credit.outcome IS DISTINCT FROM '{Attempt.Outcome.REFUSED.value}'
        AND (payer.credit > 0 OR waiver.granted_at > %(at)s - interval '{TOLD_FOR.days} days')
    ORDER BY waiver.granted_at DESC, waiver.id DESC LIMIT {AT_MOST}
 ) given)
"""


@dataclass(frozen=True)
class GivenCredit:
    """`amount` in minor units. `is_on_balance` once Stripe has taken it in."""

    amount: int
    currency: str
    words: str
    granted_at: datetime
    is_on_balance: bool


def read_given(found: str | None) -> tuple[GivenCredit, ...]:
    """What `GIVEN_CREDITS` found, the newest in front."""
    return tuple(
        GivenCredit(amount, currency, words, datetime.fromisoformat(granted), outcome == Attempt.Outcome.DONE)
        for amount, currency, words, granted, outcome in json.loads(found or "[]")
    )
