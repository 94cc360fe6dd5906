"""Hostile hands among staff, or in a staff member's browser: the admin answers, and stands."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.doors import staff_table
from tests.doors.people import browser_of, superuser
from tests.doors.state import changed_by
from tests.hostile.bodies import MARKUP, NASTY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]

NO_KEYS = ("%00", "abc", "9" * 30, "-1", "_5F", "..%2f")
QUESTIONS = ("?q=%00", "?p=-1", "?p=abc", "?o=99.-98", "?nope=1", "?state=%00", "?pk__in=%00", "?queue=abc")
ODD = ("markup", "zero", "huge", "deep")


@pytest.fixture
def rows() -> dict[str, Any]:
    return staff_table.rows_of_ada()


@pytest.fixture
def root(rows: dict[str, Any]) -> Client:
    return browser_of(superuser())


def folder(model: str) -> str:
    return f"/admin/{model.replace('.', '/')}/"


def test_no_key_and_no_filter_brings_a_page_down(root: Client) -> None:
    with changed_by() as changed:
        for model, key in product(staff_table.MODELS, NO_KEYS):
            assert root.get(f"{folder(model)}{key}/change/").status_code in (302, 404), (model, key)
        for model, question in product(staff_table.MODELS, QUESTIONS):
            assert root.get(folder(model) + question).status_code in (200, 302, 400), (model, question)
        for name, key in product(staff_table.ACTIONS, NO_KEYS):
            row = reverse(f"admin:{name}", args=["KEY"]).replace("KEY", key)
            assert root.post(row, {"reason": "x"}).status_code == 404, (name, key)
    assert not changed


@pytest.mark.parametrize("question", ["s=a&page=9", "s=a&page=x", "s=a&extended=1&page=0", "s=a&page=-1"])
def test_the_search_has_only_the_pages_it_has(root: Client, question: str) -> None:
    assert root.get(f"/admin/search/?{question}").status_code == 404


def test_no_day_is_too_far_for_a_trial(root: Client, rows: dict[str, Any]) -> None:
    door = reverse("admin:licensing_trial_extend", args=[rows["licensing.trial"]])
    with changed_by() as changed:
        for day in ("0001-01-01", "9999-12-31", "2026-02-31", "-1", *NASTY.values()):
            assert root.post(door, {"ends_on": day, "reason": "x"}).status_code == 200, day[:20]
    assert not changed


def test_no_reading_is_too_odd(root: Client, rows: dict[str, Any]) -> None:
    door = reverse("admin:licensing_customer_record_usage", args=[rows["licensing.customer"]])
    for kind in set(NASTY) - {"nothing"}:
        form = {"feature_key": "projects", "value": NASTY[kind], "reason": "x"}
        assert root.post(door, form).status_code == 200, kind


def test_a_reason_is_words(root: Client, rows: dict[str, Any]) -> None:
    door = reverse("admin:licensing_customer_record_usage", args=[rows["licensing.customer"]])
    root.post(door, {"feature_key": "projects", "value": "3", "reason": f"{MARKUP}=1+1"})
    page = root.get(reverse("admin:licensing_customer_change", args=[rows["licensing.customer"]]))
    assert MARKUP not in page.content.decode()
    assert "alert(1)" in page.content.decode()


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("licensing.edition", ("key", "tiers-0-rank", "features-0-levels")),
        ("licensing.tier", ("trial_days", "prices-0-unit_amount", "prices-0-currency", "grants-0-value")),
        ("licensing.product", ("accent", "support_email", "name")),
    ],
)
def test_no_draft_is_too_odd_to_be_refused(
    root: Client, rows: dict[str, Any], model: str, fields: tuple[str, ...]
) -> None:
    address = f"{folder(model)}{rows[model]}/change/"
    good = form_of(root, address)
    assert set(fields) <= set(good)
    for field, kind in product(fields, ODD):
        answer = root.post(address, {**good, field: NASTY[kind]})
        assert answer.status_code in (200, 302), (field, kind)
        assert MARKUP not in answer.content.decode(), (field, kind)
    assert root.get(address).status_code == 200, "what was taken in can be shown"


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send of the page as it stands; of each list its first row."""
    context = client.get(address).context
    sets = [inline.formset for inline in context["inline_admin_formsets"]]
    forms = [context["adminform"].form, *(one.management_form for one in sets)]
    sent = {}
    for form in [*forms, *(one.forms[0] for one in sets if one.forms)]:
        for field in form:
            value = field.value()
            sent[field.html_name] = "" if value in (None, False) else value
    for one in sets:
        sent[f"{one.prefix}-TOTAL_FORMS"] = sent[f"{one.prefix}-INITIAL_FORMS"] = min(len(one.forms), 1)
    return sent
