"""What an announced sunset says, as plain values read once per process: announced, it never changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from licensing.models import Sunset


@dataclass(frozen=True)
class SunsetTerms:
    """A feature goes, or an edition ends and its holders move to the `replacement_id`. `reason`, `instead` and `export`
    are words for customers.
    """

    id: int
    feature_key: str
    edition_id: int | None
    replacement_id: int | None
    reason: str
    instead: str
    export: str


@lru_cache(maxsize=256)
def sunset_terms(sunset_id: int) -> SunsetTerms:
    """Raises Sunset.DoesNotExist for a draft or an unknown one."""
    sunset = Sunset.objects.get(pk=sunset_id, announced_at__isnull=False)
    return SunsetTerms(
        id=sunset.pk,
        feature_key=sunset.feature_key,
        edition_id=sunset.edition_id,
        replacement_id=sunset.replacement_id,
        reason=sunset.reason,
        instead=sunset.instead,
        export=sunset.export,
    )
