"""What announced sunsets do to a licence, as the statement of the standing reads it along."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from licensing.models import PlannedChange
from licensing.rows import ask

# For the alias `licence`; a change made for another tier than the held one is not this licence's any more. A void one
# is read only while a renewal that was prepared for it is being set back.
PLANNED = """
ARRAY(SELECT jsonb_build_array(change.sunset_id, change.feature_key, change.state,
        change.notice_id IS NOT NULL AND change.state <> 'void',
        change.takes_effect_at, change.begun_at IS NOT NULL)
    FROM licensing_plannedchange change
    WHERE change.licence_id = licence.id AND change.tier_id = licence.tier_id
        AND (change.state <> 'void' OR change.begun_at IS NOT NULL)
    ORDER BY change.id)
"""

_OF_MANY = f"""
SELECT licence.id, {PLANNED} FROM licensing_licence licence WHERE licence.id = ANY(%(licences)s)
"""


@dataclass(frozen=True)
class Change:
    """One of them. `feature_key` is empty where the edition ends, `takes_effect_at` None while there is no day.
    `is_begun`: the renewal that carries it is being prepared; set back, where it is not announced any more.
    """

    sunset_id: int
    feature_key: str
    is_done: bool
    is_announced: bool
    takes_effect_at: datetime | None
    is_begun: bool = False


def read_planned(rows: Iterable[str]) -> tuple[Change, ...]:
    """What `PLANNED` selects."""
    return tuple(_change(*json.loads(row)) for row in rows)


def changes_of(licences: Iterable[int]) -> dict[int, tuple[Change, ...]]:
    """Licence number → what is planned for it. One query."""
    rows = ask(_OF_MANY, {"licences": list(licences)})
    return {number: read_planned(found) for number, found in rows}


def _change(
    sunset_id: int, feature_key: str, state: str, is_announced: bool, at: str | None, is_begun: bool
) -> Change:
    return Change(
        sunset_id=sunset_id,
        feature_key=feature_key,
        is_done=state == PlannedChange.State.DONE,
        is_announced=is_announced,
        takes_effect_at=datetime.fromisoformat(at) if at else None,
        is_begun=is_begun,
    )
