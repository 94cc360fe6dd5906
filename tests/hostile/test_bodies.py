"""Every field of every form, filled with every kind of nastiness: a clear answer, and a no changes nothing."""

from __future__ import annotations

from copy import copy
from itertools import product

import pytest
from django.db import transaction
from django.test import Client

from tests.doors.state import changed_by
from tests.doors.table import OURS
from tests.hostile.bodies import ASK_STRIPE, CHOICES, FEW, FORMS, NASTY

pytestmark = pytest.mark.usefixtures("silent_stripe", "uncounted", "quiet")


NO_FORMS = [
    (b"seats=%ff%fe&tier=%c0%af&name=%ed%a0%80", "application/x-www-form-urlencoded"),
    (b"\xff\xfe\x00name=x", "application/x-www-form-urlencoded"),
    (b"name=x", "application/x-www-form-urlencoded; charset=utf-16"),
    (b"name=x", "application/x-www-form-urlencoded; charset=nonsense"),
    (b'{"tier": {"a": 1}}', "application/json"),
    (b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x"),
    (b"nothing", "multipart/form-data"),
    (b"nothing", f"multipart/form-data; boundary={'x' * 300}"),
    (b"&".join([b"a=1"] * 2000), "application/x-www-form-urlencoded"),
    (b"name=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
    (b"seats=1&seats=2&seats=999999&tier=free&tier=business", "application/x-www-form-urlencoded"),
    (b"", ""),
]
QUESTIONS = [
    "?tier=%00&seats=-1&interval=%ff&step=9&page=%00",
    "?seats=99999999999999999999&tier[]=x&tier=business&tier=free",
    "?page=-1&instead_of=%00&left=1&another=%00&interval=decade&currency=XXX",
    "?instead_of=00000000-0000-0000-0000-000000000000&page=1e9&next=//evil.example",
]
LANGUAGES = [
    "",
    "*",
    "de-AT,de;q=0.9",
    "x" * 5000,
    "a_b_c_d_e",
    "\xff\xfe",
    "en-GB;q=no,,;;",
    "zh-Hant-TW",
    "i-klingon",
]


def test_no_body_brings_a_door_down(clients: dict[str, Client], addresses: dict[str, str]) -> None:
    with changed_by() as changed:
        for door, (role, form) in FORMS.items():
            for field, nasty in every_nastiness(form):
                status = knock_until_no(clients[role], addresses[door], {**form, field: NASTY[nasty]})
                assert is_an_answer(status, door), (door, field, nasty, status)
    assert not changed, "a no that changed something"


def test_what_is_no_form_brings_no_door_down(clients: dict[str, Client], addresses: dict[str, str]) -> None:
    doors = ("upgrade", "trials", "team_invite", "hijack:acquire", "account_login", "mfa_login_webauthn")
    for door, (body, content_type) in product(doors, NO_FORMS):
        role, _ = FORMS[door]
        with transaction.atomic():
            answer = clients[role].generic("POST", addresses[door], body, content_type=content_type)
            transaction.set_rollback(True)
        assert is_an_answer(answer.status_code, door), (door, content_type, body[:40])


def test_no_question_in_an_address_brings_a_page_down(
    clients: dict[str, Client], addresses: dict[str, str]
) -> None:
    doors = {*OURS, "account_login", "account_signup", "mfa_index"} - {"readyz"}
    for door, question in product(sorted(doors), QUESTIONS):
        assert clients["owner"].get(addresses[door] + question).status_code < 500, (door, question)
    for question in QUESTIONS:
        assert Client().get(f"/{question}").status_code == 200


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
    """(field, kind) of all that is tried on a form."""
    return [(field, kind) for field in form for kind in (FEW if field in CHOICES else NASTY)]


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
