"""From a no to the rule behind it and back; and the rules as they were on the day of a purchase."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.conftest import Cookies
from tests.journeys.steps import expect_title


@pytest.fixture
def page(browser: Browser, running_portal: RunningPortal) -> Page:
    """Scripts off: what is to be read needs none."""
    context = browser.new_context(base_url=running_portal.base_url, locale="en-GB", java_script_enabled=False)
    return context.new_page()


def test_a_stranger_reads_the_rules_and_what_they_were(page: Page) -> None:
    page.goto("/")
    page.get_by_role("contentinfo").get_by_role("link", name="The rules").click()
    expect_title(page, "The rules, and why a no is a no.")
    rule = page.locator("#seats-fit-people")
    rule.get_by_text("For example").click()
    expect(rule).to_contain_text("You are 5 people, invitations included; 4 seats are too few.")
    page.get_by_role("link", name="Earlier versions, and what changed").click()
    expect_title(page, "The rules, as they were.")
    expect(page.locator("main")).to_contain_text("The first that is on record.")
    page.get_by_role("link", name=re.compile("^Since 3 March 2025")).click()
    expect(page.locator(".banner")).to_contain_text("They were in force from 3 March 2025")
    page.get_by_role("link", name="What has changed since").click()
    expect(page.locator("ins, del").first).to_be_visible()
    page.get_by_role("link", name="Today’s rules").click()
    expect_title(page, "The rules, and why a no is a no.")


def test_a_no_of_the_calculator_leads_to_its_rule_and_back(page: Page, cookies_of: Cookies) -> None:
    page.context.add_cookies(cookies_of("ada"))
    page.goto("/upgrade/?tier=scale&seats=3&interval=month")
    said = page.locator(".notice", has_text="Scale starts at 5 seats. Choose at least 5 seats.")
    said.get_by_role("link", name=re.compile("^The rule")).first.click()
    page.wait_for_url("**/policy/#seats-fit-tier")
    expect(page.locator("#seats-fit-tier")).to_be_in_viewport()
    page.go_back()
    page.wait_for_url("**/upgrade/?tier=scale**")
    expect(said).to_be_visible()


def test_ada_finds_the_rules_of_the_day_she_bought(page: Page, cookies_of: Cookies) -> None:
    page.context.add_cookies(cookies_of("ada"))
    page.goto("/plan/")
    page.get_by_role("link", name="The rules on the day you bought").click()
    expect(page.locator(".banner")).to_contain_text("the day you bought what you have.")
    expect(page.locator(".banner")).to_contain_text("and are today’s.")
    expect_title(page, "The rules of 12 January 2026.")


def test_bo_reads_what_the_newer_terms_mean_for_them(page: Page, cookies_of: Cookies) -> None:
    page.context.add_cookies(cookies_of("bo"))
    page.goto("/policy/yours/")
    page.get_by_role("link", name="What has changed since").click()
    expect(page.locator("main")).to_contain_text("Struck out is what was said then")
    page.goto("/changelog/")
    newest = page.locator("article").first
    expect(newest).to_contain_text("You keep Team of March 2025, and have this of the newer terms too:")
    expect(newest).to_contain_text("Rows stored: 2 million")
