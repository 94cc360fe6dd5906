"""What support made for a customer is no part of a plan: quotes and the cancelling page say so, and until when."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from licensing import waivers
from licensing.history import Actor
from licensing.waivers.threshold import Wish
from tests.cast import person
from tests.money_pages.conftest import Buyer


def made_for(buyer: Buyer, feature: str, value: Any, *, days: int, later: int = 0) -> None:
    """More of a feature for `days`, from `later` days on."""
    at = timezone.now()
    begins = at + timedelta(days=later)
    waiver = waivers.ask_for_waiver(
        customer=buyer.customer,
        wish=Wish("limit", begins, begins + timedelta(days=days), feature_key=feature, value=value),
        reason="Ticket 4711.",
        words="So that you can move without haste.",
        actor=Actor.person(person("Sam Support")),
        at=at,
    )
    if waiver.granted_at is None:
        waivers.approve(waiver=waiver, actor=Actor.person(person("Fin Finance")), at=at)


def made_for_you(client: Client, address: str) -> str:
    """The words under "Made for you, beside your plan"; empty where the page has no such part."""
    page = client.get(address).content.decode()
    found = re.search(r'aria-labelledby="carried">(.*?)</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found.group(1)).split()) if found else ""


@pytest.fixture
def team(ada: Buyer) -> Buyer:
    """Ada bought Team, which has room for 20 projects, by the month."""
    ada.with_card().buy("team", seats=3)
    return ada


def test_cancelling_says_that_the_raised_limit_is_an_exception_until_when_and_what_comes_then(
    team: Buyer, ada_client: Client
) -> None:
    made_for(team, "projects", 40, days=90)
    said = made_for_you(ada_client, reverse("billing_cancel"))
    assert re.search(r"Projects: 40, made for you until \w+ \d+, \d{4} at \d+:\d\d [AP]M\.", said)
    assert "Then it is 3, as Free has it." in said


def test_one_that_ends_within_what_is_paid_goes_back_to_the_tier_held_then(
    team: Buyer, ada_client: Client
) -> None:
    made_for(team, "projects", 40, days=5)
    assert "Then it is 20, as Team has it." in made_for_you(ada_client, reverse("billing_cancel"))


def test_what_the_free_tier_lacks_goes_with_the_exception(team: Buyer, ada_client: Client) -> None:
    made_for(team, "sso", True, days=90)
    said = made_for_you(ada_client, reverse("billing_cancel"))
    assert "Single sign-on, made for you until" in said
    assert "Then it goes: Free does not include it." in said


def test_a_quote_for_more_seats_says_what_comes_after_the_exception(team: Buyer, ada_client: Client) -> None:
    made_for(team, "projects", 40, days=90)
    quote = team.quote("team", seats=5)
    said = made_for_you(ada_client, reverse("quote", args=[quote.pk]))
    assert "Projects: 40, made for you until" in said
    assert "Then it is 20, as Team has it." in said


def test_a_quote_for_a_tier_that_has_as_much_says_so(team: Buyer, ada_client: Client) -> None:
    made_for(team, "projects", 40, days=90)
    quote = team.quote("business", seats=3)
    assert "Business gives as much by itself." in made_for_you(ada_client, reverse("quote", args=[quote.pk]))


def test_one_for_later_names_both_its_days(team: Buyer, ada_client: Client) -> None:
    made_for(team, "projects", 40, days=30, later=10)
    said = made_for_you(ada_client, reverse("quote", args=[team.quote("team", seats=5).pk]))
    assert re.search(r"Projects: 40, made for you from .* until ", said)


def test_without_an_exception_nothing_is_said(team: Buyer, ada_client: Client) -> None:
    assert not made_for_you(ada_client, reverse("billing_cancel"))
    assert not made_for_you(ada_client, reverse("quote", args=[team.quote("team", seats=5).pk]))
