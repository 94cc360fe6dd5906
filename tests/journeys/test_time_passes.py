"""Trials end and reminders go out by themselves: `manage.py timetravel` lets one customer's days pass."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.steps import expect_title, mail_to, sign_in


def test_a_trial_reminds_ends_by_itself_and_gives_back_what_was_there(
    running_portal: RunningPortal, page: Page
) -> None:
    sign_in(page, "ada@demo.test")
    expect(page.get_by_text("You are trying Business.")).to_be_visible()
    mail_to(running_portal, "ada@demo.test", subject="Your Business trial ends on")

    running_portal.manage("timetravel", "--customer", "okafor-bakeries", "--days", "3")
    page.reload()
    expect(page.get_by_text("You are trying Business.")).to_have_count(0)
    expect_title(page, "You have Team, for 8 people.")
    assert "Team" in mail_to(running_portal, "ada@demo.test", subject="trial has ended")["text"]


def test_a_renewal_is_announced_with_its_exact_amount(running_portal: RunningPortal, page: Page) -> None:
    sign_in(page, "bo@demo.test")
    page.goto("/billing/")
    amount = page.locator(".lede .number").first.inner_text()
    running_portal.manage("sweep")
    reminder = mail_to(running_portal, "bo@demo.test", subject="renews")
    assert amount.strip("€ ").replace(" ", "") in reminder["text"].replace(" ", "")
