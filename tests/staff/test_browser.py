"""Support's day in a real browser: what needs a person, find a customer, do something, read it in the history."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

# The theme's own frame and fields (its landmarks, its menu) are not ours to mend.
OURS = {"include": [[".staff"]]}


def sign_in(page: Page, address: str) -> None:
    page.goto("/accounts/login/?next=/admin/")
    page.get_by_label("Email", exact=False).first.fill(address)
    page.locator("input[name=password]").fill("demo-portal")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r":\d+/admin/$"))


def accessible(page: Page) -> None:
    found = Axe().run(page, context=OURS)
    assert not found.response["violations"], found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_support_finds_a_customer_and_records_a_reading_with_a_reason(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, "staff@demo.test")
    accessible(page)
    page.get_by_label("Find a customer").fill("di@demo.test")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Marsh Surveyors").first.click()
    expect(page.get_by_role("heading", name="Entitlements")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Record a reading").click()
    accessible(page)
    page.get_by_label("Limit").select_option("guests")
    page.get_by_label("Used").fill("12")
    page.get_by_label("Why").fill(f"Di read it to us, {scheme}.")
    page.get_by_role("button", name="Record the reading").click()
    expect(page.get_by_text("The reading is recorded.")).to_be_visible()
    history = page.locator(".staff-history > li").first
    expect(history).to_contain_text(
        re.compile(f"Usage recorded by .*Di read it to us, {scheme}\\.", re.DOTALL)
    )


def test_support_looks_as_a_member_and_comes_back(page: Page) -> None:
    sign_in(page, "staff@demo.test")
    page.goto("/admin/licensing/customer/?q=marsh-surveyors")
    page.get_by_role("link", name="Marsh Surveyors").first.click()
    page.get_by_role("button", name="Look as Di Marsh").click()
    page.wait_for_url("**/plan/")
    expect(page.locator("body")).to_contain_text("Marsh Surveyors")
