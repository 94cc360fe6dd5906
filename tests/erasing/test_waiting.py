"""Before anything is erased time passes, in which it can be taken back; what stands in the way is said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from billing.models import Order
from licensing.customers import close_customer
from licensing.erasure import UnableToErase, ask_for_erasure, take_back
from licensing.history import Actor
from licensing.models import ERASURE_WAITS, Customer, Delivery, Erasure, Member, Role
from portal.erasing import ask_to_be_forgotten, erase_due
from portal.mails.outbox import send_due
from tests.cast import NOON, Party, ada, cy, joins, person
from tests.staff.rows import order_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def party() -> Party:
    party = ada()
    joins(person("Bea"), party.customer, role=Role.OWNER, at=timezone.now())
    return party


def free() -> tuple[Any, Customer, datetime]:
    party, at = cy(), timezone.now()
    close_customer(customer=party.customer, owner=party.user, at=at)
    return party.user, party.customer, at


@pytest.mark.proves("erasing")
def test_until_the_last_moment_it_can_be_taken_back_and_nothing_was_touched() -> None:
    user, customer, at = free()
    actor = Actor.person(user)
    erasure = ask_for_erasure(customer=customer, contact=user.email, actor=actor, at=at)
    last = at + ERASURE_WAITS - timedelta(seconds=1)
    assert erase_due(at=last) == {}
    take_back(erasure=erasure, actor=actor, at=last)
    assert erase_due(at=at + 2 * ERASURE_WAITS) == {}
    customer.refresh_from_db()
    assert (customer.name, customer.erased_at) == ("Tanaka Studio", None)
    assert Erasure.objects.get().contact == ""


def test_once_it_is_over_nothing_is_taken_back_also_where_the_sweep_is_late() -> None:
    user, customer, at = free()
    actor = Actor.person(user)
    erasure = ask_for_erasure(customer=customer, contact=user.email, actor=actor, at=at)
    with pytest.raises(UnableToErase) as refused:
        take_back(erasure=erasure, actor=actor, at=at + ERASURE_WAITS)
    assert refused.value.reason.text == "The waiting time is over."


def test_asked_for_twice_it_waits_once_and_after_taking_it_back_it_can_be_asked_for_again() -> None:
    user, customer, at = free()
    actor = Actor.person(user)
    first = ask_for_erasure(customer=customer, contact=user.email, actor=actor, at=at)
    later = at + timedelta(days=3)
    assert ask_for_erasure(customer=customer, contact=user.email, actor=actor, at=later) == first
    take_back(erasure=first, actor=actor, at=later)
    again = ask_for_erasure(customer=customer, contact=user.email, actor=actor, at=later)
    assert again.due_at == later + ERASURE_WAITS


def test_what_is_open_is_closed_first(party: Party) -> None:
    with pytest.raises(UnableToErase) as refused:
        ask_for_erasure(
            customer=party.customer,
            contact=party.user.email,
            actor=Actor.person(party.user),
            at=timezone.now(),
        )
    assert refused.value.reason.change == "Close it on the team page first."


def test_the_last_owner_of_an_open_organisation_stays_until_there_is_another(party: Party) -> None:
    Member.objects.filter(customer=party.customer, role=Role.OWNER).exclude(user=party.user).delete()
    with pytest.raises(UnableToErase) as refused:
        ask_to_be_forgotten(party.user, at=timezone.now())
    assert refused.value.reason.rule == "one-owner"


def test_two_mails_say_so_and_the_second_is_the_last() -> None:
    user, customer, at = free()
    ask_for_erasure(customer=customer, contact=user.email, actor=Actor.person(user), at=at)
    send_due(at=at)
    erase_due(at=at + ERASURE_WAITS)
    send_due(at=at + ERASURE_WAITS)
    erase_due(at=at + ERASURE_WAITS)
    asked, done = mail.outbox[-2:]
    assert asked.subject.startswith("Tanaka Studio is erased on")
    assert "Tanaka" not in done.subject + done.body
    assert [each.to for each in (asked, done)] == [[user.email]] * 2
    assert not Delivery.objects.filter(address=user.email).exists()
    assert Erasure.objects.get().finished_at is not None
    assert erase_due(at=at + 2 * ERASURE_WAITS) == {}


def test_a_payment_on_its_way_is_settled_first(party: Party) -> None:

    order = order_of(party)
    Customer.objects.filter(pk=party.customer.pk).update(closed_at=NOON)
    ask_for_erasure(
        customer=party.customer, contact=party.user.email, actor=Actor.person(party.user), at=NOON
    )
    assert erase_due(at=NOON + ERASURE_WAITS) == {"put_off": 1}
    Order.objects.filter(pk=order.pk).update(state=Order.State.FAILED, failure="abandoned", closed_at=NOON)
    assert erase_due(at=NOON + ERASURE_WAITS) == {"erased": 1}
