"""A feature goes by an announced plan: the customer reads it on My plan and in the mail, staff follow it."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.steps import mail_to, sign_in
from tests.staff.test_browser import OURS
from tests.staff.test_browser import sign_in as staff_sign_in


def test_the_customer_is_told_sees_the_day_and_goes_on_without_writing_to_anyone(
    running_portal: RunningPortal, page: Page
) -> None:
    mail = mail_to(running_portal, "bo@demo.test", subject="Single sign-on leaves your Team")
    assert "What you can do, without writing to anyone" in mail["text"]

    sign_in(page, "bo@demo.test")
    card = page.get_by_label("Planned: Single sign-on")
    expect(card.get_by_role("heading")).to_have_text(
        re.compile(r"^On .*, Single sign-on leaves your Team\.$")
    )
    expect(card).to_contain_text("What you pay stays as it is.")
    expect(card).to_contain_text("What to take along")
    card.get_by_role("link", name="Plans that have it, and their price").click()
    page.wait_for_url("**/upgrade/**")
    page.go_back()
    page.get_by_role("link", name="Cancel for the end of what is paid").click()
    page.wait_for_url("**/billing/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_my_plan_with_it_is_clean_and_not_too_wide(
    running_portal: RunningPortal, browser: Browser, width: int, scheme: Any
) -> None:
    context = browser.new_context(
        base_url=running_portal.base_url, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    sign_in(page, "bo@demo.test")
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/plan-{width}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    context.close()


def test_staff_draft_a_plan_are_told_what_is_missing_and_follow_one_that_runs(page: Page) -> None:
    staff_sign_in(page, "mara@demo.test")
    page.goto("/admin/licensing/sunset/add/")
    page.locator("select[name=feature_key]").select_option("automations")
    page.locator("textarea[name=reason]").fill("They are a product of their own now.")
    page.locator("textarea[name=instead]").fill("Meridian Flows.")
    page.locator("textarea[name=export]").fill("Under Automations, “Download all”.")
    page.locator("input[name=first_on]").fill("2099-01-01")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#result_list").get_by_role("link", name="automations").first.click()
    page.get_by_role("link", name="Announce the sunset").click()
    expect(page.locator(".staff")).to_contain_text("Today it touches")
    found = Axe().run(page, context=OURS)
    assert not found.response["violations"], found.generate_report()
    expect(page.locator(".staff")).to_contain_text("nobody approves what they wrote")
    expect(page.locator(".staff")).to_contain_text("What is sold today still gives it.")
    expect(page.get_by_role("button", name="Announce it for good")).to_have_count(0)

    page.goto("/admin/licensing/sunset/")
    row = page.get_by_role("row").filter(has_text="sso")
    expect(row).to_contain_text("1 touched: 1 written to")
    row.get_by_role("link", name="1 touched").click()
    expect(page.get_by_role("row").filter(has_text="Lindqvist")).to_contain_text("waiting for its day")
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/changes.png")
