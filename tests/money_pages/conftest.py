"""A signed-in browser without a browser, for people who pay and people who may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from licensing.customers import open_customer
from licensing.models import Customer, Member, Role
from tests.billing.conftest import Buyer, ada, catalogue

__all__ = ["Buyer", "ada", "catalogue"]

SignIn = Callable[[Any], Client]


@pytest.fixture
def signed_in() -> SignIn:
    """A client in which that person is signed in."""

    def sign_in(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def ada_client(ada: Buyer, signed_in: SignIn) -> Client:
    return signed_in(ada.user)


@pytest.fixture
def stranger(signed_in: SignIn) -> Client:
    """The owner of another organisation."""
    user = get_user_model().objects.create_user("zed@other.test", "demo-portal", name="Zed")
    open_customer(
        name="Zed Metals",
        country="US",
        currency="USD",
        time_zone="UTC",
        locale="en_US",
        owner=user,
        at=timezone.now(),
    )
    return signed_in(user)


def join(customer: Customer, *, email: str, role: str = Role.MEMBER) -> Any:
    """A new person in `customer`."""
    user = get_user_model().objects.create_user(email, "demo-portal", name=email.split("@")[0].title())
    Member.objects.create(customer=customer, user=user, role=role, joined_at=timezone.now())
    return user
