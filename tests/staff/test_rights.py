"""Who opens which door of the admin. One table; a model that is missing from it fails."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from licensing.models import Edition, Erasure, Notice, Rehearsal, Tier, Trial, Waiver
from portal.empty_lists import EMPTY
from portal.models import User
from tests.cast import OLD, Party
from tests.staff.conftest import SignIn
from tests.staff.rows import (
    brake_of,
    credit_of,
    difference_of,
    everything_of,
    exception_of,
    policy_version,
    price_move_of,
    stripe_event,
    violation_of,
)
from tests.sunsets.scenes import draft as sunset_draft

SUPPORT, CATALOGUE, FINANCE = "support", "catalogue", "finance"

# Model → the groups that may look at it. Superusers may look at everything.
LOOKERS: dict[str, set[str]] = {
    "licensing.customer": {SUPPORT, FINANCE},
    "licensing.licence": {SUPPORT, FINANCE, CATALOGUE},
    "licensing.trial": {SUPPORT},
    "licensing.waiver": {SUPPORT, FINANCE},
    "licensing.usagereading": {SUPPORT},
    "licensing.notice": {SUPPORT},
    "licensing.event": {SUPPORT, FINANCE},
    "licensing.product": {SUPPORT, CATALOGUE},
    "licensing.edition": {SUPPORT, CATALOGUE},
    "licensing.tier": {SUPPORT, CATALOGUE},
    "licensing.noticerule": {SUPPORT, CATALOGUE},
    "licensing.sunset": {SUPPORT, CATALOGUE},
    "licensing.plannedchange": {SUPPORT, CATALOGUE},
    "licensing.approval": {SUPPORT, CATALOGUE},
    "licensing.rehearsal": {SUPPORT, CATALOGUE},
    "licensing.rehearsed": {SUPPORT, CATALOGUE},
    "licensing.promiseexception": {SUPPORT, CATALOGUE},
    "billing.order": {SUPPORT, FINANCE},
    "billing.quote": {SUPPORT, FINANCE},
    "billing.invoice": {SUPPORT, FINANCE},
    "billing.payer": {SUPPORT, FINANCE},
    "billing.balancecredit": {SUPPORT, FINANCE},
    "billing.pricemove": {SUPPORT, FINANCE},
    "billing.stripeevent": {SUPPORT, FINANCE},
    "billing.openviolation": {SUPPORT, FINANCE},
    "billing.reconciliation": {SUPPORT, FINANCE},
    "billing.difference": {SUPPORT, FINANCE},
    "billing.brake": {SUPPORT, FINANCE},
    "licensing.erasure": {SUPPORT},
    "licensing.promisecheck": {SUPPORT, CATALOGUE, FINANCE},
    "portal.policyversion": {SUPPORT, CATALOGUE},
    "portal.user": {SUPPORT, FINANCE},
    "auth.group": set(),
}
# What nobody adds, edits or deletes by hand, a superuser neither.
READ_ONLY = {
    "licensing.customer",
    "licensing.licence",
    "licensing.trial",
    "licensing.waiver",
    "licensing.usagereading",
    "licensing.notice",
    "licensing.event",
    "licensing.approval",
    "licensing.rehearsal",
    "licensing.rehearsed",
    "licensing.promiseexception",
    "billing.order",
    "billing.quote",
    "billing.invoice",
    "billing.payer",
    "billing.balancecredit",
    "billing.pricemove",
    "billing.stripeevent",
    "billing.openviolation",
    "billing.reconciliation",
    "billing.difference",
    "licensing.erasure",
    "licensing.promisecheck",
    "portal.policyversion",
}
# Action → the groups that may do it.
DOERS = {
    "licensing_trial_extend": {SUPPORT},
    "licensing_trial_end_now": {SUPPORT},
    "licensing_notice_resend": {SUPPORT},
    "licensing_notice_came_back": {SUPPORT},
    "licensing_customer_record_usage": {SUPPORT},
    "licensing_customer_ask_erasure": {SUPPORT},
    "licensing_erasure_keep": {SUPPORT},
    "licensing_customer_park": {SUPPORT, FINANCE},
    "licensing_customer_raise_limit": {SUPPORT, FINANCE},
    "licensing_customer_waive_rule": {SUPPORT, FINANCE},
    "licensing_customer_give_trial": {SUPPORT, FINANCE},
    "licensing_customer_give_credit": {SUPPORT, FINANCE},
    "billing_balancecredit_clear_this": {SUPPORT, FINANCE},
    "billing_pricemove_clear_this": {SUPPORT, FINANCE},
    "licensing_waiver_say_yes": {FINANCE},
    "licensing_waiver_say_no": {FINANCE},
    "licensing_waiver_end_now": {SUPPORT, FINANCE},
    "billing_brake_go": {SUPPORT, FINANCE},
    "billing_order_settle": {SUPPORT, FINANCE},
    "billing_order_clear": {SUPPORT, FINANCE},
    "licensing_edition_draft_from_this": {CATALOGUE},
    "licensing_edition_rehearse_this": {CATALOGUE},
    "licensing_edition_approve_this": {CATALOGUE},
    "licensing_rehearsal_as_csv": {SUPPORT, CATALOGUE},
    "licensing_rehearsal_ask_exception": {CATALOGUE},
    "licensing_promiseexception_accept": {CATALOGUE},
    "licensing_edition_publish_this": {CATALOGUE},
    "licensing_edition_as_file": {SUPPORT, CATALOGUE},
    "licensing_sunset_announce": {CATALOGUE},
    "licensing_sunset_withdraw": {CATALOGUE},
}


def name_of(model: str, door: str) -> str:
    return f"admin:{model.replace('.', '_')}_{door}"


def menu_of(client: Client) -> set[str]:
    """The addresses in the menu of the first page."""
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    return {str(item["link"]) for group in groups for item in group["items"]}


def test_every_model_of_the_admin_stands_in_the_table() -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == set(LOOKERS)


@pytest.mark.parametrize("model", LOOKERS)
def test_a_list_opens_for_its_groups_and_is_403_and_no_menu_entry_for_others(
    okafor: Party, as_staff: SignIn, model: str
) -> None:
    door = reverse(name_of(model, "changelist"))
    for group in (SUPPORT, CATALOGUE, FINANCE):
        client = as_staff(group)
        may = group in LOOKERS[model]
        assert client.get(door).status_code == (200 if may else 403), group
        assert (door in menu_of(client)) == (
            may and model not in ("licensing.tier", "licensing.rehearsed")
        ), group
    assert as_staff(superuser=True).get(door).status_code == 200
    nobody = as_staff()
    assert nobody.get(door).status_code == 403
    assert menu_of(nobody) == {reverse("admin:index")}


@pytest.mark.parametrize("model", sorted(READ_ONLY))
def test_what_is_stored_is_not_edited_or_deleted_even_by_a_superuser(
    okafor: Party, as_staff: SignIn, model: str
) -> None:
    everything_of(okafor)
    stripe_event()
    violation_of(okafor)
    difference_of(okafor)
    credit_of(okafor)
    price_move_of(okafor)
    exception_of(okafor)
    policy_version()
    client = as_staff(superuser=True)
    model_admin = next(each for kind, each in admin.site._registry.items() if kind._meta.label_lower == model)
    row = model_admin.model._default_manager.first()
    assert row is not None
    assert client.get(reverse(name_of(model, "add"))).status_code == 403
    assert client.get(reverse(name_of(model, "change"), args=[row.pk])).status_code == 200
    assert client.post(reverse(name_of(model, "change"), args=[row.pk]), {}).status_code == 403
    assert client.post(reverse(name_of(model, "delete"), args=[row.pk]), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in client.get(reverse(name_of(model, "changelist"))).content.decode()


@pytest.mark.parametrize("page", DOERS)
def test_an_action_opens_for_its_groups_and_is_403_for_others(
    okafor: Party, as_staff: SignIn, page: str
) -> None:
    everything_of(okafor)
    exception = exception_of(okafor)
    rows = {
        "rehearsal": Rehearsal.objects.get(edition=exception.edition).pk,
        "promiseexception": exception.pk,
        "erasure": Erasure.objects.get().pk,
        "trial": Trial.objects.get().pk,
        "waiver": Waiver.objects.get().pk,
        "balancecredit": credit_of(okafor).pk,
        "pricemove": price_move_of(okafor).pk,
        "notice": Notice.objects.get().pk,
        "customer": okafor.customer.pk,
        "order": okafor.customer.orders.get().pk,
        "brake": brake_of(okafor).pk,
        "sunset": sunset_draft().pk,
        "edition": Edition.objects.get(key=OLD).pk,
    }
    door = reverse(f"admin:{page}", args=[rows[page.split("_")[1]]])
    for group in (SUPPORT, CATALOGUE, FINANCE):
        client = as_staff(group)
        expected = 200 if group in DOERS[page] else 403
        assert client.get(door).status_code == expected, group
        if expected == 403:
            assert client.post(door, {"reason": "Because."}).status_code == 403, group
    assert as_staff(superuser=True).get(door).status_code == 200


def test_people_who_are_not_staff_are_led_to_sign_in(okafor: Party, client: Client) -> None:
    client.force_login(okafor.user)
    for door in (reverse("admin:index"), reverse("admin:licensing_customer_changelist")):
        assert client.get(door).status_code in (302, 403)


def test_a_published_edition_is_read_only_for_the_catalogue_group_and_superusers(
    okafor: Party, as_staff: SignIn
) -> None:
    edition = Edition.objects.get(key=OLD)
    tier = Tier.objects.filter(edition=edition).first()
    assert tier is not None
    for client in (as_staff(CATALOGUE), as_staff(superuser=True)):
        for model, row in (("licensing.edition", edition), ("licensing.tier", tier)):
            assert client.get(reverse(name_of(model, "change"), args=[row.pk])).status_code == 200
            assert (
                client.post(reverse(name_of(model, "change"), args=[row.pk]), {"name": "x"}).status_code
                == 403
            )
            assert (
                client.post(reverse(name_of(model, "delete"), args=[row.pk]), {"post": "yes"}).status_code
                == 403
            )


def test_a_person_is_shut_out_and_their_session_ends(okafor: Party, as_staff: SignIn) -> None:
    theirs = Client()
    theirs.force_login(okafor.user)
    page = reverse("admin:portal_user_change", args=[okafor.user.pk])
    client = as_staff(superuser=True)
    shown = client.get(page).content.decode()
    assert "Okafor Bakeries" in shown
    assert "password" not in shown.lower().replace("change password", "").replace("password_change", "")
    form = {"name": "Ada Okafor", "emailaddress_set-TOTAL_FORMS": 0, "emailaddress_set-INITIAL_FORMS": 0}
    form |= {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    assert client.post(page, form).status_code == 302
    okafor.user.refresh_from_db()
    assert not okafor.user.is_active
    assert theirs.get("/team/").status_code == 302


def test_only_a_superuser_makes_or_changes_staff(okafor: Party, as_staff: SignIn) -> None:
    from django.contrib.auth.models import Permission

    client = as_staff(SUPPORT)
    clerk = User.objects.get(email="sam.support@demo.test")
    clerk.user_permissions.add(Permission.objects.get(codename="change_user"))
    form = {"name": "Ada", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    form |= {
        f"{part}-{count}": 0
        for part in ("emailaddress_set", "memberships")
        for count in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    client.post(reverse("admin:portal_user_change", args=[okafor.user.pk]), form)
    okafor.user.refresh_from_db()
    assert not okafor.user.is_staff
    assert not okafor.user.is_superuser
    boss = User.objects.create_user("boss@demo.test", is_staff=True, is_superuser=True)
    assert client.post(reverse("admin:portal_user_change", args=[boss.pk]), form).status_code == 403


@pytest.mark.parametrize("model", LOOKERS)
def test_a_list_has_one_name_and_says_what_to_do_while_it_is_empty(as_staff: SignIn, model: str) -> None:
    """In the menu and at its head alike. What would be in it is said, and not that nothing was found."""
    client = as_staff(superuser=True)
    door = reverse(name_of(model, "changelist"))
    titles = {
        str(item["link"]): str(item["title"])
        for group in client.get(reverse("admin:index")).context["sidebar_navigation"]
        for item in group["items"]
    }
    page = client.get(door).content.decode()
    if door in titles:
        assert re.search(rf">\s*{re.escape(titles[door])}\s*<", page[page.index('id="header-inner"') :])
    would_be, next_step = EMPTY[model]
    nothing = client.get(door, {"q": "nothing at all is called that"}).content.decode()
    for text in (page, nothing):
        assert "yielded" not in text
        assert "No results found" not in text
        assert not re.search(r"\b0 results", text)
    if 'id="result_list"' not in page:
        assert escape(would_be) in page
        assert escape(next_step) in page


def test_every_list_has_words_for_when_it_is_empty() -> None:
    assert set(EMPTY) == set(LOOKERS)
