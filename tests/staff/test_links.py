"""No link of the admin leads to a page that its reader may not open."""

from __future__ import annotations

import re

import pytest
from django.urls import Resolver404, resolve, reverse
from django.utils.html import escape

from portal.models import User
from tests.cast import NOON, Party, bo
from tests.doors.staff_table import rows_of_ada
from tests.staff.conftest import SignIn
from tests.sunsets.scenes import announced

LINK = re.compile(r'href="(/admin/[^"?#]*)')


def asked_for(address: str) -> str:
    """The right to look that the page of a row or a list asks for; empty for any other page."""
    try:
        name = resolve(address).url_name or ""
    except Resolver404:
        return ""
    app, _, rest = name.partition("_")
    model, _, door = rest.rpartition("_")
    return f"{app}.view_{model}" if door in ("change", "changelist") else ""


@pytest.mark.parametrize("group", ["support", "catalogue", "finance"])
def test_every_link_on_every_page_is_open_to_its_reader(okafor: Party, as_staff: SignIn, group: str) -> None:
    rows = rows_of_ada()
    client = as_staff(group)
    reader = User.objects.get(email=f"sam.{group}@demo.test")
    shut: set[str] = set()
    for model, row in rows.items():
        if not reader.has_perm(model.replace(".", ".view_")):
            continue
        name = f"admin:{model.replace('.', '_')}"
        for page in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row])):
            text = client.get(page).content.decode()
            shut |= {
                f"{page} leads to {link}"
                for link in LINK.findall(text)
                if (right := asked_for(link)) and not reader.has_perm(right)
            }
    assert not shut


def test_where_a_group_may_not_open_customers_it_reads_their_names(as_staff: SignIn) -> None:
    customer = bo().customer
    change = announced(at=NOON).changes.get(customer=customer)
    door = reverse("admin:licensing_customer_change", args=[customer.pk])
    pages = (
        reverse("admin:licensing_plannedchange_changelist"),
        reverse("admin:licensing_plannedchange_change", args=[change.pk]),
    )
    for page in pages:
        theirs = as_staff("catalogue").get(page).content.decode()
        assert escape(customer) in theirs
        assert door not in theirs
        assert door in as_staff("support").get(page).content.decode()
