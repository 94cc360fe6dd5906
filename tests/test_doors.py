"""Every door and every role: who gets what answer. A door that is missing from the table fails.

Each door is knocked at by its own method, with an empty form where it takes one: 422 and 302 mean that the door is
open and the form was looked at. The organisation at hand is Ada's; whoever belongs to another one meets only 404s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from licensing.invitations import invite, token_of
from licensing.models import Event, Role
from licensing.upgrade_requests import ask_for_upgrade
from tests.cast import ada, cy, eve, fay, person
from tests.staff.rows import quote_of

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "stranger", "member", "billing", "owner", "staff", "support", "superuser")
# Where a redirect leads: to signing in, to making an organisation, or onwards.
IN, START, ON = "in", "start", "on"

# name: (method, answer for each of ROLES). "stranger" owns another organisation; "staff" has no permission and
# belongs to no organisation, as have and do "support" (the group) and "superuser".
ALL_200 = (200,) * 8
MEMBERS = (IN, 200, 200, 200, 200, START, START, START)
DOORS: dict[str, tuple[str, tuple[Any, ...]]] = {
    # Open to everybody
    "pricing": ("get", ALL_200),
    "policy": ("get", ALL_200),
    "changelog": ("get", ALL_200),
    "theme": ("get", ALL_200),
    "healthz": ("get", ALL_200),
    "readyz": ("get", (503,) * 8),
    "opt_out": ("get", (404,) * 8),
    "stripe_webhook": ("post", (400,) * 8),
    "team_join": ("get", ALL_200),
    # Members
    "plan": ("get", MEMBERS),
    "upgrade": ("get", MEMBERS),
    "trials": ("get", MEMBERS),
    "team": ("get", MEMBERS),
    "team_leave": ("post", (IN, ON, ON, ON, ON, START, START, START)),
    "team_switch": ("post", (IN, 404, 404, 404, 404, 404, 404, 404)),
    "team_ask": ("get", (IN, ON, 200, ON, ON, START, START, START)),
    "start": ("get", (IN, ON, ON, ON, ON, 200, 200, 200)),
    # Owners; what is named by a number is somebody's, and nothing to a stranger
    "team_invite": ("post", (IN, 422, 403, 403, 422, START, START, START)),
    "team_invitation_resend": ("post", (IN, 404, 403, 403, ON, START, START, START)),
    "team_invitation_revoke": ("post", (IN, 404, 403, 403, ON, START, START, START)),
    "team_member_role": ("post", (IN, 404, 403, 403, 404, START, START, START)),
    "team_member_remove": ("post", (IN, 404, 403, 403, ON, START, START, START)),
    "team_close": ("post", (IN, ON, 403, 403, ON, START, START, START)),
    # Whoever may spend; the quote is Ada's, and has expired
    "quote": ("get", (IN, 404, 200, 200, 200, START, START, START)),
    "quote_accept": ("post", (IN, 404, 403, 409, 409, START, START, START)),
    "quote_return": ("get", (IN, 404, ON, ON, ON, START, START, START)),
    "quote_withdraw": ("post", (IN, 404, 403, ON, ON, START, START, START)),
    "quote_again": ("get", (IN, 404, 403, ON, ON, START, START, START)),
    "billing": ("get", (IN, 200, 403, 200, 200, START, START, START)),
    "billing_portal": ("get", (IN, ON, 403, ON, ON, START, START, START)),
    "billing_cancel": ("get", (IN, ON, 403, 200, 200, START, START, START)),
    "billing_undo_cancel": ("get", (IN, ON, 403, ON, ON, START, START, START)),
    "team_answer": ("post", (IN, 404, 403, 404, 404, START, START, START)),
}
# Doors of others' making, by the beginning of their address; their own tests look closer.
BY_PREFIX = {
    "accounts/": None,
    "admin/": (IN, 403, 403, 403, 403, 200, 200, 200),
    "hijack/": (400,) * 8,
}


@pytest.fixture
def arguments() -> dict[str, dict[str, Any]]:
    """What names Ada's things in the addresses."""
    party, member = ada(), eve()
    at = timezone.now()
    quote = quote_of(party, quoted_at=at - timedelta(hours=2), expires_at=at - timedelta(hours=1))
    invitation = invite(
        customer=party.customer, email="gus@demo.test", role=Role.MEMBER, by=party.user, at=at
    )
    question = ask_for_upgrade(
        customer=party.customer, asked_by=member.user, tier_key="business", note="", at=at
    )
    return {
        "theme": {"accent": "0b6b50"},
        "opt_out": {"token": "forged"},
        **{name: {"quote_id": quote.pk} for name in DOORS if name.startswith("quote")},
        "team_invitation_resend": {"pk": invitation.pk},
        "team_invitation_revoke": {"pk": invitation.pk},
        "team_member_role": {"pk": member.pk},
        "team_member_remove": {"pk": member.pk},
        "team_answer": {"pk": question.pk},
        "team_join": {"token": token_of(invitation)},
    }


@pytest.fixture
def clients() -> dict[str, Client]:
    """One browser for each role."""
    support = person("Sam Support", is_staff=True)
    support.groups.add(Group.objects.get(name="support"))
    people = {
        "stranger": cy().user,
        "member": eve().user,
        "billing": fay().user,
        "owner": ada().user,
        "staff": person("Stu", is_staff=True),
        "support": support,
        "superuser": person("Root", is_staff=True, is_superuser=True),
    }
    browsers = {"anonymous": Client()}
    for role, user in people.items():
        browsers[role] = Client()
        browsers[role].force_login(user)
    return browsers


def doors(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(address, name) of every door there is."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from doors(pattern, address)
        elif isinstance(pattern, URLPattern):
            yield address, pattern.name or ""


def ours() -> list[str]:
    return [name for address, name in doors() if not address.startswith(tuple(BY_PREFIX))]


def test_every_door_is_in_the_table() -> None:
    assert sorted(ours()) == sorted(DOORS)


def test_each_role_is_shown_what_it_may_see(clients: dict[str, Client], arguments: dict[str, Any]) -> None:
    for name, (method, expected) in DOORS.items():
        if method == "get":
            address = reverse(name, kwargs=arguments.get(name, {}))
            answers = {role: answer_of(clients[role], "get", address) for role in ROLES}
            assert (name, answers) == (name, dict(zip(ROLES, expected, strict=True)))


@pytest.mark.parametrize("name", [name for name, (method, _) in DOORS.items() if method == "post"])
def test_each_role_may_do_what_it_may(
    name: str, clients: dict[str, Client], arguments: dict[str, Any]
) -> None:
    _, expected = DOORS[name]
    address = reverse(name, kwargs=arguments.get(name, {}))
    answers = {role: answer_of(clients[role], "post", address) for role in ROLES}
    assert answers == dict(zip(ROLES, expected, strict=True))


@pytest.mark.parametrize("address", [prefix for prefix, expected in BY_PREFIX.items() if expected])
def test_each_role_gets_its_answer_at_the_doors_of_staff(address: str, clients: dict[str, Client]) -> None:
    door = {"hijack/": "/hijack/acquire/"}.get(address, f"/{address}")
    answers = {role: answer_of(clients[role], "get", door) for role in ROLES}
    assert answers == dict(zip(ROLES, BY_PREFIX[address] or (), strict=True))


def test_others_things_answer_like_things_that_do_not_exist(
    clients: dict[str, Client], arguments: dict[str, Any]
) -> None:
    for name in [name for name in DOORS if re.search("invitation_|member_r|answer|quote", name)]:
        knock = getattr(clients["stranger"], DOORS[name][0])
        theirs = knock(reverse(name, kwargs=arguments[name]))
        nobodys = knock(
            reverse(name, kwargs={"quote_id": uuid4()} if "quote" in name else {"pk": 999_999_999})
        )
        assert (name, theirs.status_code, nobodys.status_code) == (name, 404, 404)
        assert theirs.content == nobodys.content


def test_a_get_at_the_door_of_a_button_changes_nothing(
    clients: dict[str, Client], arguments: dict[str, Any]
) -> None:
    for name in [
        name for name, (method, _) in DOORS.items() if method == "post" and name != "stripe_webhook"
    ]:
        before = Event.objects.count()
        assert answer_of(clients["owner"], "get", reverse(name, kwargs=arguments.get(name, {}))) == ON, name
        assert Event.objects.count() == before, name


def answer_of(client: Client, method: str, address: str) -> Any:
    """The status; for a redirect, where it leads."""
    answer = getattr(client, method)(address)
    if answer.status_code == 302 and answer["Location"].startswith("/admin/login/"):
        answer = client.get(answer["Location"])
    if answer.status_code not in (301, 302, 303):
        return answer.status_code
    if answer["Location"].startswith("/accounts/login/"):
        return IN
    return START if answer["Location"] == "/start/" else ON
