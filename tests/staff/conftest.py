"""Staff of each group, signed in, at noon of the cast's day."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client

from portal.models import User
from portal.staff import ensure_groups
from tests.cast import NOON, Party, ada, person

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """The clock stands still at the cast's noon."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def okafor(db: None) -> Party:
    """Ada's organisation."""
    return ada()


def staff_person(*groups: str, superuser: bool = False) -> User:
    """Somebody of staff in `groups`: sam.support@demo.test and the like."""
    ensure_groups()
    name = "admin" if superuser else "-".join(groups) or "nobody"
    user = person(f"Sam {name}", f"sam.{name}@demo.test", is_staff=True, is_superuser=superuser)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


@pytest.fixture
def as_staff(db: None) -> SignIn:
    """`as_staff("support")` is a browser signed in as somebody of that group."""

    def sign_in(*groups: str, superuser: bool = False) -> Client:
        client = Client()
        client.force_login(staff_person(*groups, superuser=superuser))
        return client

    return sign_in
