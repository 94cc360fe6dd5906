"""Thousands of random and hostile requests at every door, by everybody: no fault of ours, and no change of state.

What may not be done changes nothing, whatever it answers: that is looked at after every few tries, over every row of
every table. What is a yes by somebody who may is undone before the next. Nothing leaves the house: Stripe is silent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from licensing.models import Customer
from tests.doors import staff_table
from tests.doors.people import IN, START
from tests.doors.table import DOORS, ROLES
from tests.hostile.bodies import ASK_STRIPE
from tests.hostile.digest import changed, digest
from tests.hostile.knocks import Knock, knocks
from tests.infra.proof import size

pytestmark = pytest.mark.usefixtures("silent_stripe", "uncounted", "quiet")

# So many tries between two looks at the state.
AT_ONCE = 10
TRIES = size(short=800, long=18_000)
OF_STAFF = size(short=200, long=2_000)
# Where somebody may not enter, nothing that they send may change anything.
SHUT = (IN, START, 403, 404)
ALWAYS_503 = ("readyz",)


class House:
    """The doors, who knocks, and what they may; `knock` is one try."""

    def __init__(
        self, clients: dict[str, Client], addresses: dict[str, str], rights: dict[str, dict[str, Any]]
    ) -> None:
        self.clients, self.addresses, self.rights = clients, addresses, rights
        self.answers: Counter[int] = Counter()

    def knock(self, knock: Knock) -> None:
        client, (body, content_type) = self.clients[knock.role], knock.body
        cookies = copy(client.cookies)
        address = self.address_of(knock)
        headers = {name: value for name, value in knock.headers.items() if name != "cookie"}
        more = {"HTTP_COOKIE": knock.headers["cookie"]} if "cookie" in knock.headers else {}
        with transaction.atomic():
            answer = client.generic(knock.method, address, body, content_type, headers=headers, **more)
            status = answer.status_code
            transaction.set_rollback(status < 400 and self.may_enter(knock))
        client.cookies = cookies
        self.answers[status] += 1
        honest = status == 503 and knock.door in (*ASK_STRIPE, *ALWAYS_503)
        assert status < 500 or honest, f"{status} at {address}: {knock}"

    def address_of(self, knock: Knock) -> str:
        address = self.addresses[knock.door]
        if knock.segment:
            parts = address.split("/")
            place = max(range(len(parts)), key=lambda index: any(letter.isdigit() for letter in parts[index]))
            parts[place if any(letter.isdigit() for letter in parts[place]) else -1] = knock.segment
            address = "/".join(parts)
        return address + knock.question

    def may_enter(self, knock: Knock) -> bool:
        return self.rights[knock.door].get(knock.role) not in SHUT or bool(knock.segment)


def rights_of_customers() -> dict[str, dict[str, Any]]:
    return {door: dict(zip(ROLES, answers, strict=True)) for door, (_, answers) in DOORS.items()}


def at_the_doors_of_staff(clients: dict[str, Client]) -> House:
    """Of several answers at one address the kindest counts: who may look may not save, and both are one address."""
    rights: dict[str, dict[str, Any]] = {}
    for _, address, answers in staff_table.knocks(staff_table.rows_of_ada()):
        known = rights.setdefault(address, dict(zip(staff_table.ROLES, answers, strict=True)))
        for role, answer in zip(staff_table.ROLES, answers, strict=True):
            known[role] = answer if known[role] in SHUT else known[role]
    return House(clients, {address: address for address in rights}, rights)


def send(
    house: House,
    strategy: st.SearchStrategy[Knock],
    *,
    tries: int,
    phases: Sequence[Phase] = (Phase.generate, Phase.shrink),
) -> None:
    """So many tries, a few at a time from the same state. A failing few is reported as short as it gets."""

    @settings(
        max_examples=tries // AT_ONCE,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(strategy, min_size=AT_ONCE, max_size=AT_ONCE))
    def few(tried: list[Knock]) -> None:
        with transaction.atomic():
            before = digest()
            for knock in tried:
                house.knock(knock)
            assert not changed(before), "a no that changed something"
            transaction.set_rollback(True)

    few()


@pytest.mark.proof
def test_nothing_that_is_sent_to_a_door_of_customers_breaks_it_or_changes_what_it_may_not(
    clients: dict[str, Client], addresses: dict[str, str], figure: Callable[[str], None]
) -> None:
    house = House(clients, addresses, rights_of_customers())
    send(house, knocks(list(ROLES), sorted(DOORS)), tries=TRIES)
    figure(f"{_written(house)} at {len(DOORS)} doors of customers by {len(ROLES)} roles: no fault, no change")


@pytest.mark.proof
def test_nothing_that_is_sent_to_a_door_of_staff_breaks_it_or_changes_what_it_may_not(
    clients: dict[str, Client], figure: Callable[[str], None]
) -> None:
    house = at_the_doors_of_staff(clients)
    send(house, knocks(list(staff_table.ROLES), sorted(house.addresses)), tries=OF_STAFF)
    figure(f"{_written(house)} at {len(house.addresses)} doors of staff: no fault, no change")


def _written(house: House) -> str:
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(house.answers.items()))
    return f"{house.answers.total()} hostile requests ({answers})"


# Controls: the same tries find a door that lacks a check.


def _counts_what_it_is_given(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(int(request.POST.get("seats", "1"))))


@csrf_exempt
def _lets_anybody_in(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        Customer.objects.update(name=request.POST.get("name", "x")[:50])
    return HttpResponse("Done.")


urlpatterns = [
    path("planted/count/", _counts_what_it_is_given),
    path("planted/open/", _lets_anybody_in),
    path("", include("portal.urls")),
]
PLANTED = {"count": "/planted/count/", "open": "/planted/open/"}


@pytest.mark.parametrize(
    ("door", "found"),
    [("count", "invalid literal|Exceeds the limit|could not convert"), ("open", "changed something|NUL")],
)
def test_control_a_door_without_its_checks_is_found(
    clients: dict[str, Client], settings: Any, door: str, found: str
) -> None:
    settings.ROOT_URLCONF = __name__
    house = House(clients, PLANTED, {door: dict.fromkeys(ROLES, 403)})
    with pytest.raises(Exception, match=found):
        send(house, knocks(list(ROLES), [door]), tries=500, phases=[Phase.generate])


def test_control_a_role_that_is_not_asked_for_is_found(
    clients: dict[str, Client], addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.access.role_allows", lambda *_: None)
    house = House(clients, addresses, rights_of_customers())
    with pytest.raises(AssertionError, match="changed something"):
        send(
            house,
            knocks(["member"], ["team_member_role", "team_invite", "team_invitation_revoke"]),
            tries=1000,
            phases=[Phase.generate],
        )
