"""The same journey with JavaScript off, and with a keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.conftest import Cookies
from tests.journeys.steps import (
    PASSWORD,
    PAYS,
    Charges,
    choose,
    due_today,
    expect_title,
    fill_card,
    minor,
    new_address,
    pay_now,
    sign_up,
)

FOCUS = """() => {
  const e = document.activeElement, s = getComputedStyle(e);
  return { words: (e.innerText || e.value || e.getAttribute('aria-label') || '').trim(), tag: e.tagName,
           seen: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 };
}"""


def test_signing_up_calculating_and_paying_without_scripts(
    running_portal: RunningPortal, browser: Browser
) -> None:
    context = browser.new_context(base_url=running_portal.base_url, locale="en-US", java_script_enabled=False)
    page = context.new_page()
    charges = Charges(running_portal)
    sign_up(running_portal, page, name="Sol", address=new_address("sol"), organisation="Sol Gardens")
    page.goto("/upgrade/")
    page.get_by_label("Team", exact=True).check(force=True)
    page.get_by_role("spinbutton").fill("3")
    page.get_by_role("button", name="Work it out").click()
    page.get_by_role("button", name=re.compile("^Review")).click()
    amount = due_today(page)
    pay_now(page)
    fill_card(page, PAYS)
    page.get_by_role("button", name=f"Pay {amount}").click()
    expect_title(page, "You have Team for 3 people.")
    assert charges.amounts == [minor(amount)]
    context.close()


def test_a_quote_is_accepted_by_keyboard_alone_and_the_focus_is_always_seen(
    running_portal: RunningPortal, browser: Browser, cookies_of: Cookies
) -> None:
    context = browser.new_context(base_url=running_portal.base_url, locale="en-US")
    context.add_cookies(cookies_of("ada"))
    page = context.new_page()
    choose(page, "business", seats=8)
    page.keyboard.press("Tab")
    assert focus(page)["words"] == "Skip to the page"
    walked = walk_to(page, re.compile("^Pay .* now$"))
    assert all(step["seen"] for step in walked), walked
    page.keyboard.press("Tab")
    assert focus(page)["words"] == "Stay on Team", "what follows paying is not paying"
    page.keyboard.press("Enter")
    page.wait_for_url("**/plan/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Team")
    context.close()


def focus(page: Page) -> dict:
    return page.evaluate(FOCUS)


def walk_to(page: Page, words: re.Pattern[str]) -> list[dict]:
    """Press Tab until what has the focus says `words`; every stop on the way."""
    stops: list[dict] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stops.append(focus(page))
        if words.search(stops[-1]["words"]):
            return stops
    raise AssertionError(f"the keyboard does not reach {words.pattern}: {stops}")


def test_staff_read_the_catalogue_without_scripts(running_portal: RunningPortal, browser: Browser) -> None:
    context = browser.new_context(base_url=running_portal.base_url, locale="en-US", java_script_enabled=False)
    page = context.new_page()
    page.goto("/accounts/login/?next=/admin/licensing/edition/")
    page.get_by_label("Email", exact=False).first.fill("mara@demo.test")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="2026-01", exact=True).click()
    expect(page.get_by_role("heading", name="All terms")).to_be_visible()
    expect(page.get_by_placeholder("Type to search")).to_be_hidden()
    context.close()
