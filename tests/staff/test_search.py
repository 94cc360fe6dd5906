"""A support case names a customer in many ways. Each of them finds it, and nothing else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from licensing.models import Customer, Invitation
from tests.cast import NOON, Party, bo, cy, eve
from tests.staff.conftest import SignIn
from tests.staff.rows import invoice_of, order_of


def found(client: Client, term: str) -> list[str]:
    """The customers that the list shows for a search."""
    answer = client.get(reverse("admin:licensing_customer_changelist"), {"q": term})
    assert answer.status_code == 200
    return [customer.slug for customer in answer.context["cl"].result_list]


@pytest.fixture
def client(okafor: Party, as_staff: SignIn) -> Client:
    """Support, with three customers to tell apart."""
    bo()
    cy()
    eve()
    invoice_of(okafor)
    order_of(okafor, stripe_session_id="cs_test_a1", stripe_invoice_id="in_order1")
    Invitation.objects.create(
        customer=okafor.customer,
        email="kwame@bakery.example",
        token_hash="x",
        invited_at=NOON,
        expires_at=NOON,
    )
    return as_staff("support")


def test_a_customer_is_found_by_anything_a_support_case_names(client: Client) -> None:
    for term in (
        "Okafor Bakeries",
        "baker",
        "  OKAFOR  ",
        "okafor-bakeries",
        "ada@demo.test",
        "eve@",
        "kwame@bakery.example",
        "MER-0001",
        "cus_okafor-bakeries",
        "sub_okafor-bakeries",
        "in_MER-0001",
        "in_order1",
        "cs_test_a1",
    ):
        assert found(client, term) == ["okafor-bakeries"], term


def test_what_matches_nothing_finds_nothing(client: Client) -> None:
    for term in ("cus_nobody", "nobody@demo.test", "cus_okafor", "%", "'; --"):
        assert found(client, term) == [], term


def test_everybody_is_listed_without_a_search(client: Client) -> None:
    assert found(client, "") == list(Customer.objects.order_by("name").values_list("slug", flat=True))
    assert len(found(client, "demo.test")) == 3


def test_the_list_costs_the_same_for_any_number_of_customers(
    client: Client, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(12):  # type: ignore[operator]  # the fixture has no public type
        found(client, "")
