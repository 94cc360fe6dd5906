"""Staff come in with a second factor, look as somebody else without touching anything, and it is on record."""

from __future__ import annotations

from unittest import mock

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from pytest_django import Settings

from licensing.models import Event
from portal.models import User
from portal.staff import ensure_groups
from tests.cast import PASSWORD, ada, cy, eve, joins, make_catalogue, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_waiver(settings: Settings) -> None:
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    make_catalogue()


def supporter() -> User:
    user = person("Sam Support", is_staff=True)
    user.groups.add(Group.objects.get(name="support"))
    return user


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def signed_in(user: User) -> Client:
    """Signed in by the door, with a password alone."""
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def with_factor(user: User) -> Client:
    """A session that has shown an authenticator app's code."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    client = Client()
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.url == "/accounts/2fa/authenticate/"
    client.post(answer.url, {"code": code_for(secret)})
    return client


def test_staff_without_a_second_factor_are_led_to_set_one_up() -> None:
    client = signed_in(supporter())
    for door in ("/admin/", "/admin/portal/user/", "/hijack/acquire/", "/admin/no-such-page/"):
        assert client.get(door).url == "/accounts/2fa/"
    assert client.post("/hijack/acquire/", {"user_pk": eve().user.pk}).url == "/accounts/2fa/"
    assert "need a second factor" in client.get("/accounts/2fa/").content.decode()


def test_staff_with_a_second_factor_shown_get_in() -> None:
    client = with_factor(supporter())
    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_the_factor_must_show_it() -> None:
    user = supporter()
    older = signed_in(user)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    answer = older.get("/admin/")
    assert answer.url == "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F"
    assert older.post(answer.url, {"code": code_for(secret), "next": "/admin/"}).url == "/admin/"
    assert older.get("/admin/").status_code == 200


def test_setting_the_factor_up_shows_it() -> None:
    user = supporter()
    client = signed_in(user)
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    if page.redirect_chain:
        client.post(page.redirect_chain[-1][0], {"password": PASSWORD})
        page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    # Within the test's transaction nothing is ever committed.
    with mock.patch("allauth.mfa.totp.internal.flows.transaction.on_commit", lambda callback: callback()):
        client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)})
    assert client.get("/admin/").status_code == 200
    assert "An authenticator app was set up" in [message.subject for message in mail.outbox]


def test_the_admins_own_sign_in_page_is_not_a_way_around() -> None:
    supporter()
    client = Client()
    assert client.get("/admin/login/").url.startswith("/accounts/login/?next=")
    answer = client.post("/admin/login/", {"username": "sam@demo.test", "password": PASSWORD})
    assert answer.url.startswith("/accounts/login/?next=")
    assert "_auth_user_id" not in client.session


def test_secrets_of_second_factors_are_sealed_in_the_database(settings: Settings) -> None:
    user = supporter()
    secret = generate_totp_secret()
    totp = TOTP.activate(user, secret)
    assert secret not in str(Authenticator.objects.get().data)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key " * 6
    assert totp.validate_code(code_for(secret))
    codes = RecoveryCodes.activate(user).get_unused_codes()
    assert codes
    assert codes[0] not in str(Authenticator.objects.get(type="recovery_codes").data)


def test_customers_need_no_second_factor() -> None:
    assert signed_in(eve().user).get("/plan/").status_code == 200


def test_staff_who_are_no_members_begin_in_the_admin() -> None:
    user = supporter()
    answer = Client().post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.url == "/admin/"


def looking_as(person_looked_as: User) -> Client:
    client = with_factor(supporter())
    assert client.post("/hijack/acquire/", {"user_pk": person_looked_as.pk}).url == "/plan/"
    return client


def test_looking_as_somebody_is_on_record_in_each_of_their_customers() -> None:
    party = ada()
    joins(party.user, cy().customer)
    looking_as(party.user)
    events = Event.objects.filter(kind="looked_as")
    assert {event.customer.name for event in events} == {"Okafor Bakeries", "Tanaka Studio"}
    assert {event.by for event in events} == {"Sam Support"}
    assert LogEntry.objects.get().object_id == str(party.user.pk)


def test_whoever_looks_sees_everything_and_changes_nothing() -> None:
    client = looking_as(ada().user)
    page = client.get("/team/").content.decode()
    assert "You look at the portal as Ada Okafor does." in page
    for door, form in (
        ("/team/invitations/", {"email": "mal@demo.test", "role": "owner"}),
        ("/team/leave/", {}),
        ("/start/?another", {"name": "Mine"}),
        ("/hijack/acquire/", {"user_pk": eve().user.pk}),
    ):
        answer = client.post(door, form)
        assert answer.status_code == 403
        assert "change nothing" in answer.content.decode()
    for method in ("put", "patch", "delete"):
        assert getattr(client, method)("/team/").status_code == 403
    assert ada().customer.members.count() == 2
    assert not Event.objects.filter(kind="member_invited").exists()


def test_the_sign_in_pages_of_the_person_stay_closed() -> None:
    client = looking_as(ada().user)
    for door in (
        "/accounts/email/",
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/password/change/",
    ):
        answer = client.get(door)
        assert answer.status_code == 403
        assert "stay closed" in answer.content.decode()


def test_one_becomes_oneself_again() -> None:
    client = looking_as(ada().user)
    client.post("/hijack/release/", {"next": "/admin/"})
    assert client.session["_auth_user_id"] == str(User.objects.get(email="sam@demo.test").pk)
    assert "You look at the portal as" not in client.get("/accounts/email/").content.decode()


def test_while_looking_one_can_sign_out() -> None:
    client = looking_as(ada().user)
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_nobody_looks_as_other_staff() -> None:
    client = with_factor(supporter())
    other = person("Root", is_staff=True, is_superuser=True)
    assert client.post("/hijack/acquire/", {"user_pk": other.pk}).status_code == 403
    assert not Event.objects.filter(kind="looked_as").exists()


def test_staff_outside_support_look_as_nobody() -> None:
    client = with_factor(person("Stu", is_staff=True))
    assert client.post("/hijack/acquire/", {"user_pk": eve().user.pk}).status_code == 403


def test_members_look_as_nobody() -> None:
    client = signed_in(eve().user)
    assert client.post("/hijack/acquire/", {"user_pk": ada().user.pk}).status_code == 403


def test_the_groups_are_there_and_a_vendors_additions_stay() -> None:
    support, catalogue, finance = (
        Group.objects.get(name=name) for name in ("support", "catalogue", "finance")
    )
    held = {
        group.name: set(group.permissions.values_list("codename", flat=True))
        for group in (support, catalogue, finance)
    }
    assert {"view_customer", "view_order", "change_trial"} <= held["support"]
    assert "publish_edition" not in held["support"]
    assert {"publish_edition", "change_edition"} <= held["catalogue"]
    assert "view_order" not in held["catalogue"]
    assert {"view_order", "view_invoice"} <= held["finance"]
    changed = {codename for codename in held["finance"] if not codename.startswith("view_")}
    assert changed == {
        *("change_order", "add_brake", "change_brake"),
        *("add_waiver", "change_waiver", "approve_waiver", "change_balancecredit"),
        "change_pricemove",
    }
    finance.permissions.add(*support.permissions.filter(codename="change_trial"))
    ensure_groups()
    assert finance.permissions.filter(codename="change_trial").exists()
