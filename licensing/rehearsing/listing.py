"""A rehearsal as a table for spreadsheets, a row a customer. No cell is ever a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from licensing.cells import inert
from licensing.models import Rehearsal, Rehearsed
from licensing.money import minor_digits

HEAD = (
    "customer", "edition held", "tier held", "currency", "interval", "seats", "bill now", "bill once published",
    "bill if moved", "by publishing", "if moved", "gained by publishing", "lost by publishing", "gained if moved",
    "lost if moved", "tiers that open or close", "notices owed before moving", "earliest date of moving",
    "promises broken",
)  # fmt: skip


class _Line:
    """Hands each line on instead of writing it."""

    def write(self, line: str) -> str:
        return line


def lines(rehearsal: Rehearsal) -> Iterator[str]:
    """The table line by line, read from the database a thousand rows at a time. Amounts as numbers, before tax."""
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow(HEAD)  # so that spreadsheets read it as UTF-8
    rows = Rehearsed.objects.filter(rehearsal=rehearsal).select_related("customer").order_by("pk")
    for row in rows.iterator(chunk_size=1000):
        yield writer.writerow([inert(cell) for cell in _cells(row)])


def _cells(row: Rehearsed) -> Iterator[Any]:
    yield row.customer.name
    yield from (row.held_edition, row.held_tier, row.currency, row.interval, row.seats)
    yield from (_amount(amount, row.currency) for amount in (row.before, row.after, row.if_moved))
    yield from (row.get_effect_display(), row.get_moving_display())
    yield from (listed(each) for each in (row.gained, row.lost, row.gained_if_moved, row.lost_if_moved))
    yield "; ".join(flip_words(flip) for flip in row.flips)
    yield "; ".join(f"{notice['kind']}: {notice['days']} days" for notice in row.notices)
    yield row.earliest.date().isoformat() if row.earliest else ""
    yield "; ".join(words for _key, words in row.promises)


def _amount(amount: int | None, currency: str) -> str:
    """Minor units as a plain number: 18400 → 184.00."""
    if amount is None:
        return ""
    digits = minor_digits(currency)
    return str(amount) if digits == 0 else f"{amount // 10**digits}.{amount % 10**digits:0{digits}d}"


def listed(differences: Iterable[dict[str, str]]) -> str:
    """Differences in a cell: Projects: 20 projects → no limit."""
    return "; ".join(
        f"{each['feature']}: {each['from']} → {each['to']}{by_whom(each)}" for each in differences
    )


def by_whom(difference: dict[str, str]) -> str:
    """That a loss is not the draft's doing, in brackets; empty where it is."""
    announced_on = difference.get("sunset")
    return f" (by the sunset announced on {announced_on}, not by this edition)" if announced_on else ""


def flip_words(flip: dict[str, Any]) -> str:
    """What begins and ceases to stand in the way of a tier: business: seats-fit-tier appears."""
    parts = [f"{rule} appears" for rule in flip["appear"]] + [f"{rule} goes" for rule in flip["go"]]
    return f"{flip['tier']}: {', '.join(parts)}"
