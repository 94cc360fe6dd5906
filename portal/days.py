"""Days in addresses: /policy/2026-03-01/."""

from __future__ import annotations

from datetime import date


class DayConverter:
    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Raises ValueError, which is a 404, for a day that there is not; the last one of all has none after it."""
        day = date.fromisoformat(value)
        if day == date.max:
            raise ValueError(value)
        return day

    def to_url(self, value: date) -> str:
        return value.isoformat()
