"""What differs between two editions, as whoever holds the older one would see it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from licensing.catalogue.diffing import EditionDiff, Line, Mark, Part, diff
from licensing.catalogue.reading import read_catalogue
from tests.cast import CATALOGUES, OLD, TODAY
from tests.licensing.small_catalogue import GOOD


def between(old: str, new: str) -> EditionDiff:
    return diff(old=read_catalogue(old).edition, new=read_catalogue(new).edition)


def after(right: str, wrong: str) -> EditionDiff:
    """From the small catalogue to the same with one thing different."""
    assert right in GOOD
    return between(GOOD, GOOD.replace(right, wrong, 1))


def only_line(found: EditionDiff, *, tier: str = "Team") -> Line:
    (line,) = next(part.lines for part in found.tiers if part.name == tier)
    return line


def test_from_march_2025_to_january_2026() -> None:
    """Team's holders would pay more, lose single sign-on and some calls, and gain rows."""
    found = between(*((CATALOGUES / f"meridian-{key}.toml").read_text() for key in (OLD, TODAY)))
    free, team, business, _scale = found.tiers
    assert free == Part("Free", ())
    told = {line.name: (line.mark, line.was, line.now, line.by) for line in team.lines}
    assert told["Price, USD by the month"] == (
        Mark.WORSE,
        "$19.00 a seat",
        "$23.00 a seat",
        "+$4.00, +21.1 %",
    )
    assert told["Price, JPY by the year"] == (
        Mark.WORSE,
        "¥28,000 a seat",
        "¥34,000 a seat",
        "+¥6,000, +21.4 %",
    )
    assert told["Rows stored"] == (Mark.BETTER, "1,000,000 rows", "2,000,000 rows", "")
    assert told["API calls"] == (Mark.WORSE, "50,000 calls", "40,000 calls", "")
    assert told["Single sign-on"] == (Mark.REMOVED, "yes", "not included", "")
    assert told["Claim, Single sign-on"][0] is Mark.REMOVED
    assert {line.name: line.mark for line in business.lines}["Audit log"] is Mark.BETTER
    (rows,) = (part for part in found.features if part.lines)
    assert [(line.name, line.mark) for line in rows.lines] == [("Shared", Mark.BETTER)]
    assert [line.name for line in found.words.lines] == ["Name", "Rationale"]
    assert (found.better, found.worse) == (3, 20), "rows, audit log, and that earlier editions share in rows"


@pytest.mark.parametrize("keys", [(OLD, TODAY), (TODAY, OLD)])
def test_what_is_counted_is_what_is_marked(keys: tuple[str, str]) -> None:
    """Every row that says better or worse, of a tier or of a feature."""
    found = between(*((CATALOGUES / f"meridian-{key}.toml").read_text() for key in keys))
    lines = [line for part in (*found.tiers, *found.features) for line in part.lines if not line.pieces]
    assert "Shared" in {line.name for line in lines}
    assert found.better == sum(line.mark.is_good for line in lines)
    assert found.worse == sum(line.mark.is_bad for line in lines)


def test_the_same_terms_have_no_difference() -> None:
    found = between(GOOD, GOOD)
    assert found.words.lines == ()
    assert {part.lines for part in (*found.tiers, *found.features)} == {()}


CASES = [
    ("USD = 900\n", "USD = 950\n", Line(
        "Price, USD by the month", Mark.WORSE, "$9.00 a seat", "$9.50 a seat", "+$0.50, +5.6 %")),
    ("JPY = 50000", "JPY = 45000", Line(
        "Price, JPY by the year", Mark.BETTER, "¥50,000 a seat", "¥45,000 a seat", "−¥5,000, −10.0 %")),
    ("USD = 900\n", "", Line("Price, USD by the month", Mark.REMOVED, "$9.00 a seat", "sold no longer")),
    ("USD = 900\n", "USD = 900\nEUR = 800\n", Line(
        "Price, EUR by the month", Mark.ADDED, "not sold so", "€8.00 a seat")),
    ("USD = 900\n", "USD = { flat = 900 }\n", Line(
        "Price, USD by the month", Mark.REWORDED, "$9.00 a seat", "$9.00 for all seats")),
    ('projects = "no limit"', "projects = 50", Line("Projects", Mark.WORSE, "no limit", "50 projects")),
    ('support = "phone"', 'support = "mail"', Line("Support", Mark.WORSE, "by phone", "by mail")),
    ("sso = true\n", "", Line("Single sign-on", Mark.REMOVED, "yes", "not included")),
    ("rank = 1", "rank = 1\ntrial_days = 30", Line("Trial", Mark.BETTER, "14 days", "30 days")),
    ("rank = 1", "rank = 1\ntrial_days = 0", Line("Trial", Mark.WORSE, "14 days", "no trial")),
    ("rank = 1", "rank = 1\nmax_seats = 9", Line("Most seats", Mark.WORSE, "no limit", "9 seats")),
    ("rank = 1", "rank = 1\nmin_seats = 3", Line("Fewest seats", Mark.WORSE, "1 seats", "3 seats")),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "line"), CASES)
def test_each_term_says_what_it_means_to_its_holder(right: str, wrong: str, line: Line) -> None:
    lines = [one for part in after(right, wrong).tiers for one in part.lines]
    assert lines == [line]


def test_what_does_not_fit_is_said_and_not_compared() -> None:
    old = read_catalogue(GOOD).edition
    free, team = old.tiers
    unfit = replace(old, tiers=(free, replace(team, gives={**team.gives, "sso": 3})))
    lines = [one for part in diff(old=old, new=unfit).tiers for one in part.lines]
    assert Line("Single sign-on", Mark.REWORDED, "", "3 (does not fit)") in lines


def test_words_that_changed_are_told_word_by_word() -> None:
    line = only_line(after("As many projects as you like.", "As many sites as you like."))
    assert (line.name, line.mark) == ("Claim, Projects", Mark.REWORDED)
    assert line.pieces == (
        ("same", "As many "),
        ("gone", "projects "),
        ("new", "sites "),
        ("same", "as you like."),
    )


def test_texts_that_share_little_are_told_whole() -> None:
    line = only_line(
        after("As many projects as you like.", "One shop, or as many of them as there are in town.")
    )
    assert line.pieces == (
        ("gone", "As many projects as you like."),
        ("new", "One shop, or as many of them as there are in town."),
    )


def test_a_tier_that_is_new_and_one_that_is_gone() -> None:
    small = GOOD[: GOOD.index('[[tiers]]\nkey = "team"')]
    gone, new = between(GOOD, small).tiers[-1], between(small, GOOD).tiers[-1]
    assert gone == Part("Team", (), Mark.REMOVED)
    assert (new.name, new.mark) == ("Team", Mark.ADDED)
    assert Line("Support", Mark.ADDED, "", "by phone") in new.lines
    assert Line("Trial", Mark.ADDED, "", "14 days") in new.lines
    assert Line("Most seats", Mark.ADDED, "", "no limit") in new.lines


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        (9, 5, Line("Most seats", Mark.WORSE, "9 seats", "5 seats")),
        (5, 9, Line("Most seats", Mark.BETTER, "5 seats", "9 seats")),
        (9, None, Line("Most seats", Mark.BETTER, "9 seats", "no limit")),
        (9, 9, None),
    ],
)
def test_for_how_many_people_a_tier_has_room(was: int, now: int | None, line: Line | None) -> None:
    def room_for(seats: int | None) -> str:
        return GOOD.replace("rank = 1", f"rank = 1\nmax_seats = {seats}", 1) if seats else GOOD

    lines = [one for part in between(room_for(was), room_for(now)).tiers for one in part.lines]
    assert lines == [line] * (line is not None)


def test_how_a_feature_is_described_is_compared_too() -> None:
    found = after('kind = "switch"', 'kind = "switch"\nabout = "Your own accounts."')
    (part,) = (one for one in found.features if one.lines)
    assert part.name == "Single sign-on"
    assert [(line.name, line.mark, line.now) for line in part.lines] == [
        ("About", Mark.ADDED, "Your own accounts.")
    ]


def test_a_mark_is_told_by_sign_and_word() -> None:
    assert {mark.words: mark.sign for mark in Mark} == {
        "added": "+",
        "removed": "−",
        "better": "▲",
        "worse": "▼",
        "reworded": "≠",
    }
