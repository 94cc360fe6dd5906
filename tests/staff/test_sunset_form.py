"""A sunset is drafted by choosing, not by keys and lists; its page says beforehand what stands in the way."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse, reverse_lazy

from licensing.models import Product, Sunset
from tests.cast import Party, bo, make_catalogue
from tests.licensing.small_catalogue import GOOD, load, published
from tests.staff.conftest import SignIn
from tests.sunsets.editions import announced as edition_ends
from tests.sunsets.scenes import announced, draft

ADD = "/admin/licensing/sunset/add/"


@pytest.fixture
def client(as_staff: SignIn) -> Client:
    make_catalogue()
    return as_staff("catalogue")


def filled(**fields: Any) -> dict[str, Any]:
    """The form as a browser sends it, with five empty steps."""
    steps = {f"ramp-{row}-{part}": "" for row in range(5) for part in ("percent", "day")}
    steps.pop("ramp-0-day")
    return steps | {
        "product": Product.objects.get(key="meridian").pk,
        "feature_key": "sso",
        "tier_key": "team",
        "reason": "It moves to Business.",
        "instead": "Passkeys.",
        "replacement": "",
        "export": "The list of your people, under Team.",
        "first_on": "2027-02-15",
        **{name.replace("__", "-"): value for name, value in fields.items()},
    }


def words(client: Client, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def page_of(sunset: Sunset) -> str:
    return reverse("admin:licensing_sunset_change", args=[sunset.pk])


def test_feature_and_tier_are_chosen_by_name_of_all_that_was_ever_published(client: Client) -> None:
    form = client.get(ADD).context["adminform"].form
    assert form["product"].value() == Product.objects.get(key="meridian").pk, "there is one product alone"
    features, tiers = form.fields["feature_key"].choices, form.fields["tier_key"].choices
    assert features[0] == ("", "Choose a feature")
    assert ("sso", "Single sign-on (sso)") in features
    assert len({key for key, _name in features}) == len(features), "in two editions, and said once"
    assert tiers[0] == ("", "Every tier that gives it")
    assert [key for key, _name in tiers[1:]] == ["free", "team", "business", "scale"]


def test_what_no_published_edition_gives_cannot_be_chosen(client: Client) -> None:
    load(GOOD.replace('"sso"', '"fax"').replace("sso = true", "fax = true"))
    assert "fax" not in dict(client.get(ADD).context["adminform"].form.fields["feature_key"].choices)
    answer = client.post(ADD, filled(feature_key="fax"))
    assert "Select a valid choice" in str(answer.context["adminform"].form.errors["feature_key"])


def test_a_draft_without_steps_is_for_everybody_on_the_first_day(client: Client) -> None:
    assert client.post(ADD, filled()).status_code == 302
    sunset = Sunset.objects.get()
    assert (sunset.feature_key, sunset.tier_key, sunset.ramp) == ("sso", "team", [])
    assert [str(author) for author in sunset.authors.all()] == ["Sam catalogue"]


def test_a_draft_is_kept_unfinished_and_says_what_is_missing(client: Client, as_staff: SignIn) -> None:
    unfinished = {"reason": "", "instead": "", "export": "", "feature_key": "", "tier_key": ""}
    assert client.post(ADD, filled(**unfinished)).status_code == 302
    sunset = Sunset.objects.get()
    assert "Say what goes: one feature, or one edition." in words(client, page_of(sunset))
    assert client.post(page_of(sunset), filled(reason="", instead="", export="")).status_code == 302
    door = reverse("admin:licensing_sunset_announce", args=[sunset.pk])
    theirs = as_staff("catalogue", superuser=True)
    for said in (words(client, page_of(sunset)), words(theirs, door)):
        for missing in ("Say why.", "Say what takes its place.", "Say what to take along, and where."):
            assert missing in said
    theirs.post(door, {"key": "sso"})
    sunset.refresh_from_db()
    assert sunset.announced_at is None


def test_steps_are_rows_and_the_first_is_on_the_first_day(client: Client) -> None:
    steps = {"ramp__0__percent": "10", "ramp__1__percent": "100", "ramp__1__day": "2027-03-01"}
    assert client.post(ADD, filled(**steps)).status_code == 302
    sunset = Sunset.objects.get()
    assert sunset.ramp == [[10, "2027-02-15"], [100, "2027-03-01"]]
    shown = client.get(page_of(sunset)).content.decode()
    assert re.search(r'name="ramp-0-percent"\s+value="10"', shown)
    assert re.search(r'name="ramp-1-day"\s+value="2027-03-01"', shown)
    later = {**steps, "first_on": "2027-02-20"}
    assert client.post(page_of(sunset), filled(**later)).status_code == 302
    sunset.refresh_from_db()
    assert (sunset.first_on, sunset.ramp[0]) == (date(2027, 2, 20), [10, "2027-02-20"])


def test_a_step_that_cannot_be_read_is_named_and_what_was_typed_is_kept(client: Client) -> None:
    """What was typed is told as what it is, and what was left open as missing."""
    steps = {
        "ramp__0__percent": "ten",
        "ramp__1__percent": "100",
        "ramp__2__percent": "abc",
        "ramp__2__day": "soon",
    }
    answer = client.post(ADD, filled(**steps, ramp__3__day="2027-03-01"))
    errors = answer.context["adminform"].form.errors["ramp"]
    assert errors == [
        "Step 1: “ten” is no whole per cent from 1 to 100; write it in digits: 10.",
        "Step 2: say from which day on.",
        "Step 3: “abc” is no whole per cent from 1 to 100; write it in digits: 10.",
        "Step 3: “soon” is no day; write it as 2027-02-15.",
        "Step 4: a whole per cent from 1 to 100 is missing.",
    ]
    for typed in ("ten", "abc", "soon"):
        assert f'value="{typed}"' in answer.content.decode()
    assert not Sunset.objects.exists()


def test_a_draft_of_nothing_yet_says_so_in_lists_and_messages(client: Client) -> None:
    answer = client.post(ADD, filled(feature_key="", tier_key=""), follow=True)
    assert "not yet named" in " ".join(str(each) for each in answer.context["messages"])
    assert "not yet named" in words(client, reverse("admin:licensing_sunset_changelist"))


@pytest.mark.parametrize("percent", ["0", "101", "-5", "१०", "9" * 5000, "5.5"])
def test_a_per_cent_is_a_whole_number_from_1_to_100(client: Client, percent: str) -> None:
    answer = client.post(ADD, filled(ramp__0__percent=percent))
    assert answer.status_code == 200
    assert "Step 1" in str(answer.context["adminform"].form.errors["ramp"])


def test_feature_and_tier_are_the_products_own(client: Client) -> None:
    shop = published().product
    answer = client.post(ADD, filled(product=shop.pk, feature_key="guests", tier_key="business"))
    form = answer.context["adminform"].form
    assert form.errors["feature_key"] == form.errors["tier_key"] == ["Shop has never had it."]
    groups = dict(form.fields["feature_key"].choices)
    assert ("guests", "Guests (guests)") in groups["Meridian"]
    assert [key for key, _name in groups["Shop"]] == ["projects", "sso", "support"]
    assert client.post(ADD, filled(product=shop.pk)).status_code == 302, "which has both of these"


def test_the_page_of_a_draft_says_what_stands_in_the_way_before_anybody_tries(
    client: Client, as_staff: SignIn
) -> None:
    bo()
    client.post(ADD, filled(first_on="2026-12-01", ramp__0__percent="50"))
    said = words(client, page_of(Sunset.objects.get()))
    for fault in (
        "What stands in the way of announcing it",
        "Somebody else announces it: nobody approves what they wrote.",
        "A ramp grows, step by step and day by day, up to 100 per cent.",
        "Today it touches 1 customer.",
    ):
        assert fault in said
    Sunset.objects.update(ramp=[], first_on=date(2026, 12, 1))
    assert "of notice the first day is" in words(as_staff("support"), page_of(Sunset.objects.get()))


def test_where_nothing_stands_in_the_way_the_page_says_so(client: Client) -> None:
    assert "Nothing. Somebody who did not write it reads it once more" in words(client, page_of(draft()))


def test_whoever_cannot_announce_it_is_told_once_and_offered_no_button(client: Client) -> None:
    client.post(ADD, filled())
    door = reverse("admin:licensing_sunset_announce", args=[Sunset.objects.get().pk])
    for said in (client.get(door), client.post(door, {"key": "sso"})):
        text = said.content.decode()
        assert text.count("nobody approves what they wrote") == 1
        assert "Announce it for good" not in text


def test_what_is_announced_is_read_in_words(client: Client, okafor: Party) -> None:
    bo()
    sunset = announced(ramp=[[10, "2027-02-15"], [100, "2027-03-01"]])
    said = words(client, page_of(sunset))
    assert "Single sign-on (sso)" in said
    assert "Team (team)" in said
    assert "10 per cent from 15 February 2027, 100 per cent from 01 March 2027" in said
    assert "stands in the way" not in said


def test_a_draft_keeps_a_key_that_no_published_edition_has(client: Client) -> None:
    sunset = draft(feature_key="fax")
    form = client.get(page_of(sunset)).context["adminform"].form
    assert ("fax", "fax (in no published edition)") in form.fields["feature_key"].choices
    assert client.post(page_of(sunset), filled(feature_key="fax")).status_code == 302


# Lists and pages


LISTS = {
    "sunsets": reverse_lazy("admin:licensing_sunset_changelist"),
    "planned changes": reverse_lazy("admin:licensing_plannedchange_changelist"),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_say_names_beside_keys_of_a_feature_and_of_an_edition(client: Client, name: str) -> None:
    bo()
    announced()
    edition_ends(tier_key="team")
    said = words(client, str(LISTS[name]))
    assert "Single sign-on (sso), Team (team)" in said
    assert "Edition March 2025 (2025-03), Team (team)" in said
    assert "sso, team" not in said


@pytest.mark.parametrize("name", LISTS)
def test_names_cost_a_list_no_query_a_row(client: Client, name: str) -> None:
    bo()
    announced()
    client.get(str(LISTS[name]))
    with CaptureQueriesContext(connection) as one:
        client.get(str(LISTS[name]))
    edition_ends()
    draft(feature_key="guests")
    with CaptureQueriesContext(connection) as three:
        client.get(str(LISTS[name]))
    assert len(three) == len(one)


def test_planned_changes_of_one_sunset_are_found_from_it(client: Client) -> None:
    bo()
    sunset = announced()
    edition_ends()
    (address,) = re.findall(rf'href="([^"]*\?sunset={sunset.pk})"', page_text(client, str(LISTS["sunsets"])))
    found = client.get(address).context["cl"].result_list
    assert [change.sunset_id for change in found] == [sunset.pk]
    assert len(client.get(f"{LISTS['planned changes']}?sunset=nobody").context["cl"].result_list) == 2


def test_a_page_is_headed_by_the_names_as_they_are_now(client: Client) -> None:
    sunset = draft()
    assert str(sunset) == "Single sign-on (sso), Team (team)"
    client.post(page_of(sunset), filled(feature_key="guests", tier_key=""))
    assert "Guests (guests)" in words(client, page_of(sunset))
    assert str(Sunset.objects.get()) == "Guests (guests)"
    assert str(LogEntry.objects.get().object_repr) == "Guests (guests)"


def page_text(client: Client, address: str) -> str:
    return html.unescape(client.get(address).content.decode())
