"""Every door and every role: who gets what answer. A door that is missing from the tables fails.

The tables stand in `tests/doors`. Every knock meets the same house: what it did is undone before the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from pytest_django import Settings

from tests.cast import ada
from tests.doors import staff_table
from tests.doors.people import (
    IN,
    ON,
    answer_of,
    arguments_of_ada,
    browser_of,
    clients_of_everybody,
    knock,
    staff_of,
)
from tests.doors.state import changed_by
from tests.doors.table import ACCOUNTS, DOORS, LOOKING_AS, OURS, ROLES

pytestmark = pytest.mark.django_db

# A machine's doors: what is believed there is a signature or a secret, never a session.
WEBHOOKS = ("stripe_webhook", "resend_webhook", "brevo_webhook")


@pytest.fixture(autouse=True)
def _sessions_in_the_database_alone(settings: Settings) -> None:
    """What is undone in the database must not live on in a cache."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"


@pytest.fixture
def addresses() -> dict[str, str]:
    """Where each door is; what is named there is Ada's."""
    arguments = arguments_of_ada(list(DOORS))
    return {name: reverse(name, kwargs=arguments.get(name, {})) for name in DOORS}


@pytest.fixture
def clients() -> dict[str, Client]:
    return clients_of_everybody()


def doors(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """The address of every door there is, as Django writes it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from doors(pattern, address)
        elif isinstance(pattern, URLPattern):
            yield address


def test_every_door_is_in_a_table(addresses: dict[str, str]) -> None:
    of_staff = [address for _, address, _ in staff_table.knocks(staff_table.rows_of_ada())]
    known = {resolve(address).route.removeprefix("^") for address in (*addresses.values(), *of_staff)}
    assert set(doors()) - known == set()


def test_every_model_of_the_admin_is_in_its_table() -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == set(staff_table.MODELS)


@pytest.mark.proves("roles")
@pytest.mark.parametrize("table", [OURS, {**ACCOUNTS, **LOOKING_AS}], ids=["ours", "accounts"])
def test_each_role_gets_its_answer(
    table: dict[str, Any], clients: dict[str, Client], addresses: dict[str, str]
) -> None:
    surprises = {}
    for name, (method, expected) in table.items():
        found = tuple(knock(clients[role], method, addresses[name]) for role in ROLES)
        if found != expected:
            surprises[name] = dict(zip(ROLES, zip(found, expected, strict=True), strict=True))
    assert not surprises


def test_each_group_of_staff_gets_its_answer(
    clients: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gets in is decided before the page is written; the pages themselves are read in `tests/staff`."""
    monkeypatch.setattr(TemplateResponse, "rendered_content", "")
    surprises = {}
    for method, address, expected in staff_table.knocks(staff_table.rows_of_ada()):
        found = tuple(knock(clients[role], method, address) for role in staff_table.ROLES)
        if found != expected:
            surprises[method, address] = dict(
                zip(staff_table.ROLES, zip(found, expected, strict=True), strict=True)
            )
    assert not surprises


def test_no_door_of_staff_opens_without_a_second_factor(
    clients: dict[str, Client], settings: Settings
) -> None:
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    every = [address for _, address, _ in staff_table.knocks(staff_table.rows_of_ada())]
    every += [reverse("hijack:acquire"), reverse("hijack:release")]
    knocks = [("superuser", address) for address in sorted(set(every))]
    for role, address in [*knocks, ("staff", "/admin/"), ("support", "/admin/"), ("support", every[-2])]:
        answer = clients[role].post(address)
        assert (answer.status_code, answer.get("Location")) == (302, "/accounts/2fa/"), address


def test_whoever_looks_as_somebody_changes_nothing_at_any_door(addresses: dict[str, str]) -> None:
    client = browser_of(staff_of("support"))
    client.post(reverse("hijack:acquire"), {"user_pk": ada().user.pk})
    # A machine's door knows no session, and so nobody who looks: what it believes is a signature.
    ways_out = ("hijack:release", "account_logout", "healthz", "readyz", *WEBHOOKS)
    for name in [name for name in DOORS if name not in ways_out]:
        assert knock(client, "post", addresses[name]) == 403, name
    with changed_by() as changed:
        for name in [name for name in DOORS if name not in ways_out]:
            found = client.get(addresses[name]).status_code
            assert found == 403 or name not in ACCOUNTS, name
    assert not changed


def test_others_things_answer_like_things_that_do_not_exist(
    clients: dict[str, Client], addresses: dict[str, str]
) -> None:
    for name in [name for name in OURS if re.search("invitation_|member_r|answer|quote", name)]:
        ask = getattr(clients["stranger"], OURS[name][0])
        theirs = ask(addresses[name])
        nobodys = ask(reverse(name, kwargs={"quote_id": uuid4()} if "quote" in name else {"pk": 999_999_999}))
        assert (name, theirs.status_code, nobodys.status_code) == (name, 404, 404)
        assert theirs.content == nobodys.content


def test_a_get_changes_nothing_and_at_the_door_of_a_button_leads_to_its_page(
    clients: dict[str, Client], addresses: dict[str, str]
) -> None:
    for name, (method, _) in OURS.items():
        with changed_by() as changed:
            found = answer_of(clients["owner"], "get", addresses[name])
        assert not changed, name
        if method == "post" and name not in WEBHOOKS:
            assert found == ON, name


def test_a_door_takes_only_the_methods_it_knows(
    clients: dict[str, Client], addresses: dict[str, str]
) -> None:
    with changed_by() as changed:
        for name, method in product(OURS, ("put", "patch", "delete")):
            found = answer_of(clients["owner"], method, addresses[name])
            assert found in (405, ON) or name in ("healthz", "readyz", "opt_out"), (name, method, found)
    assert not changed


def test_nothing_is_taken_from_a_form_that_is_not_ours(addresses: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada().user)
    by_others = (*WEBHOOKS, "opt_out")  # Each has its own proof.
    with changed_by() as changed:
        for name in [name for name in DOORS if name not in (*by_others, "healthz", "readyz")]:
            answer = client.post(addresses[name], {"start": "business", "role": "owner"})
            assert answer.status_code in (403, 405), (name, answer.status_code)
    assert not changed


def test_an_unknown_visitor_signs_in_and_is_back_where_they_were(addresses: dict[str, str]) -> None:
    for name, (method, expected) in OURS.items():
        if expected[0] == IN and method == "get":
            answer = Client().get(addresses[name])
            assert answer["Location"].endswith(f"?next={addresses[name]}")
