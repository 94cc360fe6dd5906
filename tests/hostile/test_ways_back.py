"""No address of somebody else's is led to, believed, or told ours."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from licensing.invitations import invite, token_of
from licensing.models import Role
from portal.mails.opting_out import opt_out_token
from tests.cast import PASSWORD, ada, eve
from tests.doors.people import browser_of, staff_of

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "http://testserver@evil.example",
    "http://testserver.evil.example/",
    "http://127.0.0.1/",
    "javascript:alert(1)",
    "data:text/html,x",
    "\x00//evil.example",
    " //evil.example",
    "/\t/evil.example",
    "%2f%2fevil.example",
    "ftp://testserver/",
]
EVIL_HOSTS = [
    "evil.example",
    "testserver.evil.example",
    "evil.example:80",
    "testserver@evil.example",
    "[::1]:x",
    "",
]


def is_ours(address: str) -> bool:
    """A path of ours, or an address under BASE_URL."""
    return bool(re.match(r"/(?![/\\\s])|\?|%2f", address)) or address.startswith(f"{settings.BASE_URL}/")


@pytest.mark.parametrize("there", ELSEWHERE)
def test_signing_in_and_out_leads_nowhere_else(there: str) -> None:
    user = ada().user
    client = Client()
    page = client.get("/accounts/login/", {"next": there})
    assert "evil.example" not in re.sub(r'value="[^"]*"|next=[^"]*', "", page.content.decode())
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "next": there})
    assert answer.status_code == 302
    assert is_ours(answer["Location"]), answer["Location"]
    again = client.get("/accounts/login/", {"next": there})
    assert is_ours(again["Location"]), "somebody who is signed in already"
    shown = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": there})
    assert is_ours(shown["Location"])
    out = client.post("/accounts/logout/", {"next": there})
    assert is_ours(out["Location"])


@pytest.mark.parametrize("there", ELSEWHERE)
def test_looking_as_somebody_leads_nowhere_else(there: str) -> None:
    client = browser_of(staff_of("support"))
    begun = client.post(reverse("hijack:acquire"), {"user_pk": ada().user.pk, "next": there})
    assert is_ours(begun["Location"])
    ended = client.post(reverse("hijack:release"), {"next": there})
    assert is_ours(ended["Location"])


@pytest.mark.parametrize(
    "path", ["//evil.example/plan", "//evil.example", "/\\evil.example", "///evil.example/plan"]
)
def test_a_missing_slash_leads_nowhere_else(path: str) -> None:
    answer = Client().get("/", PATH_INFO=path)
    assert answer.status_code == 404


@pytest.mark.parametrize("host", EVIL_HOSTS)
def test_another_host_is_nobody_we_know(host: str) -> None:
    for door in ("/", "/plan/", "/accounts/login/", "/admin/"):
        assert Client().get(door, headers={"host": host}).status_code == 400
    assert Client().get("/", headers={"x-forwarded-host": "evil.example"}).status_code == 200


def test_no_host_but_ours_gets_into_a_mail() -> None:
    headers = {"host": "localhost", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    Client().post("/accounts/password/reset/", {"email": ada().user.email}, headers=headers)
    (message,) = mail.outbox
    written = message.message().as_string()
    assert "evil.example" not in written
    assert "//localhost" not in written
    assert settings.BASE_URL in written


@pytest.mark.usefixtures("silent_stripe")
def test_stripe_leads_back_to_our_address_and_to_quotes_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def portal_url(*, customer: object, return_url: str) -> str:
        asked.append(return_url)
        return "https://billing.stripe.com/session"

    monkeypatch.setattr("portal.views.billing.billing_portal_url", portal_url)
    client = browser_of(ada().user)
    for quote in ("", "x", "//evil.example", str(uuid4()), "\x00", "&back=//evil.example", "x" * 100_000):
        client.post("/billing/portal/", {"quote": quote}, headers={"host": "localhost"})
        back = asked.pop()
        assert back.startswith(f"{settings.BASE_URL}/billing/?back=")
        assert len(back) < 300
        assert client.get(back.removeprefix(settings.BASE_URL))["Location"] == "/billing/"


def test_addresses_that_hold_a_secret_are_told_to_nobody() -> None:
    party = ada()
    invitation = invite(
        customer=party.customer, email="gus@demo.test", role=Role.MEMBER, by=party.user, at=timezone.now()
    )
    token = opt_out_token(customer_id=party.customer.pk, address=party.user.email, kind="renewal_reminder")
    for door in (
        reverse("team_join", args=[token_of(invitation)]),
        reverse("opt_out", args=[token]),
    ):
        answer = Client().get(door)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert "no-store" in answer["Cache-Control"]
        # Whatever such a page fetches by itself, it fetches from us.
        assert not re.findall(r'(?:src|action)="(?:https?:)?//', page)
        assert not re.findall(r'<link[^>]+href="(?:https?:)?//', page)


@pytest.mark.parametrize(
    "forge", ["", "x", "1", "1:x", "1:" + "A" * 43, "\x00", "%00", "é", "x" * 2000, "1:a:b"]
)
def test_no_token_is_guessed(forge: str) -> None:
    eve()
    for door in ("/team/join/{}/", "/notices/opt-out/{}/"):
        assert Client().get(door.format(forge)).status_code == 404
        assert Client().post(door.format(forge)).status_code == 404


def test_a_token_of_one_door_opens_no_other() -> None:
    party = ada()
    invitation = invite(
        customer=party.customer, email="gus@demo.test", role=Role.MEMBER, by=party.user, at=timezone.now()
    )
    opting = opt_out_token(customer_id=party.customer.pk, address="a@b.test", kind="renewal_reminder")
    assert Client().get(f"/notices/opt-out/{token_of(invitation)}/").status_code == 404
    assert Client().get(f"/team/join/{opting}/").status_code == 404
