"""Customers see only what touches them; staff write, announce, follow and withdraw."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from licensing.models import Licence, PlannedChange, Sunset
from portal.models import User
from portal.staff import ensure_groups
from tests.cast import NOON, ada, bo, person
from tests.publishing import colleague, writer
from tests.sunsets.scenes import announced, change_of, days, draft, has, mails, sweep

pytestmark = pytest.mark.django_db


def page(user: User, address: str, *, at: Any = NOON) -> str:
    client = Client(headers={"Accept-Language": "en-GB"})
    client.force_login(user)
    with time_machine.travel(at, tick=False):
        return client.get(address).content.decode()


def test_my_plan_names_the_day_the_reason_and_the_ways_to_go_on() -> None:
    lindqvist = bo()
    announced()
    plan = page(lindqvist.user, "/plan/")
    assert re.findall("<h2>(On .*leaves.*)</h2>", plan) == [
        "On 15 February 2027, Single sign-on leaves your Team."
    ]
    assert "Single sign-on moves to Business" in plan
    assert "Download the list of your people" in plan
    assert "Plans that have it" in plan
    ahead = plan[plan.index("What happens next") :]
    assert re.search(r"15 Feb 2027</time></dt>\s*<dd>\s*Single sign-on leaves your Team\.", ahead)
    assert 'Single sign-on <small class="muted">(until 15 Feb 2027)</small>' in plan, "and so do the promises"
    assert "Cancel for the end of what is paid" in plan


def test_who_has_paid_the_year_reads_on_my_plan_what_does_not_come_back_and_whom_to_ask() -> None:
    lindqvist = bo()
    Licence.objects.update(period_start=NOON - days(170), period_end=NOON + days(195))
    announced()
    plan = page(lindqvist.user, "/plan/")
    assert "You have paid until 5 June 2027 at 14:00. For the rest of that time nothing comes back" in plan
    assert '<a href="mailto:help@' in plan[plan.index("For the rest of that time") :]


def test_staff_see_that_a_customer_who_loses_something_has_paid_the_year_and_the_way_to_a_credit() -> None:
    lindqvist = bo()
    Licence.objects.update(period_start=NOON - days(170), period_end=NOON + days(195))
    announced()
    ensure_groups()
    sam = person("Sam Support", is_staff=True)
    sam.groups.set(Group.objects.filter(name="support"))
    address = reverse("admin:licensing_customer_change", args=[lindqvist.customer.pk])
    leaves = page(sam, address).split('id="planned"')[1].split("</section>")[0]
    assert "Single sign-on" in leaves
    assert "pays by the year" in leaves
    assert "nothing comes back by itself" in leaves
    assert reverse("admin:licensing_customer_give_credit", args=[lindqvist.customer.pk]) in leaves


def test_once_it_is_gone_my_plan_says_so_and_promises_it_no_more() -> None:
    lindqvist = bo()
    announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=NOON + days(90))
    plan = page(lindqvist.user, "/plan/", at=NOON + days(90))
    assert "Single sign-on has left your Team." in plan
    assert "(today in Business)" not in plan
    assert "has left your Team" not in page(lindqvist.user, "/plan/", at=NOON + days(130)), (
        "nor goes on about it"
    )


def test_others_see_nothing_of_it() -> None:
    bo()
    announced()
    assert "Single sign-on leaves" not in page(ada().user, "/plan/")


def test_a_draft_is_nobodys_business() -> None:
    lindqvist = bo()
    draft()
    sweep(at=NOON)
    assert "leaves your" not in page(lindqvist.user, "/plan/")
    assert not PlannedChange.objects.exists()


def test_put_off_without_a_day_the_page_says_so_and_that_nothing_is_lost() -> None:
    lindqvist = bo()
    announced()
    mails(at=NOON, delivered=False)
    sweep(at=NOON + days(80))
    assert "There is no day yet" in page(lindqvist.user, "/plan/", at=NOON + days(80))


def test_my_plan_asks_no_more_than_before(django_assert_max_num_queries: Any) -> None:
    lindqvist = bo()
    announced()
    page(lindqvist.user, "/plan/")
    client = Client()
    client.force_login(lindqvist.user)
    with time_machine.travel(NOON, tick=False):
        client.get("/plan/")
        with django_assert_max_num_queries(7):  # session, person, storefront, and four of the page's own
            client.get("/plan/")


@pytest.fixture
def catalogue_people(db: None) -> tuple[Client, Client]:
    """Mara, who writes; Noor, who announces."""
    mara, noor = Client(), Client()
    mara.force_login(writer())
    noor.force_login(colleague())
    return mara, noor


def test_one_writes_another_announces_and_both_follow_it(catalogue_people: tuple[Client, Client]) -> None:
    lindqvist = bo()
    mara, noor = catalogue_people
    product = lindqvist.licence.product_id
    said = {
        "product": product, "feature_key": "sso", "tier_key": "team", "reason": "It moves to Business.",
        "instead": "Passkeys.", "export": "The list of your people, under Team.", "first_on": "2027-02-15",
        "ramp-0-percent": "", "replacement": "",
    }  # fmt: skip
    with time_machine.travel(NOON, tick=False):
        mara.post(reverse("admin:licensing_sunset_add"), said)
        sunset = Sunset.objects.get()
        announce = reverse("admin:licensing_sunset_announce", args=[sunset.pk])
        by_herself = mara.post(announce, {"key": "sso"}).content.decode()
        assert "nobody approves what they wrote" in by_herself
        assert "To announce it, type sso." in noor.post(announce, {"key": "no"}).content.decode()
        noor.post(announce, {"key": "sso"})
        sunset.refresh_from_db()
        assert (sunset.announced_by, sunset.approved_by) == (writer(), colleague())

        listed = noor.get(reverse("admin:licensing_sunset_changelist")).content.decode()
        assert "1 touched" in listed
        assert "1 written to, 0 of them reached" in listed
        assert mara.post(reverse("admin:licensing_sunset_change", args=[sunset.pk]), said).status_code == 403
        assert "Lindqvist" in noor.get(reverse("admin:licensing_plannedchange_changelist")).content.decode()

        withdraw = reverse("admin:licensing_sunset_withdraw", args=[sunset.pk])
        noor.post(withdraw, {"reason": "Too many of you use it."})
        assert change_of(lindqvist.customer).state == "void"
        assert has(lindqvist.customer, at=NOON)


def test_what_is_put_off_is_a_queue_on_the_first_page() -> None:
    bo()
    announced()
    mails(at=NOON, delivered=False)
    sweep(at=NOON + days(80))
    client = Client()
    client.force_login(colleague())
    assert "Planned changes put off" in client.get(reverse("admin:index")).content.decode()
    queue = f"{reverse('admin:licensing_plannedchange_changelist')}?queue=put-off"
    assert "has not been delivered" in client.get(queue).content.decode()
