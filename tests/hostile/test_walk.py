"""Random presses on random doors by people who may not: nothing breaks, and nothing of Ada's changes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Order, Payer, Quote, Subscription
from licensing.models import Customer, Invitation, Licence, Member, Trial
from tests.cast import ada, eve, fay
from tests.doors.table import DOORS
from tests.hostile.bodies import ASK_STRIPE, FORMS, NASTY

FIELDS = sorted(
    {field for _, form in FORMS.values() for field in form} | {"give_back", "undo", "customer_id"}
)
ANYTHING = st.one_of(
    st.sampled_from(sorted(NASTY.values(), key=len)[:-2]),
    st.sampled_from(["business", "owner", "yes", "9", "1", "month", "okafor-bakeries", "//evil.example"]),
    st.text(max_size=40),
    st.integers().map(str),
)
PRESSES = st.tuples(
    st.sampled_from(["anonymous", "stranger", "member", "staff", "catalogue"]),
    st.sampled_from(sorted(DOORS)),
    st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=6),
)


def hers() -> dict[str, Any]:
    """What Ada's organisation has and is promised; a member may leave it, ask, and look."""
    customer = Customer.objects.get(slug="okafor-bakeries")
    kept = {"pk__in": [ada().member.pk, fay().pk]}
    return {
        "customer": list(Customer.objects.filter(pk=customer.pk).values()),
        "roles": list(Member.objects.filter(**kept).values()),
        "spenders": Member.objects.filter(customer=customer).exclude(role="member").count(),
        **{
            model.__name__: list(model._default_manager.filter(customer=customer).order_by("pk").values())
            for model in (Licence, Trial, Order, Quote, Payer, Invitation)
        },
        "subscription": list(Subscription.objects.filter(licence__customer=customer).values()),
    }


@pytest.mark.usefixtures("silent_stripe", "uncounted", "quiet")
def test_nobody_without_the_right_changes_anything_of_adas(
    clients: dict[str, Client], addresses: dict[str, str]
) -> None:
    eve()
    before = hers()

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(PRESSES, min_size=1, max_size=6))
    def walk(presses: list[tuple[str, str, dict[str, str]]]) -> None:
        with transaction.atomic():
            for role, door, form in presses:
                status = clients[role].post(addresses[door], form).status_code
                assert status < 500 or door in (*ASK_STRIPE, "readyz"), (role, door, form, status)
            assert hers() == before
            transaction.set_rollback(True)

    walk()
