"""A year of changes, day by day: every promise is kept, and one that is not would be found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import Q

from licensing import deliveries
from licensing.models import NoticeRule
from licensing.noticeclock import NoticeClock, Period
from tests.infra.proof import size
from tests.sunsets import year as year_of_changes
from tests.sunsets.whole import breaks_in_history
from tests.sunsets.year import Year
from tests.sunsets.year_of_an_end import YearOfAnEnd

pytestmark = [pytest.mark.proof, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _germany_asks_for_more(db: None) -> None:
    for kind, days in {"feature_loss": 75, "edition_sunset": 110}.items():
        NoticeRule.objects.create(kind=kind, jurisdiction="DE", days=days, source="Our lawyers.")


def test_every_promise_of_a_year_is_kept(figure: Callable[[str], None]) -> None:
    year = YearOfAnEnd(customers=size(short=40, long=1000), seed=4, look_every=size(short=20, long=1)).live()
    assert year.broken == []
    assert year.ledger() == {"terms-kept": 0, "sunsets-told": 0}
    assert breaks_in_history() == []
    assert min(year.losses, year.free_moves, year.paid_moves) > 0
    figure(
        f"{len(year.accounts)} customers, 365 days, {year.mails} mails, {year.moves} moves of their own, "
        f"{year.renewed} renewals: {year.looks} looks, {year.losses} announced losses seen; the end of an edition "
        f"moved {year.free_moves} on their day and {year.paid_moves} with a renewal; none without its notice"
    )


def test_a_product_that_takes_sent_for_delivered_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with this fault the same year lists broken promises."""
    monkeypatch.setattr(deliveries, "arrived", lambda at: Q(state="sent", sent_at__lte=at))
    year = Year(customers=25, seed=4, look_every=60).live(days=181)
    assert any("never told" in words for words in year.broken)


def test_a_clock_that_gives_no_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another: nobody is left untold, but nobody whose mail came late is given their days either."""
    monkeypatch.setattr(year_of_changes, "FATES", {"late": 100})
    monkeypatch.setattr(NoticeClock, "period", lambda *_, **__: Period(1, "none"))
    year = Year(customers=25, seed=4, look_every=15).live(days=166)
    assert any("without its whole notice" in words for words in year.broken)


def test_an_edition_that_ends_for_whoever_was_not_told_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether they pay or not."""
    monkeypatch.setattr(deliveries, "arrived", lambda at: Q(state="sent", sent_at__lte=at))
    monkeypatch.setattr(year_of_changes, "FATES", {"bounces": 100})
    year = YearOfAnEnd(customers=6, seed=4, look_every=60, ends_on=2).live(days=130)
    untold = [words for words in year.broken if "moved: never told" in words]
    assert len(untold) == year.free_moves + year.paid_moves
    assert min(year.free_moves, year.paid_moves) > 0
