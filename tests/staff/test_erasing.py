"""Support asks for an organisation's erasure on its owner's behalf: the same wait, mails, and way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from licensing.customers import close_customer
from licensing.models import ERASURE_WAITS, Customer, Erasure, Event
from portal.erasing import erase_due
from portal.mails.outbox import send_due
from tests.cast import NOON, Party, cy
from tests.doors.people import browser_of
from tests.staff.conftest import SignIn

WHY = "Cy wrote to us, ticket 4711."


@pytest.fixture
def tanaka(db: None) -> Party:
    """Cy's organisation, which he has closed."""
    party = cy()
    close_customer(customer=party.customer, owner=party.user, at=NOON)
    return party


def door(party: Party, name: str = "licensing_customer_ask_erasure") -> str:
    return reverse(f"admin:{name}", args=[party.customer.pk])


def page(client: Client, party: Party) -> str:
    return client.get(door(party, "licensing_customer_change")).content.decode()


def ask(client: Client, party: Party) -> Erasure:
    """On the customer's page, with a reason."""
    assert door(party) in page(client, party)
    assert client.post(door(party), {"reason": WHY}).status_code == 302
    return Erasure.objects.get()


def test_it_waits_as_if_the_owner_had_asked_and_they_are_told(tanaka: Party, as_staff: SignIn) -> None:
    client = as_staff("support")
    erasure = ask(client, tanaka)
    assert (erasure.contact, erasure.due_at) == (tanaka.user.email, NOON + ERASURE_WAITS)
    told = Event.objects.get(kind="erasure_asked")
    assert (told.by, told.reason) == ("Sam support", WHY)
    send_due(at=NOON)
    assert mail.outbox[-1].to == [tanaka.user.email]
    assert mail.outbox[-1].subject.startswith("Tanaka Studio is erased on")
    after = page(client, tanaka)
    assert "It is to be erased:" in after
    assert door(tanaka) not in after
    erase_due(at=NOON + ERASURE_WAITS)
    assert Customer.objects.get(pk=tanaka.customer.pk).erased_at is not None
    assert not Event.objects.filter(reason=WHY).exists(), "and what support wrote of them is gone too"


def test_the_owner_takes_it_back_with_one_press(tanaka: Party, as_staff: SignIn) -> None:
    ask(as_staff("support"), tanaka)
    theirs = browser_of(tanaka.user)
    assert "Take it back" in theirs.get(reverse("data")).content.decode()
    theirs.post(reverse("data_keep", args=[tanaka.customer.pk]))
    assert Erasure.objects.get().withdrawn_at == NOON


def test_support_takes_back_what_was_asked_for_by_mistake_with_a_reason(
    tanaka: Party, as_staff: SignIn
) -> None:
    client = as_staff("support")
    erasure = ask(client, tanaka)
    keep = reverse("admin:licensing_erasure_keep", args=[erasure.pk])
    assert client.post(keep, {"reason": ""}).status_code == 200
    assert client.post(keep, {"reason": "It was another Tanaka."}).status_code == 302
    erasure.refresh_from_db()
    assert erasure.withdrawn_at == NOON
    assert Event.objects.get(kind="erasure_taken_back").reason == "It was another Tanaka."
    assert "It was taken back already" in client.get(keep).content.decode()
    assert "It is to be erased:" not in page(client, tanaka)


def test_an_open_organisation_is_closed_by_its_owner_first(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("support")
    assert door(okafor) not in page(client, okafor)
    for said in (client.get(door(okafor)), client.post(door(okafor), {"reason": WHY})):
        text = said.content.decode()
        assert "Okafor Bakeries is still open." in text
        assert "Close it on the team page first." in text
        assert "Ask for it on their behalf" not in text
    assert not Erasure.objects.exists()


def test_where_nobody_could_be_told_or_take_it_back_it_is_not_asked_for(
    tanaka: Party, as_staff: SignIn
) -> None:
    tanaka.user.is_active = False
    tanaka.user.save()
    client = as_staff("support")
    said = client.post(door(tanaka), {"reason": WHY}).content.decode()
    assert "Whoever closed it can sign in no more." in said
    assert not Erasure.objects.exists()


def test_asked_for_twice_it_waits_once(tanaka: Party, as_staff: SignIn) -> None:
    client = as_staff("support")
    due = ask(client, tanaka).due_at
    assert (
        "It is asked for already, and due on" in client.post(door(tanaka), {"reason": WHY}).content.decode()
    )
    assert Erasure.objects.get().due_at == due
    assert timedelta(0) < due - NOON


def test_nobody_but_support_is_offered_it(tanaka: Party, as_staff: SignIn) -> None:
    finance = as_staff("finance")
    assert door(tanaka) not in page(finance, tanaka)
    assert finance.post(door(tanaka), {"reason": WHY}).status_code == 403
