"""Somebody is full, support asks for an exception, a colleague approves it, they go on, and it ends by the clock."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.steps import mail_to, new_address, sign_up

OURS = {"include": [[".staff"]]}


@pytest.fixture
def support(browser: Browser, running_portal: RunningPortal) -> Iterator[Page]:
    yield from _of_staff(browser, running_portal, "staff@demo.test")


@pytest.fixture
def finance(browser: Browser, running_portal: RunningPortal) -> Iterator[Page]:
    yield from _of_staff(browser, running_portal, "finance@demo.test")


def _of_staff(browser: Browser, portal: RunningPortal, address: str) -> Iterator[Page]:
    """Somebody of staff, signed in and on the first page of staff."""
    context = browser.new_context(base_url=portal.base_url, locale="en-US")
    page = context.new_page()
    page.goto("/accounts/login/?next=/admin/")
    page.get_by_label("Email", exact=False).first.fill(address)
    page.locator("input[name=password]").fill("demo-portal")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r":\d+/admin/$"))
    yield page
    context.close()


def accessible(page: Page, context: object = None) -> None:
    found = Axe().run(page, context=context)
    assert not found.response["violations"], found.generate_report()


def test_an_exception_is_asked_for_approved_seen_and_over(
    running_portal: RunningPortal, page: Page, support: Page, finance: Page
) -> None:
    name = f"Annex {secrets.token_hex(3)}"
    slug, address = name.lower().replace(" ", "-"), new_address("nia")
    sign_up(running_portal, page, name="Nia", address=address, organisation=name)
    running_portal.manage("usage", "record", slug, "projects", "3")
    page.reload()
    expect(page.get_by_text("None left.")).to_be_visible()

    support.get_by_label("Find a customer").fill(name)
    support.keyboard.press("Enter")
    support.get_by_role("link", name=name).first.click()
    support.get_by_role("link", name="Give more for a while").click()
    expect(support.get_by_text("waits until somebody else approves it")).to_be_visible()
    accessible(support, OURS)
    support.get_by_label("Feature").select_option("projects")
    support.get_by_label("As much as").fill("5")
    support.get_by_label("For how many days").fill("30")
    support.get_by_label("Why, in words for the customer").fill("So that you can finish your pitch.")
    support.locator("textarea[name=reason]").fill("Ticket 4711: a pitch on Friday.")
    support.get_by_role("button", name="Ask for it").click()
    expect(support.get_by_text("it waits for somebody else’s approval")).to_be_visible()
    accessible(support, OURS)
    expect(support.get_by_role("link", name="Approve")).to_have_count(0)

    finance.reload()
    finance.get_by_role("link", name=re.compile("Exceptions that wait for approval")).click()
    finance.get_by_role("row", name=re.compile(name)).get_by_role("link", name="Projects: 5 projects").click()
    finance.get_by_role("link", name="Approve the exception").click()
    expect(finance.get_by_text("5 projects instead of 3 projects. Team gives that")).to_be_visible()
    accessible(finance, OURS)
    finance.locator("textarea[name=reason]").fill("It is small, and they pay on Friday.")
    finance.get_by_role("button", name="Approve it").click()
    expect(finance.get_by_text("Approved. Projects: 5 projects.")).to_be_visible()

    page.reload()
    expect(page.get_by_text("3 of 5").first).to_be_visible()
    expect(page.get_by_role("heading", name="Made for you")).to_be_visible()
    expect(page.get_by_text("So that you can finish your pitch.").first).to_be_visible()
    accessible(page)
    assert "5 instead of 3" in mail_to(running_portal, address, subject="Made for you")["text"]
    running_portal.manage("usage", "record", slug, "projects", "4")
    page.reload()
    expect(page.get_by_text("4 of 5").first).to_be_visible()

    running_portal.manage("timetravel", "--customer", slug, "--days", "31")
    page.reload()
    expect(page.get_by_role("heading", name="Made for you")).to_have_count(0)
    expect(
        page.get_by_text("1 more than Free has room for: all of it stays, no more can be added.")
    ).to_be_visible()
    assert "What you made stays" in mail_to(running_portal, address, subject="has ended")["text"]
