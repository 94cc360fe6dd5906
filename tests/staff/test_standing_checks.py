"""Staff are told what to do about broken invariants and about differences with Stripe."""

from __future__ import annotations

from django.urls import reverse

from billing.models import Difference
from tests.cast import Party
from tests.staff.conftest import SignIn
from tests.staff.rows import difference_of, violation_of


def test_both_say_what_to_do_and_stand_on_the_customers_page(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("finance")
    violation, difference = violation_of(okafor), difference_of(okafor)
    customer = client.get(
        reverse("admin:licensing_customer_change", args=[okafor.customer.pk])
    ).content.decode()
    for row, door, advice in (
        (violation, "admin:billing_openviolation_change", "park the customer"),
        (difference, "admin:billing_difference_change", "correct the quantity in Stripe’s dashboard"),
    ):
        address = reverse(door, args=[row.pk])
        assert row.what in customer
        assert address in customer
        assert advice in client.get(address).content.decode()


def test_every_kind_of_difference_has_an_answer_and_what_is_mended_asks_for_none(
    okafor: Party, as_staff: SignIn
) -> None:
    client = as_staff("finance")
    difference = difference_of(okafor)
    address = reverse("admin:billing_difference_change", args=[difference.pk])
    for kind in Difference.Kind:
        Difference.objects.filter(pk=difference.pk).update(kind=kind)
        assert "The next comparison" in client.get(address).content.decode()
    Difference.objects.filter(pk=difference.pk).update(mended=True)
    assert "Nothing: it is mended." in client.get(address).content.decode()


def test_a_reconciliation_shows_what_it_found(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("finance")
    difference = difference_of(okafor)
    assert "1 open" in client.get(reverse("admin:billing_reconciliation_changelist")).content.decode()
    page = client.get(
        reverse("admin:billing_reconciliation_change", args=[difference.reconciliation_id])
    ).content.decode()
    assert difference.what in page
