"""An edition has ended: whoever held it is told that they have moved, and My plan says so for a month."""

from __future__ import annotations

from datetime import datetime

import pytest

from licensing.models import Licence, PlannedChange, Tier
from licensing.sunsets.moving import take_effect
from licensing.usage import record_reading
from tests.cast import NOON, OLD, TODAY, Party, bo, cy
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.sunsets.editions import altered, announced, by_the_month
from tests.sunsets.scenes import announced as a_feature_goes
from tests.sunsets.scenes import change_of, days, has, mails, sweep
from tests.sunsets.test_pages import page

pytestmark = pytest.mark.django_db


def moved() -> tuple[Party, datetime]:
    """Cy, on Free of March 2025 until it ended; and when."""
    tanaka = cy()
    free = Tier.objects.get(edition__key=OLD, key="free")
    altered(tanaka, edition_id=free.edition_id, tier_id=free.pk)
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=NOON + days(120))
    done_at = change_of(tanaka.customer).done_at
    assert done_at is not None
    tanaka.licence.refresh_from_db()
    assert tanaka.licence.edition.key == TODAY
    return tanaka, done_at


def test_it_is_said_once_that_it_has_happened(mailbox: Mailbox) -> None:
    _tanaka, day = moved()
    assert mails(at=day) == 1
    assert subject_of(mailbox.to("cy@demo.test")[-1]) == "Your Free is on the terms of January 2026 now"
    for words in words_of(mailbox.to("cy@demo.test")[-1]):
        assert "the terms of March 2025 have ended, as we wrote to you" in words
        assert "You pay nothing, as before." in words
        assert "Two sets of terms cost more to keep up" in words
    sweep(at=day + days(1))
    assert mails(at=day + days(1)) == 0


def test_my_plan_says_it_for_a_month() -> None:
    tanaka, day = moved()
    assert "your Free is on the terms of January 2026." in page(tanaka.user, "/plan/", at=day + days(29))
    assert "is on the terms of January 2026." not in page(tanaka.user, "/plan/", at=day + days(31))


def test_whoever_has_another_tier_by_then_hears_no_more_of_it(mailbox: Mailbox) -> None:
    tanaka, day = moved()
    team = Tier.objects.get(edition__key=TODAY, key="team")
    altered(tanaka, tier_id=team.pk)
    assert mails(at=day) == 0
    assert "is on the terms of January 2026." not in page(tanaka.user, "/plan/", at=day + days(1))


def test_what_had_left_before_did_not_leave_with_the_move(mailbox: Mailbox) -> None:
    """Single sign-on, which leaves Team in February, is not told again in the autumn."""
    lindqvist = by_the_month()
    a_feature_goes()
    announced()
    mails(at=NOON)
    for day in (1, 200):
        sweep(at=NOON + days(day))
    change = PlannedChange.objects.get(customer=lindqvist.customer, kind="edition_sunset")
    licence = Licence.objects.select_related("price").get(pk=lindqvist.licence.pk)
    assert not has(lindqvist.customer, at=NOON + days(200))
    take_effect(change, licence=licence, at=NOON + days(201))
    mails(at=NOON + days(201))
    for words in [
        page(lindqvist.user, "/plan/", at=NOON + days(202)),
        *words_of(mailbox.to("bo@demo.test")[-1]),
    ]:
        assert "is on the terms of January 2026" in words
        assert "API calls a month: 40,000 instead of 50,000" in words
        assert "Single sign-on" not in words


def test_who_uses_more_than_there_will_be_reads_how_much_and_that_it_stays(mailbox: Mailbox) -> None:
    lindqvist = bo()
    record_reading(customer=lindqvist.customer, feature_key="api-calls", value=44_300, at=NOON)
    announced()
    mails(at=NOON)
    kept = "Above a limit you can work with all you have, and add nothing more; what is counted by the month starts"
    for words in [page(lindqvist.user, "/plan/"), *words_of(mailbox.to("bo@demo.test")[-1])]:
        assert "API calls a month: 40,000 instead of 50,000 (you use 44,300 this month)" in words
        assert kept in words


def test_who_uses_less_reads_nothing_of_it(mailbox: Mailbox) -> None:
    lindqvist = bo()
    record_reading(customer=lindqvist.customer, feature_key="api-calls", value=40_000, at=NOON)
    announced()
    assert "(you use" not in page(lindqvist.user, "/plan/")


def test_the_changelog_says_that_the_terms_of_before_have_ended_for_them() -> None:
    tanaka, day = moved()
    history = page(tanaka.user, "/changelog/", at=day + days(1))
    assert "these terms ended for you, as announced. Yours are those of January 2026 since." in history


def test_what_leaves_sooner_than_the_edition_stands_beside_it_in_the_changelog() -> None:
    """Single sign-on leaves in February, March 2025 ends with the renewal of November."""
    lindqvist = bo()
    a_feature_goes()
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    history = page(lindqvist.user, "/changelog/", at=NOON + days(2))
    assert "Affected on 29 November 2027: until then you keep Team of March 2025" in history
    assert history.count("Affected on 15 February 2027: Single sign-on leaves.") == 2, "at both editions"
    assert "You have of it already: Rows stored: 2 million." in history


def test_a_feature_that_has_left_says_when_and_asks_for_nothing_any_more() -> None:
    lindqvist = bo()
    a_feature_goes()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=NOON + days(90))
    plan = page(lindqvist.user, "/plan/", at=NOON + days(91))
    assert "It left on 15 February 2027, as we wrote to you." in plan
    assert "What to take along:" not in plan


def test_a_trial_says_what_is_announced_of_the_tier_under_it() -> None:
    lindqvist = bo()
    a_feature_goes()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    trials = page(lindqvist.user, "/trials/", at=NOON + days(2))
    assert "On 15 February 2027, Single sign-on leaves your Team." in trials
    assert "the trial changes nothing of it" in trials
