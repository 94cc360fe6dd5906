"""The controls: with a fault in the product, what the machine looks at would not be so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.db.models import Q

from billing import edition_renewals
from licensing import deliveries, sharing, standing, sunsets
from licensing.models import NoticeRule, PlannedChange, Sunset
from licensing.noticeclock import NoticeClock, Period
from licensing.sharing import InForce
from licensing.sunsets import carrying_out, days
from licensing.terms import EditionTerms, edition_terms
from tests.kept.machine import Machine
from tests.kept.playing import play_until_found

pytestmark = [pytest.mark.proof, pytest.mark.django_db]
EDITION = ("an edition",)
EDITIONS = ("another_edition", "buys", "somebody_comes")
SUNSETS = (
    "a_season_goes_by",
    "mails_go_out",
    "the_sweep_comes",
    "a_sunset_is_withdrawn",
    "time_passes",
    "buys",
)
LATE = ("a_provider_says_more", "the_sweep_comes")
ENDS = ("a_season_goes_by", "mails_go_out", "the_sweep_comes", "time_passes", "renews")


@pytest.fixture
def found(figure: Callable[[str], None], request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    figure(f"{request.node.name}: after {Machine.seen['runs']} runs")


# Sharing, and what is held

lay_over = sharing.lay_over


def only_the_newest_shares(held: EditionTerms, later: Sequence[EditionTerms]) -> InForce:
    """What was shared is taken back when the next edition gives less."""
    return lay_over(held, later[-1:])


def the_newest_value_counts(held: EditionTerms, later: Sequence[EditionTerms]) -> InForce:
    """What is shared replaces what is held, be it kinder or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing, "is_kinder", lambda *_args, **_kwargs: True)
        return lay_over(held, later)


@pytest.mark.parametrize("fault", [only_the_newest_shares, the_newest_value_counts])
@pytest.mark.usefixtures("found")
def test_sharing_that_is_not_for_good(fault: Callable[..., InForce], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "lay_over", fault)
    with pytest.raises(AssertionError, match=r"had and has|was sold and has"):
        play_until_found(*EDITIONS, goes=())


@pytest.mark.usefixtures("found")
def test_terms_that_follow_what_is_sold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A licence that silently goes by today's terms of its tier."""

    def todays(edition_id: int, *, newest_id: int) -> InForce:
        held, today = edition_terms(edition_id), edition_terms(newest_id)
        tiers = tuple(
            replace(tier, gives=theirs.gives) if (theirs := today.tier(tier.key)) else tier
            for tier in held.tiers
        )
        return InForce(replace(held, tiers=tiers), {})

    monkeypatch.setattr(standing, "in_force", todays)
    with pytest.raises(AssertionError, match=r"had and has|was sold and has"):
        play_until_found(*EDITIONS, goes=())


# Sunsets


@pytest.mark.usefixtures("found")
def test_a_change_that_is_carried_out_without_a_delivered_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "arrived", lambda at: Q(state="sent", sent_at__lte=at))
    with pytest.raises(AssertionError, match="nobody was told"):
        play_until_found(*SUNSETS, meets="silent")


@pytest.mark.usefixtures("found")
def test_a_change_that_is_carried_out_before_its_days_have_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NoticeClock, "period", lambda *_, **__: Period(1, "none"))
    with pytest.raises(AssertionError, match="days of notice"):
        play_until_found(*LATE, meets="late")


@pytest.mark.usefixtures("found")
def test_a_withdrawn_sunset_that_is_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made void, so nothing comes back either, and whether it stands is asked of its announcement alone."""
    monkeypatch.setattr("licensing.sunsets.announcing.void_withdrawn", lambda **_: 0)
    monkeypatch.setattr(sunsets, "void_withdrawn", lambda **_: 0)
    monkeypatch.setattr(Sunset, "is_open", property(lambda self: self.announced_at is not None))
    monkeypatch.setattr(sunsets, "carry_out_due", _carries_out_all)
    with pytest.raises(AssertionError, match=r"the plan was withdrawn|was sold and has"):
        play_until_found("a_sunset_is_withdrawn", "a_season_goes_by", "time_passes")


# Ends of editions


@pytest.mark.usefixtures("found")
def test_an_edition_that_ends_without_a_delivered_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "arrived", lambda at: Q(state="sent", sent_at__lte=at))
    with pytest.raises(AssertionError, match=r"was moved: .*nobody was told"):
        play_until_found(*ENDS, goes=EDITION, meets="silent")


@pytest.mark.usefixtures("found")
def test_an_edition_that_ends_by_the_shortest_of_its_notice_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(days.RULES, PlannedChange.Kind.EDITION_SUNSET, (NoticeRule.Kind.PRICE_RISE,))
    with pytest.raises(AssertionError, match=r"was moved: .*days of notice"):
        play_until_found(*LATE, goes=EDITION, meets="late")


@pytest.mark.usefixtures("found")
def test_whoever_pays_and_is_moved_within_what_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep takes whoever pays for whoever does not."""

    def moves_all(number: int, clock: NoticeClock, *, at: datetime) -> bool:
        change = carrying_out.judged(number, clock, at=at)
        if change is None or not carrying_out.is_due(change, by=at):
            return False
        carrying_out.take_effect(change, licence=change.licence, at=at)
        return True

    monkeypatch.setattr(carrying_out, "WITHOUT_MONEY", Q())
    monkeypatch.setattr(carrying_out, "_carry_out", moves_all)
    with pytest.raises(AssertionError, match="was moved within what is paid for"):
        play_until_found(*ENDS, goes=EDITION, meets="arrives")


@pytest.mark.usefixtures("found")
def test_a_renewal_that_moves_by_whatever_price_stripe_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told or not is asked, and the day is not. The database would not let it happen before the days of notice have
    passed, so that is taken out too.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE licensing_plannedchange DROP CONSTRAINT planned_change_done_only_when_told"
        )
    monkeypatch.setattr(edition_renewals, "is_due", lambda change, *, by: change.told_at is not None)
    with pytest.raises(AssertionError, match=r"was moved: .*before its first day"):
        play_until_found(*ENDS, goes=EDITION, meets="arrives")


def _carries_out_all(*, at: datetime) -> int:
    clock = NoticeClock.read()
    due = PlannedChange.objects.filter(
        state__in=["waiting", "deferred"], takes_effect_at__lte=at, told_at__isnull=False
    )
    return sum(carrying_out._carry_out(change.pk, clock, at=at) for change in due)
