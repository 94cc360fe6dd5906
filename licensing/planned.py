"""What announced sunsets do to a licence, as the statement of the standing reads it along."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from licensing.rows import ask

# For the alias `licence`. What was made for another tier than the held one is read once it is done, for it tells where
# the licence comes from; a void one only while a renewal that was prepared for it is being set back.
PLANNED = """
ARRAY(SELECT jsonb_build_array(change.sunset_id, change.feature_key,
        change.notice_id IS NOT NULL AND change.state <> 'void',
        change.takes_effect_at, change.begun_at IS NOT NULL, change.tier_id,
        CASE WHEN change.state = 'done' THEN change.done_at END)
    FROM licensing_plannedchange change
    WHERE change.licence_id = licence.id
        AND (change.state <> 'void' OR change.begun_at IS NOT NULL)
        AND (change.tier_id = licence.tier_id OR change.state = 'done')
    ORDER BY change.id)
"""

_OF_MANY = f"""
SELECT licence.id, {PLANNED} FROM licensing_licence licence WHERE licence.id = ANY(%(licences)s)
"""


def retired_from(tier_id: int, changes: Iterable[Change]) -> tuple[str, ...]:
    """The keys of the features that completed sunsets have taken from the tier."""
    done = (change for change in changes if change.tier_id == tier_id and change.is_done)
    return tuple(sorted({change.feature_key for change in done if change.feature_key}))


@dataclass(frozen=True)
class Change:
    """One of them, made while the tier `tier_id` was held. `feature_key` is empty where the edition ends,
    `takes_effect_at` None while there is no day, `done_at` None until it is done. `is_begun`: the renewal that carries
    it is being prepared; set back, where it is not announced any more.
    """

    sunset_id: int
    tier_id: int
    feature_key: str
    is_announced: bool
    takes_effect_at: datetime | None
    is_begun: bool
    done_at: datetime | None

    @property
    def is_done(self) -> bool:
        return self.done_at is not None


def read_planned(rows: Iterable[str]) -> tuple[Change, ...]:
    """What `PLANNED` selects."""
    return tuple(_change(*json.loads(row)) for row in rows)


def changes_of(licences: Iterable[int]) -> dict[int, tuple[Change, ...]]:
    """Licence number → what is planned for it. One query."""
    rows = ask(_OF_MANY, {"licences": list(licences)})
    return {number: read_planned(found) for number, found in rows}


def _change(
    sunset_id: int,
    feature_key: str,
    is_announced: bool,
    at: str | None,
    is_begun: bool,
    tier_id: int,
    done_at: str | None,
) -> Change:
    return Change(
        sunset_id=sunset_id,
        tier_id=tier_id,
        feature_key=feature_key,
        is_announced=is_announced,
        takes_effect_at=datetime.fromisoformat(at) if at else None,
        is_begun=is_begun,
        done_at=datetime.fromisoformat(done_at) if done_at else None,
    )
