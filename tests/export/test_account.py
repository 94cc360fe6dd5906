"""Whoever is signed in takes along what is kept of their own account, and nobody else's."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from licensing.models import Role
from licensing.signing import verify
from portal.erasing import ask_to_be_forgotten
from portal.models import User
from tests.cast import NOON, ada, bo, eve, joins, person
from tests.doors.people import browser_of

pytestmark = pytest.mark.django_db
DOOR = "data_download_account"


def downloaded(user: User) -> tuple[dict[str, Any], bytes]:
    answer = browser_of(user).post(reverse(DOOR))
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="my-account-')
    assert answer["Cache-Control"] == "private, no-store"
    whole = b"".join(answer.streaming_content)
    return json.loads(whole), whole


@pytest.fixture
def gus(db: None) -> User:
    """Gus is in two organisations, has two addresses and a passkey, and asked to be erased."""
    gus = person("Gus Brandt")
    joins(gus, ada().customer)
    joins(gus, bo().customer, role=Role.BILLING)
    EmailAddress.objects.create(user=gus, email="gus@home.test", verified=False, primary=False)
    Authenticator.objects.create(
        user=gus,
        type="webauthn",
        data={"name": "Gus’s key ring", "credential": {"id": "c2VjcmV0"}},
        created_at=NOON,
    )
    Authenticator.objects.create(user=gus, type="totp", data={"secret": "JBSWY3DP"}, created_at=NOON)
    ask_to_be_forgotten(gus, at=NOON)
    return gus


def test_it_has_name_addresses_memberships_and_the_names_of_passkeys(gus: User) -> None:
    found, _whole = downloaded(gus)
    assert found["schema"] == "account-export/1"
    assert (found["account"][0]["name"], found["account"][0]["email"]) == ("Gus Brandt", "gus@demo.test")
    assert [(one["email"], one["verified"]) for one in found["addresses"]] == [
        ("gus@demo.test", True),
        ("gus@home.test", False),
    ]
    assert [(one["organisation"], one["role"]) for one in found["memberships"]] == [
        ("Okafor Bakeries", "member"),
        ("Lindqvist & Daughters", "billing"),
    ]
    assert [(one["type"], one["name"]) for one in found["second_factors"]] == [
        ("webauthn", "Gus’s key ring"),
        ("totp", None),
    ]
    assert found["erasures"][0]["asked_at"] == "2026-11-22T12:00:00Z"
    assert set(found["columns"]["account"]) == set(found["account"][0])


def test_nothing_that_opens_anything_and_nobody_else_is_in_it(gus: User) -> None:
    words = downloaded(gus)[1].decode()
    for secret in ("JBSWY3DP", "c2VjcmV0", gus.password, "ada@demo.test", "Ada Okafor"):
        assert secret not in words


def test_its_last_line_seals_every_line_before_it_and_is_signed(gus: User) -> None:
    found, whole = downloaded(gus)
    *before, _last = whole.splitlines(keepends=True)
    assert hashlib.sha256(b"".join(before)).hexdigest() == found["seal"]["sha256"]
    verified = verify(json.dumps(found["seal"]))
    assert (verified.holds, verified.kind) == (True, "account-export")
    assert verified.statement["person"] == gus.pk


def test_who_is_in_no_organisation_has_it_too() -> None:
    nobodys = person("Nell Free")
    assert downloaded(nobodys)[0]["memberships"] == []


def test_the_page_of_ones_data_and_the_pages_of_ones_account_lead_to_it() -> None:
    client = browser_of(eve().user)
    assert f'action="{reverse(DOOR)}"' in client.get(reverse("data")).content.decode()
    assert f'href="{reverse("data")}#account"' in client.get(reverse("account_email")).content.decode()


def test_it_is_fetched_by_a_button_by_whoever_is_signed_in_and_at_a_human_pace() -> None:
    client = browser_of(eve().user)
    assert client.get(reverse(DOOR))["Location"] == reverse("data")
    assert Client().post(reverse(DOOR))["Location"].startswith("/accounts/login/")
    assert [client.post(reverse(DOOR)).status_code for _ in range(31)] == [200] * 30 + [429]
