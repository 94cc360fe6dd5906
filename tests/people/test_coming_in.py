"""Signing up and in: proved addresses, no hints about who has an account, safe ways back, our own host in mails."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal.models import User
from tests.cast import PASSWORD, eve, later_terms, make_catalogue, person

pytestmark = pytest.mark.django_db
START = {"name": "Byrne Maps", "country": "IE", "currency": "EUR", "time_zone": "Europe/Dublin"}
SIGNUP = {"name": "Gus Byrne", "email": "gus@demo.test", "password1": "correct horse battery"}


def the_code() -> str:
    """The code in the last mail."""
    return str(mail.outbox[-1].subject).rsplit(" ", 1)[-1]


def sign_in(client: Client, email: str, password: str = PASSWORD, **query: str):
    return client.post(reverse("account_login", query=query), {"login": email, "password": password})


def test_signing_up_proves_the_address_by_a_code_and_leads_to_start(client: Client) -> None:
    make_catalogue()
    answer = client.post("/accounts/signup/", SIGNUP)
    assert answer.url == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session
    page = client.get(answer.url)
    assert "gus@demo.test" in page.content.decode()
    answer = client.post(answer.url, {"code": the_code()})
    assert answer.url == "/plan/"
    assert client.get("/plan/", follow=True).redirect_chain == [("/start/", 302)]
    assert User.objects.get(email="gus@demo.test").name == "Gus Byrne"


@pytest.mark.parametrize(
    ("is_lent", "meant"), [(True, "/trials/"), (False, "/upgrade/?tier=team")], ids=["try", "buy"]
)
def test_what_was_chosen_on_the_price_list_is_where_one_comes_out(
    client: Client, is_lent: bool, meant: str
) -> None:
    make_catalogue()
    if not is_lent:
        later_terms(("trial_days = 14\n", "trial_days = 0\n"))
    prices = client.get("/").content.decode()
    (link,) = re.findall(r'href="([^"]*signup[^"]*)">(?:Try|Start with) Team<', prices)
    door = html.unescape(link)
    (kept,) = re.findall(r'name="next" value="([^"]*)"', client.get(door).content.decode())
    client.post(door, {**SIGNUP, "next": html.unescape(kept)})
    answer = client.post("/accounts/confirm-email/", {"code": the_code()})
    assert answer.url == meant
    answer = client.get(answer.url)
    assert answer.url == f"/start/?{urlencode({'next': meant}, safe='/')}"
    assert client.post(answer.url, START).url == meant
    assert client.get(meant).status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://other.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_out_of_the_house_on_coming_in(
    client: Client, settings: Settings, elsewhere: str
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    make_catalogue()
    client.force_login(person("Gus Byrne"))
    door = f"/start/?{urlencode({'next': elsewhere})}"
    assert client.post(door, START).url == "/plan/"
    assert client.get(door).url == "/plan/"


def test_a_wrong_code_does_not_let_in(client: Client) -> None:
    client.post("/accounts/signup/", SIGNUP)
    answer = client.post("/accounts/confirm-email/", {"code": "WRONG1"})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_code_cannot_be_guessed_for_long(client: Client) -> None:
    client.post("/accounts/signup/", SIGNUP)
    right = the_code()
    for _ in range(3):
        client.post("/accounts/confirm-email/", {"code": "WRONG1"})
    client.post("/accounts/confirm-email/", {"code": right})
    assert "_auth_user_id" not in client.session


def test_signing_up_with_a_known_address_looks_the_same_and_tells_its_owner(client: Client) -> None:
    make_catalogue()
    person("Gus Byrne")
    known = client.post("/accounts/signup/", SIGNUP)
    stranger = Client()
    unknown = stranger.post("/accounts/signup/", {**SIGNUP, "email": "new@demo.test"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    told = next(message for message in mail.outbox if message.to == ["gus@demo.test"])
    assert told.subject == "You have an account already"
    assert User.objects.filter(email="gus@demo.test").count() == 1
    pages = [
        re.sub(r'value="[^"]+"|new@demo.test|gus@demo.test', "", browser.get(known.url).content.decode())
        for browser in (client, stranger)
    ]
    assert "Enter the code" in pages[0]
    assert pages[0] == pages[1]


def test_a_forgotten_password_looks_the_same_for_known_and_unknown_addresses(client: Client) -> None:
    person("Gus Byrne")
    answers = [
        client.post("/accounts/password/reset/", {"email": email})
        for email in ("gus@demo.test", "no@demo.test")
    ]
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, "/accounts/password/reset/done/")
    }
    assert [message.subject for message in mail.outbox] == [
        "Choose a new password",
        "There is no account with this address",
    ]


def test_a_wrong_password_and_an_unknown_address_are_told_alike(client: Client) -> None:
    person("Gus Byrne")
    errors = {
        str(sign_in(client, email, "not the password").context["form"].errors)
        for email in ("gus@demo.test", "no@demo.test")
    }
    assert len(errors) == 1


def test_mails_link_to_base_url_whatever_host_was_asked(client: Client, settings: Settings) -> None:
    settings.BASE_URL = "https://portal.example.com"
    settings.ALLOWED_HOSTS = ["*"]
    person("Gus Byrne")
    client.post("/accounts/password/reset/", {"email": "gus@demo.test"}, headers={"host": "evil.example"})
    client.post("/accounts/password/reset/", {"email": "no@demo.test"}, headers={"host": "evil.example"})
    client.post("/accounts/signup/", SIGNUP, headers={"host": "evil.example"})
    assert len(mail.outbox) == 3
    for message in mail.outbox:
        html = message.alternatives[0].content
        assert "https://portal.example.com/accounts/" in message.body
        for text in (message.body, html, message.subject):
            assert "evil" not in text


def test_a_reset_link_works_once(client: Client) -> None:
    person("Gus Byrne")
    client.post("/accounts/password/reset/", {"email": "gus@demo.test"})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    page = client.get(link, follow=True)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    assert client.post(page.redirect_chain[-1][0], new).status_code == 302
    assert sign_in(Client(), "gus@demo.test", "another horse battery").status_code == 302
    assert "This link is used up" in Client().get(link, follow=True).content.decode()


def test_every_account_mail_says_the_same_in_text_and_html(client: Client) -> None:
    make_catalogue()
    client.post("/accounts/signup/", SIGNUP)
    message = mail.outbox[0]
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert the_code() in message.body
    assert the_code() in html
    assert message.subject == f"Your code: {the_code()}"


@pytest.mark.parametrize(
    "way",
    [
        "https://evil.example/",
        "//evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/\\evil",
    ],
)
def test_the_way_back_stays_with_us(client: Client, way: str) -> None:
    eve()
    assert sign_in(client, "eve@demo.test", next=way).url == "/plan/"
    assert client.post(reverse("account_logout", query={"next": way})).url == "/"


def test_the_way_back_leads_to_the_page_that_was_asked(client: Client) -> None:
    eve()
    answer = client.get("/team/?from=mail")
    assert answer.url == "/accounts/login/?next=/team/%3Ffrom%3Dmail"
    assert sign_in(client, "eve@demo.test", next="/team/?from=mail").url == "/team/?from=mail"


def test_an_allowed_host_that_is_not_ours_is_no_way_back(client: Client, settings: Settings) -> None:
    eve()
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    assert sign_in(client, "eve@demo.test", next="http://other.example/").url == "/plan/"


def test_passwords_cannot_be_tried_for_long(client: Client) -> None:
    person("Gus Byrne")
    for _ in range(5):
        sign_in(client, "gus@demo.test", "not the password")
    answer = sign_in(client, "gus@demo.test")
    assert "Too many failed" in str(answer.context["form"].errors)
    assert "_auth_user_id" not in client.session


def test_signing_up_in_masses_is_slowed_with_words(client: Client) -> None:
    for number in range(20):
        client.post("/accounts/signup/", {**SIGNUP, "email": f"p{number}@demo.test", "password1": "short"})
    answer = client.post("/accounts/signup/", SIGNUP)
    assert answer.status_code == 429
    assert "A little slower" in answer.content.decode()


def test_a_clients_own_word_about_its_address_does_not_count(client: Client) -> None:
    for number in range(20):
        client.post(
            "/accounts/signup/",
            {**SIGNUP, "password1": "short"},
            headers={"x-forwarded-for": f"203.0.113.{number}"},
        )
    assert client.post("/accounts/signup/", SIGNUP).status_code == 429


def test_behind_a_proxy_what_it_says_of_the_client_counts(client: Client, settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(21):
        limited = client.post("/accounts/signup/", {}, headers={"x-forwarded-for": "1.2.3.4, 203.0.113.1"})
    other = client.post("/accounts/signup/", {}, headers={"x-forwarded-for": "1.2.3.4, 203.0.113.2"})
    assert (limited.status_code, other.status_code) == (429, 200)


def test_short_and_common_passwords_are_refused(client: Client) -> None:
    for password in ("short", "password123", "1234567890"):
        assert client.post("/accounts/signup/", {**SIGNUP, "password1": password}).status_code == 200
    assert not User.objects.exists()
