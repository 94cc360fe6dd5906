"""Calendar arithmetic of its own: where periods end, and how a moment reads on a clock somewhere."""

from __future__ import annotations

from calendar import Calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# Of every kind: half hours and quarters, no summer time, half an hour of it, both hemispheres, both sides of the date
# line, midnight changes, summer time that is suspended for Ramadan.
ZONES = [
    "Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca",
    "Pacific/Chatham", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles",
    "America/Havana", "America/Sao_Paulo", "Asia/Tokyo", "Asia/Kolkata", "Asia/Tehran",
    "Atlantic/Azores", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Adelaide", "Asia/Beirut",
]  # fmt: skip
MONTHS = {"month": 1, "year": 12}


def boundary(anchor: datetime, interval: str, count: int) -> datetime:
    """The instant `count` periods after `anchor`: the latest day of that month that is not past the anchor's day."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + count * MONTHS[interval], 12)
    month += 1
    day = max(day for day in Calendar().itermonthdays(year, month) if 0 < day <= anchor.day)
    return datetime(year, month, day, anchor.hour, anchor.minute, anchor.second, tzinfo=UTC)


def changes(zone: ZoneInfo, *, first: int, last: int) -> list[datetime]:
    """The minutes at which the clock there is moved, from the beginning of one year to the end of another."""
    found, day = [], datetime(first, 1, 1, tzinfo=UTC)
    while day.year <= last:
        low, high = day, day + timedelta(days=1)
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            before = low.astimezone(zone).utcoffset()
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=int((high - low).total_seconds() // 120))
                low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
            found.append(high)
        day += timedelta(days=1)
    return found


def happens_twice(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock there shows this very time at another moment too."""
    shown = moment.astimezone(zone).replace(tzinfo=None)
    near = (moment + timedelta(minutes=30 * half) for half in range(-4, 5) if half)
    return any(other.astimezone(zone).replace(tzinfo=None) == shown for other in near)


def as_read(moment: datetime, zone: ZoneInfo) -> str:
    """How a British reader there should find the moment written, weekday first."""
    local = moment.astimezone(zone)
    words = f"{local:%A} {local.day} {local:%B} at {local:%H:%M}"
    if happens_twice(moment, zone):
        shift = local.strftime("%z")
        return f"{words} (UTC{shift[:3]}:{shift[3:]})".replace("-", "−")
    return f"{words} (as the day begins)" if f"{local:%H:%M}" == "00:00" else words
