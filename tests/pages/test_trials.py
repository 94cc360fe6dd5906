"""Trials are begun, shown and given back by those who may; everybody sees the reasons."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from licensing.models import Trial
from tests import cast
from tests.cast import NOON, Party
from tests.pages.conftest import SignIn, text_of, tries, uses


def words(client: Client) -> str:
    return text_of(client.get("/trials/"))


def test_what_can_be_tried_says_how_long_and_what_comes_after(ada: Party, sign_in: SignIn) -> None:
    text = words(sign_in(ada.user))
    assert "14 days, until Sunday 6 December at" in text
    assert "Then you have Team again, by itself; the trial changes nothing of it." in text
    assert "You have all of Team already." in text


def test_starting_lends_the_tier_at_once(ada: Party, sign_in: SignIn) -> None:
    client = sign_in(ada.user)
    response = client.post("/trials/", {"start": "business"}, follow=True)
    assert response.redirect_chain == [("/plan/", 302)]
    assert "You have all of Business from now on, until Sunday 6 December at" in text_of(response)
    assert "You are trying Business." in text_of(response)


def test_a_second_one_is_refused_with_its_reason(ada: Party, sign_in: SignIn) -> None:
    client = sign_in(ada.user)
    client.post("/trials/", {"start": "business"})
    response = client.post("/trials/", {"start": "scale"})
    assert response.status_code == 422
    assert "You are trying Business now. Give it back, and you can try this one." in text_of(response)
    assert Trial.objects.count() == 1


def test_what_was_used_is_told_with_the_room_that_waits(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "projects", 16, at=NOON - timedelta(days=12))
    uses(ada, "projects", 23)
    tries(ada, "business", started_at=NOON - timedelta(days=11))
    text = words(sign_in(ada.user))
    assert "3 days left." in text
    assert (
        "Projects 16 → to 23 Team has room for 20. What is above it stays, and no more can be added." in text
    )


def test_a_count_that_began_anew_is_not_set_beside_the_month_before(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "api-calls", 39_900, at=NOON - timedelta(days=12))
    uses(ada, "api-calls", 11_400)
    tries(ada, "business", started_at=NOON - timedelta(days=11))
    text = words(sign_in(ada.user))
    assert "API calls a month 11,400 Team has room for 40,000." in text


def test_given_back_early_the_plan_is_as_before_and_the_trial_is_remembered(
    ada: Party, sign_in: SignIn
) -> None:
    client = sign_in(ada.user)
    client.post("/trials/", {"start": "business"})
    response = client.post("/trials/", {"give_back": "1"}, follow=True)
    text = text_of(response)
    assert "The trial is given back. You have Team again; the trial changed nothing of it." in text
    assert "given back early" in text
    assert "You have tried Business in the last twelve months." in text


def test_giving_back_twice_is_harmless(ada: Party, sign_in: SignIn) -> None:
    assert sign_in(ada.user).post("/trials/", {"give_back": "1"})["Location"] == "/trials/"


def test_a_trial_that_no_job_has_ended_yet_is_over_by_the_clock(ada: Party, sign_in: SignIn) -> None:
    tries(ada, "business", started_at=NOON - timedelta(days=14))
    text = words(sign_in(ada.user))
    assert "Try before you pay." in text
    assert "Business 8 November 2026 22 November 2026 ran its time" in text


def test_a_member_sees_and_asks_but_does_not_begin(ada: Party, sign_in: SignIn) -> None:
    client = sign_in(cast.eve().user)
    assert "Ask an owner" in words(client)
    assert client.post("/trials/", {"start": "business"}).status_code == 403
    assert not Trial.objects.exists()


def test_what_is_owed_is_asked_only_of_those_who_may_pay_it(di: Party, sign_in: SignIn) -> None:
    member = cast.person("Hal Marsh")
    cast.joins(member, di.customer)
    to_do = "Pay the open invoice on the billing page"
    assert to_do in words(sign_in(di.user))
    said = words(sign_in(member))
    assert "The last payment did not go through." in said
    assert to_do not in said
    assert "You can ask them to." in said


def test_a_tier_that_does_not_exist_is_not_found(ada: Party, sign_in: SignIn) -> None:
    assert sign_in(ada.user).post("/trials/", {"start": "gold"}).status_code == 404


def test_queries_are_constant(ada: Party, sign_in: SignIn, django_assert_num_queries: object) -> None:
    client = sign_in(ada.user)
    for days in (400, 300, 200, 100):
        trial = tries(ada, "business", started_at=NOON - timedelta(days=days))
        trial.ended_at, trial.end = trial.ends_at, Trial.End.EXPIRED
        trial.save()
    client.get("/trials/")
    # Who it is and for whom, one; the storefront, three for the facts, then the trials and two readings.
    with django_assert_num_queries(8):  # type: ignore[operator]
        client.get("/trials/")
