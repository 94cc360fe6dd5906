"""Readings of what the demo's customers use, weekly over the past two months, the last one minutes old."""

from __future__ import annotations

from datetime import datetime, timedelta

from licensing.models import Customer
from licensing.usage import record_reading

MINUTES_OLD = timedelta(minutes=4)


def record_weeks(*, customer: Customer, until: datetime, **weekly: list[int]) -> None:
    """Record each feature's values, the oldest first, a week apart; `api_calls` stands for the feature api-calls."""
    for name, values in weekly.items():
        for weeks_ago, value in enumerate(reversed(values)):
            record_reading(
                customer=customer,
                feature_key=name.replace("_", "-"),
                value=value,
                at=until - MINUTES_OLD - timedelta(weeks=weeks_ago),
            )
