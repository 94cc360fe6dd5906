"""A trial ends when page and mail said it would, to the second, also in the nights in which clocks are moved."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from licensing import trials
from licensing.entitlements import entitlements
from licensing.history import COMMAND
from licensing.models import Edition, Notice, Product, Role, Trial
from licensing.standing import standing_of
from licensing.terms import TierTerms, edition_terms
from portal.facts import facts_of
from portal.mails.briefing import briefs_of
from portal.mails.letter import write_letter
from portal.pages.trials import trials_page
from portal.reader import reading_as
from portal.templatetags.words import moment
from tests.calendars.oracle import ZONES, as_read, changes
from tests.cast import NOON, TODAY, Party, ada
from tests.infra.proof import LONG, size

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

SECOND = timedelta(seconds=1)
SOME = ["America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca", "Europe/London"]


@contextmanager
def forgotten() -> Iterator[None]:
    """What happens inside leaves nothing behind: one customer can try a thousand times."""
    mark = transaction.savepoint()
    yield
    transaction.savepoint_rollback(mark)


def moments(zone: ZoneInfo, rng: random.Random) -> Iterator[datetime]:
    """Around each change of the clock, at which a trial will begin so that it ends, or just begins, in that night."""
    for change in changes(zone, first=2024, last=size(short=2024, long=2029)):
        for _ in range(size(short=3, long=6)):
            near = change + timedelta(
                seconds=rng.randrange(-3 * 3600, 3 * 3600), microseconds=rng.randrange(10**6)
            )
            yield near - rng.choice([timedelta(days=14), timedelta(0)])


def try_business(party: Party, *, at: datetime) -> tuple[Trial, datetime]:
    """Start the trial as the page does; the trial, and when the page said before that it would end."""
    today = edition_terms(Edition.objects.get(key=TODAY).pk)
    facts = facts_of(party.customer, today=today, at=at)
    tier = today.tier("business")
    assert tier is not None
    choice = next(
        choice for choice in trials_page(facts, role=Role.OWNER).choices if choice.tier.key == "business"
    )
    assert choice.would_end_at is not None
    return trials.start_trial(situation=facts.situation, tier=tier, actor=COMMAND, at=at), choice.would_end_at


def lasts_its_days(trial: Trial) -> bool:
    """Fourteen days of 24 hours and no part of a minute less, up to a whole minute."""
    over = trial.ends_at - trial.started_at - timedelta(days=14)
    return (
        timedelta(0) <= over < timedelta(minutes=1) and trial.ends_at.second == trial.ends_at.microsecond == 0
    )


def has_it(party: Party, *, at: datetime) -> bool:
    """Whether the customer has what was lent, in which entitlements, page and mail must agree."""
    today = edition_terms(Edition.objects.get(key=TODAY).pk)
    standing = standing_of(party.customer, at=at)
    lent = any(one.source == "trial" for one in entitlements(standing).values())
    page = trials_page(facts_of(party.customer, today=today, at=at), role=Role.OWNER)
    reminded = [brief.is_true for brief in briefs_of(_reminders(party), at=at).values()]
    assert {lent, page.live is not None, bool(page.lent), *reminded} == {lent}
    return lent


def _reminders(party: Party) -> list[Notice]:
    nearest = Notice.objects.filter(customer=party.customer, kind="trial_reminder", period__startswith="1d")
    return list(nearest.select_related("customer"))


def mailed(party: Party, *, at: datetime) -> str:
    """The text of the last reminder, as the customer gets it."""
    (brief,) = briefs_of(_reminders(party), at=at).values()
    product = Product.objects.get(key="meridian")
    return write_letter(brief=brief, address="ada@demo.test", product=product, at=at).text


@pytest.mark.parametrize("name", ZONES if LONG else SOME)
def test_a_trial_ends_when_it_was_said_to_end(name: str, figure: Callable[[str], None]) -> None:
    party, zone, seen = ada(at=datetime(2023, 11, 1, tzinfo=UTC)), ZoneInfo(name), 0
    party.customer.time_zone = name
    party.customer.save(update_fields=["time_zone"])
    for at in moments(zone, random.Random(name)):
        with forgotten():
            trial, promised = try_business(party, at=at)
            assert trial.ends_at == promised
            assert lasts_its_days(trial)
            day_before = trial.ends_at - timedelta(hours=20)
            trials.remind_due(at=day_before)
            with reading_as(locale="en_GB", zone=zone):
                assert moment(trial.ends_at) == as_read(trial.ends_at, zone)
            assert as_read(trial.ends_at, zone) in mailed(party, at=day_before)
            assert has_it(party, at=trial.ends_at - SECOND)
            assert not has_it(party, at=trial.ends_at)
            trials.expire_due(at=trial.ends_at - SECOND)
            assert has_it(party, at=trial.ends_at - SECOND)
            trials.expire_due(at=trial.ends_at)
            assert not has_it(party, at=trial.ends_at)
            trial.refresh_from_db()
            assert trial.ended_at == trial.ends_at
            seen += 1
    figure(f"{seen} trials around the nights of {name}: page, mail and entitlements end in the same second")


def test_days_by_the_clock_on_the_wall_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day in which clocks are moved has 23 or 25 hours, half an hour more or less on Lord Howe."""

    def on_the_wall(_tier: TierTerms, *, at: datetime) -> datetime:
        return (at.astimezone(zone) + timedelta(days=14)).astimezone(UTC)

    zone, found = ZoneInfo("Australia/Lord_Howe"), set()
    monkeypatch.setattr(trials, "end_of_trial", on_the_wall)
    party = ada(at=datetime(2023, 11, 1, tzinfo=UTC))
    for change in changes(zone, first=2024, last=2024):
        with forgotten():
            trial, _ = try_business(party, at=change.replace(minute=0) - timedelta(days=7))
            found.add(lasts_its_days(trial))
    assert found == {False}


@pytest.mark.parametrize(
    ("begins", "zone", "read"),
    [
        ("2026-10-18T05:30:00Z", "America/New_York", "Sunday 1 November at 01:30 (UTC−04:00)"),
        ("2026-10-18T06:29:30Z", "America/New_York", "Sunday 1 November at 01:30 (UTC−05:00)"),
        ("2026-03-15T01:30:00Z", "Europe/Berlin", "Sunday 29 March at 03:30"),
        ("2026-03-17T23:00:00Z", "Europe/Berlin", "Wednesday 1 April at 01:00"),
        ("2026-06-17T22:00:00Z", "Europe/Berlin", "Thursday 2 July at 00:00 (as the day begins)"),
    ],
)
def test_the_page_says_it_before_and_while_it_runs(client: Client, begins: str, zone: str, read: str) -> None:
    at = datetime.fromisoformat(begins)
    party = ada(at=at)
    party.customer.time_zone = zone
    party.customer.save(update_fields=["time_zone"])
    british = {"Accept-Language": "en-GB"}
    with time_machine.travel(at, tick=False):
        client.force_login(party.user)
        assert read in " ".join(unescape(client.get("/trials/", headers=british).content.decode()).split())
        answer = client.post("/trials/", {"start": "business"}, headers=british, follow=True)
        assert read in " ".join(unescape(answer.content.decode()).split())
    ends_at = Trial.objects.get().ends_at
    with time_machine.travel(ends_at - SECOND, tick=False):
        page = " ".join(unescape(client.get("/trials/", headers=british).content.decode()).split())
        assert "1 second left" in page
        assert read in page
    with time_machine.travel(ends_at, tick=False):
        page = client.get("/trials/", headers=british).content.decode()
        assert "You are trying" not in page


def test_an_end_that_moves_within_its_day_is_announced_anew() -> None:
    party = ada()
    trial, _ = try_business(party, at=NOON)
    day_before = trial.ends_at - timedelta(hours=20)
    trials.remind_due(at=day_before)
    assert Notice.objects.count() == 1
    for hours in (6, 0, 6):  # later, back again, and later once more
        ends_at = (NOON + timedelta(days=14)).replace(hour=12 + hours)
        trials.extend_trial(trial=trial, ends_at=ends_at, actor=COMMAND, at=day_before, reason="Asked for.")
        before = Notice.objects.count()
        trials.remind_due(at=day_before + timedelta(minutes=hours + 1))
        trials.remind_due(at=day_before + timedelta(minutes=hours + 2))
        assert Notice.objects.count() == before + 1
        day_before += timedelta(minutes=5)
