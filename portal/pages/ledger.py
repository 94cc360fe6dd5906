"""The promise ledger as a page: a row of days for each promise, and in words how it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.promises import PROMISES
from licensing.models import PromiseCheck
from licensing.promises import Kept, ledger
from portal.templatetags.words import day as day_words

DAYS = 90


@dataclass(frozen=True)
class Row:
    """A promise and its days: each "kept", "broken" or "unknown", the oldest first."""

    key: str
    says: str
    clause: str
    states: list[str]
    words: str
    is_kept: bool
    broken_on: list[PromiseCheck]


@dataclass(frozen=True)
class LedgerPage:
    """`checked_on`: the last day of which anything is known; None before the first check."""

    rows: list[Row]
    checked_on: date | None

    @property
    def kept_today(self) -> bool:
        """Whether each promise was kept when it was checked last."""
        return all(row.is_kept for row in self.rows)


def ledger_page(*, until: date) -> LedgerPage:
    """The last ninety days. One query."""
    kept = ledger(PROMISES, until=until, days=DAYS)
    days = [day for one in kept for day, check in one.days if check]
    return LedgerPage([_row(one) for one in kept], max(days, default=None))


def _row(kept: Kept) -> Row:
    broken = kept.broken_on
    return Row(
        key=kept.promise.key,
        says=kept.promise.sentence,
        clause=kept.promise.clause,
        states=[_state(check) for _day, check in kept.days],
        words=_words(kept),
        is_kept=not kept.checked or kept.checked[-1].is_kept,
        broken_on=broken[::-1],
    )


def _state(check: PromiseCheck | None) -> str:
    if check is None:
        return "unknown"
    return "kept" if check.is_kept else "broken"


def _words(kept: Kept) -> str:
    checked, broken = len(kept.checked), kept.broken_on
    if not checked:
        return _("Not checked yet.")
    if not broken:
        return ngettext("Kept on the one day it was checked.", "Kept on all of %(days)d days.", checked) % {
            "days": checked
        }
    return _("Kept on %(kept)d of %(days)d days. Last broken on %(day)s.") % {
        "kept": checked - len(broken),
        "days": checked,
        "day": day_words(broken[-1].day),
    }
