"""Before anybody announces a sunset they read what it will mean: who, what they pay, what they lose and gain."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing import catalogue
from licensing.models import Licence, Sunset, Tier
from licensing.usage import record_reading
from tests.cast import NOON, OLD, TODAY, ada, bo, holds, make_catalogue, organisation, person
from tests.pages.conftest import text_of
from tests.publishing import publish
from tests.staff.conftest import SignIn
from tests.sunsets.editions import draft as ending
from tests.sunsets.scenes import draft as leaving


@pytest.fixture
def client(as_staff: SignIn) -> Client:
    make_catalogue()
    return as_staff("catalogue")


def doors(sunset: Sunset) -> tuple[str, str]:
    """The draft's own page, and the one that announces it."""
    return tuple(
        reverse(f"admin:licensing_sunset_{door}", args=[sunset.pk]) for door in ("change", "announce")
    )  # type: ignore[return-value]


def another(
    name: str, *, tier: str, interval: str = "month", currency: str = "EUR", edition: str = OLD
) -> Licence:
    """Somebody else on older terms."""
    customer = organisation(
        name, owner=person(name), country="SE", currency=currency, time_zone="Europe/Stockholm", at=NOON
    )
    if tier == "free":
        free = Tier.objects.get(edition__key=edition, key="free")
        Licence.objects.filter(customer=customer).update(tier=free, edition=free.edition)
        return Licence.objects.get(customer=customer)
    return holds(
        customer, tier=tier, edition=edition, interval=interval, seats=2, since=NOON - timedelta(days=1)
    )


def test_whoever_announces_the_end_of_an_edition_reads_what_its_holders_pay_lose_and_gain(
    client: Client,
) -> None:
    bo(), ada(), another("Mo", tier="team"), another("Nia", tier="free")
    for door in doors(ending()):
        said = text_of(client.get(door))
        assert "Today it touches 3 customers." in said
        assert "Free (free) 1 licence (1 free, 0 paid)" in said
        assert "Team (team) 2 licences (0 free, 2 paid)" in said
        assert "1 pays €17.00 → €21.00 a seat a month" in said
        assert "1 pays €170.00 → €210.00 a seat a year" in said
        assert "Single sign-on: yes → not included" in said
    assert "Business (business)" not in said, "nobody holds it"


def test_losses_and_gains_are_those_in_force_and_as_the_product_compares_them(client: Client) -> None:
    """A later edition shares 60,000 calls with Team: nobody loses any by moving."""
    bo()
    sunset = ending()
    team = Tier.objects.get(edition__key=TODAY, key="team")
    later = catalogue.draft_from(edition=team.edition, key="2026-11", name="November 2026")
    type(later).objects.filter(pk=later.pk).update(rationale="Room for more.")
    later.refresh_from_db()
    later.features.filter(key="api-calls").update(shared=True)
    later.tiers.get(key="team").grants.filter(feature__key="api-calls").update(value=60000)
    before = text_of(client.get(doors(sunset)[0]))
    publish(later, at=NOON)
    after = text_of(client.get(doors(sunset)[0]))
    assert "API calls: 50,000 calls a month → 40,000 calls a month" in before
    assert "API calls:" not in after


def test_of_a_feature_it_says_how_many_use_it_by_the_newest_reading(client: Client) -> None:
    """Bo's people run 87 automations; the other organisation had some, and has none."""
    lindqvist, idle = bo(), another("Ida", tier="team")
    for customer, value, ago in ((lindqvist.customer, 87, 1), (idle.customer, 5, 9), (idle.customer, 0, 1)):
        record_reading(
            customer=customer, feature_key="automations", value=value, at=NOON - timedelta(hours=ago)
        )
    sunset = leaving(feature_key="automations")
    for door in doors(sunset):
        said = text_of(client.get(door))
        assert "Team (team) of March 2025 (2025-03) 2 licences (1 uses it by the newest reading)" in said
    assert listed(client, sunset) == [{"Ida", "Lindqvist & Daughters"}, {"Lindqvist & Daughters"}]


def test_where_nobody_counts_the_use_it_says_that_all_are_told_at_once(client: Client) -> None:
    bo()
    said = text_of(client.get(doors(leaving())[0]))
    assert (
        "Team (team) of March 2025 (2025-03) 1 licence (nobody counts who uses it: all are told at once)"
        in said
    )


def test_the_licences_are_listed_by_name_and_those_of_today_alone(client: Client) -> None:
    bo(), another("Mo", tier="team"), another("Nia", tier="free")
    gone = another("Olu", tier="team")
    Licence.objects.filter(pk=gone.pk).update(ended_at=NOON)
    closed = another("Pia", tier="team")
    type(closed.customer).objects.filter(pk=closed.customer_id).update(closed_at=NOON)
    assert listed(client, ending()) == [{"Nia"}, {"Lindqvist & Daughters", "Mo"}]


def listed(client: Client, sunset: Sunset) -> list[set[str]]:
    """Whom each link of a draft's page lists, in its order."""
    page = client.get(doors(sunset)[0]).content.decode().replace("&amp;", "&")
    links = re.findall(r'href="(/admin/licensing/licence/\?edition=[^"]*)"', page)
    return [
        {licence.customer.name for licence in client.get(link).context["cl"].result_list} for link in links
    ]


@pytest.mark.parametrize(
    "asked",
    ["tier=nobody", "edition=x&tier=1", "edition=²", "uses=nothing", "live=perhaps", f"edition={'9' * 40}"],
)
def test_what_names_nothing_filters_no_licence(client: Client, asked: str) -> None:
    bo()
    answer = client.get(f"{reverse('admin:licensing_licence_changelist')}?{asked}")
    assert len(answer.context["cl"].result_list) == 1


def test_a_draft_that_does_not_say_yet_what_comes_after_says_so(client: Client) -> None:
    bo()
    for door in doors(ending(replacement=None)):
        said = text_of(client.get(door))
        assert "Once the edition after it is chosen, this says what they lose, gain and pay." in said
        assert "→" not in said
    assert "Today it touches 0 customers." in text_of(
        client.get(doors(leaving(feature_key="", tier_key=""))[0])
    )


@pytest.mark.parametrize("make", [ending, lambda: leaving(feature_key="automations", tier_key="")])
def test_what_it_costs_to_say_does_not_grow_with_the_licences(client: Client, make: Any) -> None:
    bo()
    sunset = make()
    counted = []
    for _ in range(2):
        for door in doors(sunset):
            client.get(door)
            with CaptureQueriesContext(connection) as queries:
                client.get(door)
            counted.append(len(queries))
        for number, tier in enumerate(("free", "team", "business", "scale", "team")):
            another(f"Org{number}", tier=tier)
    assert counted[:2] == counted[2:]
