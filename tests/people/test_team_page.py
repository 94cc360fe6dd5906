"""What the team page shows to whom, and what can be done there."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from billing.models import Payer
from licensing.models import Invitation, Licence, Member, Role, UpgradeRequest
from tests.cast import ada, cy, eve, fay, joins, make_catalogue, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(ada().user)
    return client


def test_an_owner_invites_resends_and_takes_back(owner: Client) -> None:
    assert owner.post("/team/invitations/", {"email": "gus@demo.test", "role": "member"}).url == "/team/"
    invitation = Invitation.objects.get()
    assert "gus@demo.test" in owner.get("/team/").content.decode()
    owner.post(f"/team/invitations/{invitation.pk}/resend/")
    owner.post(f"/team/invitations/{invitation.pk}/revoke/")
    page = owner.get("/team/").content.decode()
    assert "is taken back" in page
    assert f"/team/invitations/{invitation.pk}/" not in page


def test_a_full_team_says_why_nobody_can_be_invited(owner: Client) -> None:
    Licence.objects.filter(ended_at=None).update(seats=1)
    assert "Seats used: 1 of 1." in owner.get("/team/").content.decode()
    answer = owner.post("/team/invitations/", {"email": "gus@demo.test", "role": "member"})
    assert answer.status_code == 422
    assert "Add a seat" in answer.content.decode()


def test_an_owner_changes_roles_and_removes(owner: Client) -> None:
    member = eve()
    owner.post(f"/team/members/{member.pk}/role/", {"role": "billing"})
    member.refresh_from_db()
    assert member.role == Role.BILLING
    owner.post(f"/team/members/{member.pk}/remove/")
    assert not Member.objects.filter(pk=member.pk).exists()


def test_each_member_is_shown_with_the_role_they_have(owner: Client) -> None:
    eve(), fay()
    page = owner.get("/team/").content.decode()
    for role in ("owner", "member", "billing"):
        assert page.count(f'<option value="{role}" selected>{role}</option>') == 1


def test_the_only_owner_is_told_why_they_must_stay(owner: Client) -> None:
    page = owner.post("/team/leave/", follow=True).content.decode()
    assert "Ada Okafor is the only owner. Make somebody else an owner first." in page


def test_a_member_sees_the_team_and_can_ask_but_not_manage(client: Client) -> None:
    client.force_login(eve().user)
    page = client.get("/team/").content.decode()
    assert "Ada Okafor" in page
    assert "Invite somebody" not in page
    assert "Ask for an upgrade" in page
    answer = client.post("/team/invitations/", {"email": "gus@demo.test", "role": "owner"})
    assert answer.status_code == 403
    assert "Only an owner can do this." in answer.content.decode()


def test_a_member_asks_and_billing_answers(client: Client) -> None:
    client.force_login(eve().user)
    assert client.post("/team/ask/", {"tier": "business", "note": "Sign-on"}).url == "/team/"
    question = UpgradeRequest.objects.get()
    client.force_login(fay().user)
    assert "Eve Okafor</strong> asked for <strong>Business" in client.get("/team/").content.decode()
    assert client.post(f"/team/requests/{question.pk}/", {"answer": "no", "words": "Later"}).url == "/team/"
    client.force_login(eve().user)
    assert "“Later”" in client.get("/team/").content.decode()


@pytest.mark.parametrize("tier", ["team", "free", "no-such-tier"])
def test_asking_for_what_is_not_above_is_refused_by_the_rule_and_keeps_what_was_typed(
    client: Client, tier: str
) -> None:
    client.force_login(eve().user)
    answer = client.post("/team/ask/", {"tier": tier, "note": "So that we can plan."})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "That is not a tier above yours. Choose one of those on today’s price list." in page
    assert 'href="/policy/#higher-tier"' in page
    assert "available choices" not in page
    assert "So that we can plan.</textarea>" in page
    assert not UpgradeRequest.objects.exists()


def test_on_the_highest_tier_the_rule_says_that_there_is_nothing_to_ask_for(client: Client) -> None:
    member = eve()
    highest = make_catalogue().tiers.order_by("rank").last()
    member.customer.licences.update(tier=highest, price=highest.prices.get(currency="USD", interval="month"))
    client.force_login(member.user)
    page = client.post("/team/ask/", {"tier": "scale", "note": ""}).content.decode()
    assert "That is not a tier above yours." in page
    assert "You have the highest tier" in page


def test_a_yes_leads_to_the_calculator(client: Client) -> None:
    client.force_login(eve().user)
    client.post("/team/ask/", {"tier": "business"})
    client.force_login(ada().user)
    answer = client.post(f"/team/requests/{UpgradeRequest.objects.get().pk}/", {"answer": "yes"})
    assert answer.url == "/upgrade/?tier=business"
    assert (
        "Your yes is on its way. Nothing is charged until you accept a sum."
        in client.get(answer.url).content.decode()
    )


def test_to_see_what_it_would_cost_is_no_answer_yet(client: Client) -> None:
    client.force_login(eve().user)
    client.post("/team/ask/", {"tier": "business"})
    client.force_login(ada().user)
    page = client.get("/team/").content.decode()
    assert '<a href="/upgrade/?tier=business">What Business would cost</a>' in page
    client.get("/upgrade/?tier=business")
    assert UpgradeRequest.objects.get().answered_at is None


def test_what_one_has_asked_for_is_said_where_one_asks(client: Client) -> None:
    client.force_login(eve().user)
    client.post("/team/ask/", {"tier": "business"})
    assert (
        "You asked for <strong>Business</strong> on" in client.get("/team/ask/?tier=scale").content.decode()
    )


def test_closing_says_what_becomes_of_a_credit(client: Client) -> None:
    tanaka = cy()
    client.force_login(tanaka.user)
    assert "has a credit of" not in client.get("/team/").content.decode()
    Payer.objects.create(customer=tanaka.customer, stripe_id="cus_cy", credit=124_680)
    page = client.get("/team/").content.decode()
    assert "has a credit of <b>¥124,680</b>. It pays for what Tanaka Studio buys" in page


def test_whoever_may_spend_needs_not_ask(owner: Client) -> None:
    assert owner.get("/team/ask/?tier=business").url == "/upgrade/?tier=business"


def test_the_page_costs_the_same_for_any_size_of_team(
    owner: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    owner.get("/team/")
    with CaptureQueriesContext(connection) as few:
        owner.get("/team/")
    cost = len(few)
    for number in range(5):
        joins(person(f"P{number}"), ada().customer)
        owner.post("/team/invitations/", {"email": f"q{number}@demo.test", "role": "member"})
    owner.get("/team/")
    with django_assert_num_queries(cost):
        owner.get("/team/")


def test_an_answer_that_cannot_be_taken_stands_there_as_it_was_typed(client: Client) -> None:
    client.force_login(eve().user)
    client.post("/team/ask/", {"tier": "business"})
    question = UpgradeRequest.objects.get()
    client.force_login(ada().user)
    answer = client.post(f"/team/requests/{question.pk}/", {"words": "Not before spring."})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose one of the two answers." in page
    assert 'value="Not before spring."' in page
    question.refresh_from_db()
    assert question.answered_at is None


def test_a_role_that_does_not_exist_changes_nothing_and_says_so(owner: Client) -> None:
    member = eve()
    page = owner.post(f"/team/members/{member.pk}/role/", {"role": "king"}, follow=True).content.decode()
    assert "Nothing was changed: choose one of the roles." in page
    member.refresh_from_db()
    assert member.role == Role.MEMBER
