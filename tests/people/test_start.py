"""/start/, switching between organisations, and joining by a link."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client

from licensing.invitations import invite, token_of
from licensing.models import Customer, Invitation, Member, Role
from portal import places
from tests.cast import NOON, ada, cy, joins, make_catalogue, person

pytestmark = pytest.mark.django_db
FORM = {"name": "Byrne Maps", "country": "IE", "currency": "EUR", "time_zone": "Europe/Dublin"}


@pytest.fixture
def gus(client: Client) -> Client:
    make_catalogue()
    client.force_login(person("Gus Byrne"))
    return client


def invited(email: str = "gus@demo.test") -> Invitation:
    """By Ada, for good: the views read the real clock."""
    party = ada()
    invitation = invite(customer=party.customer, email=email, role=Role.BILLING, by=party.user, at=NOON)
    Invitation.objects.update(expires_at=NOON.replace(year=2100))
    return Invitation.objects.get(pk=invitation.pk)


def test_a_new_person_makes_their_organisation(gus: Client) -> None:
    answer = gus.post("/start/", FORM, headers={"accept-language": "en-IE"})
    assert answer.url == "/plan/"
    customer = Customer.objects.get()
    assert (customer.name, customer.country, customer.currency) == ("Byrne Maps", "IE", "EUR")
    assert (customer.time_zone, customer.locale) == ("Europe/Dublin", "en_IE")
    assert gus.get("/start/").url == "/plan/"


@pytest.mark.parametrize(
    ("language", "guess"),
    [
        ("de-AT,de;q=0.9", ("AT", "EUR", "Europe/Vienna")),
        ("ja-JP", ("JP", "JPY", "Asia/Tokyo")),
        ("en-US,en", ("US", "USD", "America/New_York")),
        ("en", ("", "USD", "")),
    ],
)
def test_the_form_begins_with_a_good_guess(gus: Client, language: str, guess: tuple[str, str, str]) -> None:
    form = gus.get("/start/", headers={"accept-language": language}).context["form"]
    assert (form["country"].value(), form["currency"].value(), form["time_zone"].value()) == guess


def test_every_guess_is_among_the_choices() -> None:
    zones = {name for _, group in places.time_zones() for name, _ in group}
    codes = {code for code, _ in places.countries("en_GB")}
    guesses = places.zone_by_country()
    assert {guesses[code] for code in codes if code in guesses} <= zones
    assert codes <= set(guesses) | {"BV", "HM", "XK"}


def test_what_a_browser_makes_up_is_refused_beside_the_field(gus: Client) -> None:
    answer = gus.post("/start/", {**FORM, "currency": "CHF", "country": "QO"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"currency", "country"}
    assert not Customer.objects.exists()


def test_a_second_organisation_is_made_only_when_asked_for(gus: Client) -> None:
    gus.post("/start/", FORM)
    gus.post("/start/", {**FORM, "name": "Byrne Globes"})
    assert Customer.objects.count() == 1
    gus.post("/start/?another", {**FORM, "name": "Byrne Globes"})
    assert Customer.objects.count() == 2
    assert gus.get("/team/").context["member"].customer.name == "Byrne Globes"


def test_an_invitation_waits_on_the_start_page(gus: Client) -> None:
    invitation = invited()
    page = gus.get("/start/").content.decode()
    assert "You are invited" in page
    assert f"/team/join/{token_of(invitation)}/" in page


def test_an_invited_stranger_signs_up_and_comes_back_to_join(client: Client) -> None:
    token = token_of(invited("new@demo.test"))
    door = f"/team/join/{token}/"
    page = client.get(door).content.decode()
    assert "Okafor Bakeries" in page
    assert f"/accounts/signup/?email=new%40demo.test&amp;next={quote(door)}" in page
    client.post(
        f"/accounts/signup/?next={door}",
        {"name": "New", "email": "new@demo.test", "password1": "correct horse battery", "next": door},
    )
    code = mail.outbox[-1].subject.rsplit(" ", 1)[-1]
    assert client.post("/accounts/confirm-email/", {"code": code}).url == door
    assert client.post(door).url == "/plan/"
    assert Member.objects.get(user__email="new@demo.test").role == Role.BILLING


def test_a_link_followed_with_another_address_says_so_and_joins_nobody(client: Client) -> None:
    door = f"/team/join/{token_of(invited())}/"
    client.force_login(person("Mal"))
    assert "you are signed in as mal@demo.test" in client.get(door).content.decode()
    answer = client.post(door)
    assert answer.status_code == 422
    assert not Member.objects.filter(user__email="mal@demo.test").exists()


def test_a_stranger_cannot_join_by_post(client: Client) -> None:
    door = f"/team/join/{token_of(invited())}/"
    assert client.post(door).status_code == 200
    assert not Invitation.objects.get().accepted_at


def test_a_link_we_never_made_leads_nowhere(client: Client) -> None:
    assert client.get("/team/join/12:forged/").status_code == 404


def test_one_switches_between_ones_own_organisations_only(client: Client) -> None:
    first, second = ada(), cy()
    joins(first.user, second.customer)
    client.force_login(first.user)
    assert client.get("/team/").context["member"].customer == first.customer
    client.post("/team/switch/", {"customer": second.customer.slug})
    assert client.get("/team/").context["member"].customer == second.customer
    client.force_login(second.user)
    assert client.post("/team/switch/", {"customer": first.customer.slug}).status_code == 404


def test_a_closed_organisation_is_out_of_sight(client: Client) -> None:
    party = cy()
    client.force_login(party.user)
    answer = client.post("/team/close/", {"name": "Tanaka"})
    assert answer.status_code == 422
    assert "the name you typed is not Tanaka Studio" in answer.content.decode()
    assert Customer.objects.get().closed_at is None
    client.post("/team/close/", {"name": "Tanaka Studio"})
    assert client.get("/plan/").url == "/start/"
