"""The rules are kept as they were whenever they change, and everybody finds those they bought under."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from licensing.models import NoticeRule
from portal.models import PolicyVersion
from portal.pages.policy_versions import changes
from portal.policy import record_policy, version_at
from portal.tasks import record_policy as sweep
from tests.cast import NOON, Party
from tests.pages.conftest import SignIn, text_of

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def first() -> PolicyVersion:
    version = record_policy(at=LONG_AGO)
    assert version is not None
    return version


@pytest.fixture
def second(first: PolicyVersion, settings: Any) -> PolicyVersion:
    """A setting is changed two days before noon, and the sweep comes by."""
    settings.CHARGES_A_DAY = 7
    version = record_policy(at=NOON - timedelta(days=2))
    assert version is not None
    return version


# A day of which nothing is on record


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2030-01-01", "January 1, 2030 has not come, and nobody knows yet what our rules are then."),
        ("1999-01-01", "Those of January 1, 1999 were not kept. The first that were are of January 1, 2025."),
    ],
    ids=["it has not come", "nothing was kept yet"],
)
def test_the_rules_of_a_day_that_nobody_can_know_are_not_found_in_plain_words(
    first: PolicyVersion, client: Client, day: str, why: str
) -> None:
    answer = client.get(f"/policy/{day}/")
    assert answer.status_code == 404
    assert why in text_of(answer)
    assert 'href="/policy/"' in answer.content.decode()


# Keeping


def test_what_the_rules_say_is_kept_once_however_often_the_sweep_comes_by() -> None:
    assert sweep.run() == {"recorded": True}
    assert sweep.run() == {"recorded": False}
    version = PolicyVersion.objects.get()
    assert version.in_force_since == NOON
    assert "would be charged more than 1000 times in a day" in version.texts["paying-is-on"]


def test_a_setting_that_changes_a_rule_makes_a_new_version(
    first: PolicyVersion, second: PolicyVersion
) -> None:
    assert "more than 1000 times" in first.texts["paying-is-on"]
    assert "more than 7 times" in second.texts["paying-is-on"]
    assert [step.key for step in changes(first.texts, second.texts)] == ["paying-is-on"]


def test_the_vendors_notice_periods_are_part_of_the_rules(first: PolicyVersion) -> None:
    assert "price rise 30 days" in first.texts["notice-periods"]
    assert (
        "Longer: price rise in Austria 60 days, price rise in Germany 42 days."
        in first.texts["notice-periods"]
    )
    NoticeRule.objects.filter(kind="price_rise", jurisdiction="").update(days=60)
    version = record_policy(at=NOON)
    assert version is not None
    assert "price rise 60 days" in version.texts["notice-periods"]
    assert "Longer" not in version.texts["notice-periods"]


def test_the_command_keeps_them_too_and_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("policy")
    assert "The rules have changed, and are kept." in capsys.readouterr().out
    call_command("policy")
    said = capsys.readouterr().out
    assert "Nothing has changed." in said
    assert "rules in force since 2026-11-22 12:00 UTC" in said


CHANGES: list[Callable[[PolicyVersion], Any]] = [
    lambda row: row.save(),
    lambda row: PolicyVersion.objects.update(chapters=[]),
    lambda row: PolicyVersion.objects.bulk_update([row], ["chapters"]),
    lambda row: row.delete(),
    lambda row: PolicyVersion.objects.all().delete(),
    lambda row: connection.cursor().execute("UPDATE portal_policyversion SET content_hash = ''"),
    lambda row: connection.cursor().execute("DELETE FROM portal_policyversion"),
    lambda row: connection.cursor().execute("TRUNCATE portal_policyversion"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_version_never_changes(first: PolicyVersion, change: Callable[[PolicyVersion], Any]) -> None:
    row = PolicyVersion.objects.get()
    row.chapters = []
    with pytest.raises(IntegrityError), transaction.atomic():
        change(row)
    assert PolicyVersion.objects.get().chapters == first.chapters


def test_one_holds_from_its_moment_up_to_the_next(first: PolicyVersion, second: PolicyVersion) -> None:
    before = timedelta(microseconds=1)
    assert version_at(LONG_AGO - before) is None
    assert version_at(LONG_AGO) == first
    assert version_at(second.in_force_since - before) == first
    assert version_at(second.in_force_since) == second


# Looking


def test_an_older_one_says_when_it_held_and_leads_to_what_changed(
    visitor: Client, first: PolicyVersion, second: PolicyVersion
) -> None:
    answer = visitor.get(f"/policy/{first.pk}/")
    words = text_of(answer)
    assert (
        "They were in force from 1 January 2025 at 00:00 (as the day begins) until 20 November 2026 at 12:00."
        in words
    )
    assert "more than 1000 times in a day" in words
    assert f'href="/policy/{first.pk}/changes/"' in answer.content.decode()
    changed = visitor.get(f"/policy/{first.pk}/changes/").content.decode()
    assert "<del>1000</del>" in changed
    assert "<ins>7</ins>" in changed


def test_an_address_names_a_day(visitor: Client, first: PolicyVersion, second: PolicyVersion) -> None:
    assert visitor.get("/policy/2026-11-19/").context["version"] == first
    assert visitor.get("/policy/2026-11-20/").context["version"] == second, "as the day ended"
    for day in ("2024-12-31", "2026-02-30", "9999-12-31"):
        assert visitor.get(f"/policy/{day}/").status_code == 404, day


def test_all_versions_are_listed_with_their_changes(
    visitor: Client, first: PolicyVersion, second: PolicyVersion
) -> None:
    words = text_of(visitor.get("/policy/versions/"))
    assert words.index("Since 20 November 2026") < words.index("Since 1 January 2025")
    assert "would be charged more than 1000 7 times" in words
    assert "The first that is on record." in words


def test_todays_rules_say_since_when_they_hold(visitor: Client, first: PolicyVersion, settings: Any) -> None:
    assert "In force since 1 January 2025." in text_of(visitor.get("/policy/"))
    settings.CHARGES_A_DAY = 9
    words = text_of(visitor.get("/policy/"))
    assert "more than 9 times" in words, "what the code goes by, kept or not yet"
    assert "In force since" not in words


def test_asked_again_nothing_is_sent_until_something_changes(
    visitor: Client, first: PolicyVersion, settings: Any
) -> None:
    for page in ("/policy/", "/policy/versions/", f"/policy/{first.pk}/", f"/policy/{first.pk}/changes/"):
        etag = visitor.get(page)["ETag"]
        assert visitor.get(page, headers={"if-none-match": etag}).status_code == 304, page
    etag = visitor.get("/policy/")["ETag"]
    settings.CHARGES_A_DAY = 9
    assert visitor.get("/policy/", headers={"if-none-match": etag}).status_code == 200


def test_what_is_signed_in_is_kept_by_nobody(ada: Party, sign_in: SignIn, first: PolicyVersion) -> None:
    client = sign_in(ada.user)
    for page in ("/policy/", "/policy/yours/", f"/policy/{first.pk}/"):
        answer = client.get(page)
        assert "no-store" in answer["Cache-Control"]
        assert not answer.has_header("ETag")


# Whose


def test_a_customer_finds_the_rules_of_the_day_they_bought(
    ada: Party, sign_in: SignIn, first: PolicyVersion, second: PolicyVersion
) -> None:
    client = sign_in(ada.user)
    assert 'href="/policy/yours/"' in client.get("/plan/").content.decode()
    words = text_of(client.get("/policy/yours/"))
    assert "These are the rules as they stood on 14 November 2026, the day you bought what you have." in words
    assert "more than 1000 times in a day" in words


def test_who_came_before_anything_was_kept_is_told_so(ada: Party, sign_in: SignIn) -> None:
    record_policy(at=NOON - timedelta(days=1))
    words = text_of(sign_in(ada.user).get("/policy/yours/"))
    assert "The rules of 14 November 2026, when you came to what you have, are not on record." in words
    assert "These are the first that are, of 21 November 2026." in words


def test_before_anything_is_kept_todays_rules_are_shown(ada: Party, sign_in: SignIn) -> None:
    assert sign_in(ada.user).get("/policy/yours/")["Location"] == "/policy/"
