"""Notice periods in the admin: set by the catalogue group, with a reason that stays."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from licensing.models import NoticeRule
from tests.staff.conftest import SignIn


@pytest.fixture
def client(as_staff: SignIn) -> Client:
    return as_staff("catalogue")


def page_of(rule: NoticeRule, name: str = "change") -> str:
    return reverse(f"admin:licensing_noticerule_{name}", args=[rule.pk])


def test_a_period_is_changed_with_a_reason_that_stands_in_its_history(client: Client) -> None:
    rule = NoticeRule.objects.get(kind="price_rise", jurisdiction="")
    said = {"days": "45", "source": rule.source, "note": rule.note}
    refused = client.post(page_of(rule), said)
    assert "This field is required." in refused.content.decode()

    client.post(page_of(rule), {**said, "reason": "Our yearly customers budget by the quarter."})
    rule.refresh_from_db()
    assert rule.days == 45
    assert "budget by the quarter" in LogEntry.objects.get(object_id=str(rule.pk)).change_message
    assert "budget by the quarter" in client.get(page_of(rule, "history")).content.decode()


def test_a_country_is_added_and_written_as_a_code(client: Client) -> None:
    add = reverse("admin:licensing_noticerule_add")
    said = {"kind": "feature_loss", "days": "75", "source": "Our lawyers in Paris.", "reason": "They asked."}
    assert "An ISO 3166 code in capitals" in client.post(add, {**said, "jurisdiction": "fr"}).content.decode()
    client.post(add, {**said, "jurisdiction": "FR"})
    assert NoticeRule.objects.get(jurisdiction="FR").days == 75


def test_the_vendors_policy_cannot_be_deleted_and_a_countrys_rule_can(client: Client) -> None:
    policy = NoticeRule.objects.get(kind="price_rise", jurisdiction="")
    assert client.post(page_of(policy, "delete"), {"post": "yes"}).status_code == 403
    client.post(page_of(NoticeRule.objects.get(jurisdiction="KR"), "delete"), {"post": "yes"})
    assert NoticeRule.objects.filter(pk=policy.pk).exists()
    assert not NoticeRule.objects.filter(jurisdiction="KR").exists()


def test_the_page_says_that_it_is_not_legal_advice(client: Client) -> None:
    rule = NoticeRule.objects.get(jurisdiction="DE")
    assert "not legal advice" in client.get(page_of(rule)).content.decode()
