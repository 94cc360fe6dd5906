"""A rehearsal as a table for spreadsheets, a row a customer. No cell is ever a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from licensing.cells import inert
from licensing.models import Rehearsal, Rehearsed
from licensing.money import minor_digits
from licensing.rules.words import in_the_way
from licensing.staff_words import day_words, edition_words, kind_words

HEAD = (
    "customer", "edition held", "tier held", "currency", "interval", "seats", "bill now", "already announced",
    "bill after that", "bill once published", "bill if moved", "by publishing", "if moved", "gained by publishing",
    "lost by publishing", "gained if moved", "lost if moved", "tiers that open or close", "notices owed before moving",
    "earliest date of moving", "promises broken",
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
    tiers, editions = tier_names(rehearsal), edition_names(rehearsal)
    for row in rows.iterator(chunk_size=1000):
        yield writer.writerow([inert(cell) for cell in _cells(row, tiers=tiers, editions=editions)])


def _cells(row: Rehearsed, *, tiers: Mapping[str, str], editions: Mapping[str, str]) -> Iterator[Any]:
    yield row.customer.name
    yield from (row.held_edition, row.held_tier, row.currency, row.interval, row.seats)
    then = row.moves_on["bill"] if row.moves_on else None
    yield _amount(row.before, row.currency)
    yield announced_words(row, editions=editions)
    yield from (_amount(amount, row.currency) for amount in (then, row.after, row.if_moved))
    yield from (row.get_effect_display(), row.get_moving_display())
    found = (row.gained, row.lost, row.gained_if_moved, row.lost_if_moved)
    yield from (listed(by_the_draft(each)) for each in found)
    yield flips_words(row.flips, tiers=tiers)
    yield notices_words(row.notices)
    yield row.earliest.date().isoformat() if row.earliest else ""
    yield "; ".join(words for _key, words in row.promises)


def _amount(amount: int | None, currency: str) -> str:
    """Minor units as a plain number: 18400 → 184.00."""
    if amount is None:
        return ""
    digits = minor_digits(currency)
    return str(amount) if digits == 0 else f"{amount // 10**digits}.{amount % 10**digits:0{digits}d}"


def by_the_draft(differences: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Without what is announced already, be the draft published or not."""
    return [each for each in differences if "sunset" not in each]


def announced_words(row: Rehearsed, *, editions: Mapping[str, str]) -> str:
    """What is announced to them already: where the end of their edition takes them, and what comes and goes by that or
    by the sunset of a feature.
    """
    announced = [each for each in (*row.lost, *row.gained) if "sunset" in each]
    return "; ".join(filter(None, (moves_on_words(row, editions=editions), listed(announced))))


def listed(differences: Iterable[dict[str, str]]) -> str:
    """Differences in a cell: Projects: 20 projects → no limit."""
    return "; ".join(
        f"{each['feature']}: {each['from']} → {each['to']}{by_whom(each)}" for each in differences
    )


def by_whom(difference: dict[str, str]) -> str:
    """What brings it where it is not the draft, in brackets; empty where it is."""
    announced_on = difference.get("sunset")
    if announced_on is None:
        return ""
    what = "end of their edition" if "ends" in difference else "sunset"
    return f" (by the {what} announced on {day_words(announced_on)})"


def moves_on_words(row: Rehearsed, *, editions: Mapping[str, str]) -> str:
    """Where the announced end of their edition takes them: moves on 15 Mar 2027 to January 2026 (2026-01)."""
    if row.moves_on is None:
        return ""
    to, day = row.moves_on["to"], row.moves_on["on"]
    return f"moves {f'on {day_words(day)} ' if day else ''}to {editions.get(to, to)}" + (
        "" if day else ", without a day yet"
    )


def tier_names(rehearsal: Rehearsal) -> dict[str, str]:
    """Key → name of every tier of the two editions, by the draft's name where they differ. Two queries, or none where
    the tiers were fetched along.
    """
    return {
        tier.key: tier.name
        for edition in (rehearsal.against, rehearsal.edition)
        if edition is not None
        for tier in edition.tiers.all()
    }


def edition_names(rehearsal: Rehearsal) -> dict[str, str]:
    """Key → name and key of every edition of the product. One query, or none where they were fetched along."""
    return {edition.key: edition_words(edition) for edition in rehearsal.edition.product.editions.all()}


def held_words(tier: str, edition: str, *, tiers: Mapping[str, str], editions: Mapping[str, str]) -> str:
    """What somebody holds: Team of January 2026 (2026-01)."""
    return f"{tiers.get(tier, tier)} of {editions.get(edition, edition)}"


def flips_words(flips: Iterable[dict[str, Any]], *, tiers: Mapping[str, str]) -> str:
    """Which tiers open and close to a customer, and why: Business closes, because they use more than it holds."""
    return "; ".join(f"{tiers.get(flip['tier'], flip['tier'])} {turn_words(flip)}" for flip in flips)


def turn_words(flip: Mapping[str, Any]) -> str:
    """What becomes of a tier by the rules that begin ("appear") or cease ("go") to stand in the way. Rehearsals of
    earlier releases do not know whether it opened or closed: they have no `turn`.
    """
    begin, cease = (_because(flip[way]) for way in ("appear", "go"))
    match flip.get("turn"):
        case "closes":
            return f"closes, {begin}"
        case "opens":
            return f"opens; today it is closed, {cease}"
    stays = "stays closed" if flip.get("turn") else "stays, opens or closes"
    if not cease:
        return f"{stays}, from then on also {begin}"
    return f"{stays}, no longer {cease}" + (f", but {begin}" if begin else "")


def _because(rules: Iterable[str]) -> str:
    """Why a tier is closed: because it is not offered; empty where no rule says so."""
    why = " and ".join(in_the_way(rule) for rule in rules)
    return f"because {why}" if why else ""


def notices_words(notices: Iterable[dict[str, Any]]) -> str:
    """What would have to be said before: price rise, 42 days: from 3 Jan 2027."""
    return "; ".join(
        f"{kind_words(each['kind'])}, {each['days']} days: from {day_words(each['earliest'])}"
        for each in notices
    )
