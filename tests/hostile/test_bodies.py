"""Every field of every form, filled with kind after kind of nastiness: a clear answer, and a no changes nothing.

`test_fuzz.py` sends all the rest: other bodies, methods, headers, addresses, and other people.
"""

from __future__ import annotations

from copy import copy
from itertools import product

import pytest
from django.db import transaction
from django.test import Client

from tests.doors.state import changed_by
from tests.hostile.bodies import ASK_STRIPE, CHOICES, FEW, FORMS, LANGUAGES, NASTY
from tests.infra.proof import LONG

pytestmark = pytest.mark.usefixtures("silent_stripe", "uncounted", "quiet")


@pytest.mark.proof
def test_no_body_brings_a_door_down(clients: dict[str, Client], addresses: dict[str, str]) -> None:
    with changed_by() as changed:
        for door, (role, form) in FORMS.items():
            for field, nasty in every_nastiness(form):
                status = knock_until_no(clients[role], addresses[door], {**form, field: NASTY[nasty]})
                assert is_an_answer(status, door), (door, field, nasty, status)
    assert not changed, "a no that changed something"


def test_any_language_a_browser_asks_for_is_answered(clients: dict[str, Client]) -> None:
    for address, language in product(("/", "/plan/", "/start/?another"), LANGUAGES):
        answer = clients["owner"].get(address, headers={"accept-language": language})
        assert answer.status_code == 200, (address, language)


def test_seats_and_tiers_that_are_not_for_sale_are_said_no_to(
    clients: dict[str, Client], addresses: dict[str, str]
) -> None:
    good = {"tier": "business", "seats": "9", "interval": "month"}
    for wrong in (
        {"seats": "0"},
        {"seats": "-5"},
        {"seats": "100001"},
        {"seats": "1.5"},
        {"tier": "free"},
        {"tier": "platinum"},
        {"interval": "week"},
    ):
        with changed_by() as changed:
            answer = clients["owner"].post(addresses["upgrade"], {**good, **wrong})
        assert answer.status_code == 422, wrong
        assert not changed


def every_nastiness(form: dict[str, str]) -> list[tuple[str, str]]:
    """(field, kind) of all that is tried on a form; in the short form every fourth, and each kind somewhere."""
    every = [(field, kind) for field in form for kind in (FEW if field in CHOICES else NASTY)]
    return every if LONG else every[len(form) % 4 :: 4]


def is_an_answer(status: int, door: str) -> bool:
    """Anything but a fault of ours; 503 is honest where Stripe is asked and silent."""
    return status < 500 or (status == 503 and door in ASK_STRIPE)


def knock_until_no(client: Client, address: str, form: dict[str, str]) -> int:
    """The status. What a yes did is undone; what a no did would stay."""
    cookies = copy(client.cookies)
    with transaction.atomic():
        status = client.post(address, form).status_code
        transaction.set_rollback(status < 400)
    client.cookies = cookies
    return status
