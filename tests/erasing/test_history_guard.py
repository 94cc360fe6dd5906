"""The history's guard lets words that name somebody go, and nothing else, and only while an erasure is under way."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from licensing.erasure import ask_for_erasure
from licensing.history import Actor
from licensing.models import Customer, Erasure, Event
from tests.cast import ada, bo

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "UPDATE licensing_event SET by = licensing_without_name(by, actor_id) WHERE customer_id = %s"


def run(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def under_way() -> Customer:
    party = ada()
    Customer.objects.filter(pk=party.customer.pk).update(closed_at=timezone.now())
    at = timezone.now()
    erasure = ask_for_erasure(
        customer=party.customer, contact=party.user.email, actor=Actor.person(party.user), at=at
    )
    Erasure.objects.filter(pk=erasure.pk).update(begun_at=at)
    return party.customer


def test_words_go_while_it_is_under_way(under_way: Customer) -> None:
    run(WORDS, under_way.pk)
    assert not Event.objects.filter(customer=under_way, by="Ada Okafor").exists()


def test_nothing_goes_where_none_is() -> None:
    with pytest.raises(IntegrityError, match="only grows"):
        run(WORDS, ada().customer.pk)


def test_nor_once_it_is_finished(under_way: Customer) -> None:
    at = timezone.now()
    Erasure.objects.update(erased_at=at, finished_at=at)
    with pytest.raises(IntegrityError, match="only grows"):
        run(WORDS, under_way.pk)


def test_nor_in_the_history_of_another(under_way: Customer) -> None:
    with pytest.raises(IntegrityError, match="only grows"):
        run(WORDS, bo().customer.pk)


@pytest.mark.parametrize(
    "change",
    [
        "at = at - interval '1 day'",
        "kind = 'licence_renewed'",
        "subject = 'licence:0'",
        "actor_id = 7",
        "by = 'somebody else'",
        "reason = 'because'",
        "after = '{}'",
        "after = after || '{\"seats\": 99}'",
        "before = licensing_without_names(after)",
    ],
)
def test_no_fact_is_changed_and_no_other_word_put_in_its_place(change: str, under_way: Customer) -> None:
    with pytest.raises(IntegrityError, match="only grows"):
        run(
            f"UPDATE licensing_event SET {change} WHERE customer_id = %s AND kind = 'licence_moved'",
            under_way.pk,
        )


def test_nothing_is_deleted(under_way: Customer) -> None:
    with pytest.raises(IntegrityError, match="only grows"):
        run("DELETE FROM licensing_event WHERE customer_id = %s", under_way.pk)


@pytest.mark.parametrize(
    "change",
    ["begun_at = NULL", "due_at = now()", "contact = 'm@example.com'", "customer_id = customer_id + 1"],
)
def test_an_erasure_is_not_changed_backwards(change: str, under_way: Customer) -> None:
    with pytest.raises(IntegrityError):
        run(f"UPDATE licensing_erasure SET {change} WHERE customer_id = %s", under_way.pk)
