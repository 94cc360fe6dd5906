"""What becomes of each kind of data on each transition: one registry, shown as a page and proved by a test.

What is not named here is kept as it is. `tests/continuity/` performs every transition for real, and looks at every kind
of data before and after: a cell that says otherwise than what happens fails there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as words

from billing.subscriptions import FAILED_PAYMENTS
from licensing.erasure import ERASING
from licensing.identity import TRIAL_MARK
from licensing.licences import EDITION_KEPT
from licensing.pricing import UNUSED_TIME
from licensing.reasons import Clause, Words
from licensing.rules.opening import CLOSED_IS_KEPT
from licensing.sunsets.announcing import SUNSETS
from licensing.trials import TRIALS_END, TRIALS_LAST
from licensing.usage import DATA_KEPT

PROVED_BY = "tests/continuity/test_transitions.py::test_each_kind_of_data_becomes_what_the_table_says"


class Fate(StrEnum):
    """What becomes of rows of one kind."""

    KEPT = "kept"
    BEGINS = "begins"
    MOVES = "moves"
    LESS = "less"
    READ_ONLY = "read-only"
    ENDS = "ends"
    NAMELESS = "nameless"
    GOES = "goes"
    GONE = "gone"

    @property
    def word(self) -> Words:
        return _FATES[self]


_FATES: dict[Fate, Words] = {
    Fate.KEPT: words("stays"),
    Fate.BEGINS: words("begins"),
    Fate.MOVES: words("moves"),
    Fate.LESS: words("less"),
    Fate.READ_ONLY: words("full"),
    Fate.ENDS: words("ends"),
    Fate.NAMELESS: words("nameless"),
    Fate.GOES: words("goes"),
    Fate.GONE: words("gone before"),
}


@dataclass(frozen=True)
class Kind:
    """A kind of data."""

    key: str
    name: Words


@dataclass(frozen=True)
class Cell:
    """What becomes of one kind on one transition, in a sentence, and the clause that promises it."""

    fate: Fate
    says: Words
    clause: Clause


@dataclass(frozen=True)
class Transition:
    """Something that happens to an organisation. `changes`: kind's key → what becomes of it, where it is not kept."""

    key: str
    title: Words
    changes: dict[str, Cell]
    clause: Clause

    def cell(self, kind: Kind) -> Cell:
        return self.changes.get(kind.key, Cell(Fate.KEPT, words("Stays as it is."), self.clause))

    @property
    def changed(self) -> Iterator[tuple[Kind, Cell]]:
        return ((kind, self.changes[kind.key]) for kind in KINDS if kind.key in self.changes)

    @property
    def kept(self) -> list[Kind]:
        return [kind for kind in KINDS if kind.key not in self.changes]

    @property
    def proved_by(self) -> str:
        """The test that performs it, and looks."""
        return f"{PROVED_BY}[{self.key}]"


KINDS = (
    Kind("made", words("What you made in the product")),
    Kind("terms", words("Your tier, price and terms")),
    Kind("trials", words("Trials")),
    Kind("bought", words("Quotes, orders, invoices")),
    Kind("card", words("The card on file")),
    Kind("people", words("Your team and its roles")),
    Kind("asked", words("Invitations and questions")),
    Kind("notices", words("What we wrote to you")),
    Kind("opt-outs", words("What you want no mails about")),
    Kind("usage", words("How much you use")),
    Kind("history", words("The history")),
    Kind("mark", words("That a trial was used")),
)

_FULL = Cell(
    Fate.READ_ONLY,
    words(
        "All of it stays. Above a limit of the lower tier you work with what you have, and add nothing more."
    ),
    DATA_KEPT,
)


def _to_free(says: Words, clause: Clause) -> dict[str, Cell]:
    return {"terms": Cell(Fate.MOVES, says, clause), "made": _FULL}


TRANSITIONS = (
    Transition(
        "upgrade",
        words("You move to a higher tier"),
        {
            "terms": Cell(
                Fate.MOVES,
                words(
                    "To the new tier on today’s terms, from the moment it is paid. Unused time is credited."
                ),
                UNUSED_TIME,
            ),
            "trials": Cell(Fate.ENDS, words("One that lends you what you bought is over."), TRIALS_END),
        },
        DATA_KEPT,
    ),
    Transition(
        "downgrade",
        words("You move to a lower tier that is paid for"),
        {
            "terms": Cell(
                Fate.MOVES, words("To the lower tier on today’s terms. Unused time is credited."), UNUSED_TIME
            )
        },
        DATA_KEPT,
    ),
    Transition(
        "trial-begins",
        words("You begin a trial"),
        {
            "trials": Cell(
                Fate.BEGINS,
                words("It lies over your tier and touches neither it nor your money."),
                TRIALS_LAST,
            ),
            "mark": Cell(
                Fate.BEGINS,
                words("Remembered as a keyed hash, so that it is not had twice in a year."),
                TRIAL_MARK,
            ),
        },
        EDITION_KEPT,
    ),
    Transition(
        "trial-ends",
        words("A trial ends"),
        {
            "trials": Cell(
                Fate.ENDS, words("At the minute it said; what was under it is there again."), TRIALS_END
            ),
            "made": _FULL,
        },
        DATA_KEPT,
    ),
    Transition("cancelled", words("You cancel"), {}, EDITION_KEPT),
    Transition(
        "period-ends",
        words("The time you paid for is over after you cancelled"),
        _to_free(words("To the free tier of the edition you hold."), EDITION_KEPT),
        DATA_KEPT,
    ),
    Transition(
        "unpaid",
        words("A renewal is never paid"),
        _to_free(
            words("After the last attempt to collect it: to the free tier of the edition you hold."),
            FAILED_PAYMENTS,
        ),
        DATA_KEPT,
    ),
    Transition(
        "sunset",
        words("We retire a feature that you have"),
        {
            "terms": Cell(
                Fate.LESS,
                words("That feature goes on the day you were told, and nothing else; no notice, no day."),
                SUNSETS,
            )
        },
        EDITION_KEPT,
    ),
    Transition(
        "edition-ends",
        words("We end the edition that you hold"),
        {
            "terms": Cell(
                Fate.MOVES,
                words(
                    "To the same tier of the edition that takes its place, on the day you were told: where you pay, "
                    "with a renewal. No notice, no day."
                ),
                SUNSETS,
            ),
            "made": Cell(
                Fate.READ_ONLY,
                words(
                    "All of it stays. Above a limit that becomes lower you work with what you have, and add nothing "
                    "more."
                ),
                DATA_KEPT,
            ),
        },
        EDITION_KEPT,
    ),
    Transition(
        "closed",
        words("You close the organisation"),
        {
            "terms": Cell(Fate.ENDS, words("The free tier ends."), CLOSED_IS_KEPT),
            "trials": Cell(Fate.ENDS, words("A running one is given back."), TRIALS_END),
            "people": Cell(
                Fate.GOES, words("Everybody leaves. Each keeps their own account."), CLOSED_IS_KEPT
            ),
            "asked": Cell(Fate.ENDS, words("Open invitations are taken back."), CLOSED_IS_KEPT),
        },
        CLOSED_IS_KEPT,
    ),
    Transition(
        "erased",
        words("You have it erased, 14 days after you asked"),
        {
            "trials": Cell(Fate.NAMELESS, words("That there was one stays; who began it goes."), ERASING),
            "bought": Cell(
                Fate.NAMELESS,
                words("Amounts, dates and tax stay, because the law wants them; names go."),
                ERASING,
            ),
            "card": Cell(Fate.GOES, words("Its last digits and its date go from here."), ERASING),
            "people": Cell(
                Fate.GONE,
                words(
                    "Everybody left when it was closed, which comes first. Erasing it takes nobody’s own account."
                ),
                CLOSED_IS_KEPT,
            ),
            "asked": Cell(Fate.GOES, words("Go for good."), ERASING),
            "notices": Cell(
                Fate.NAMELESS, words("That each was sent stays; to whom, and what it said, goes."), ERASING
            ),
            "opt-outs": Cell(Fate.GOES, words("Go for good."), ERASING),
            "usage": Cell(Fate.GOES, words("Goes for good."), ERASING),
            "history": Cell(
                Fate.NAMELESS, words("What changed and when stays; who did it, and why, goes."), ERASING
            ),
        },
        ERASING,
    ),
)
