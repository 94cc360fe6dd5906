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
from tests.sunsets.year import Year

pytestmark = [pytest.mark.proof, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _germany_asks_for_more(db: None) -> None:
    NoticeRule.objects.create(kind="feature_loss", jurisdiction="DE", days=75, source="Our lawyers.")


def test_every_promise_of_a_year_is_kept(figure: Callable[[str], None]) -> None:
    year = Year(customers=size(short=40, long=1000), seed=4, look_every=size(short=20, long=1)).live()
    assert year.broken == []
    assert year.losses > 0
    figure(
        f"{len(year.accounts)} customers, 365 days, {year.mails} mails, {year.moves} moves: "
        f"{year.looks} looks, {year.losses} announced losses seen, none without its notice"
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
