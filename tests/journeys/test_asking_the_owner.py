"""A member may not spend, but may ask; the owner gets the question with everything worked out."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.steps import mail_to, sign_in


def test_a_member_asks_and_the_owner_decides(
    running_portal: RunningPortal, browser: Browser, page: Page
) -> None:
    sign_in(page, "eve@demo.test")
    page.goto("/upgrade/?tier=business&seats=8&interval=month")
    expect(page.get_by_role("button", name=re.compile("^Review"))).to_have_count(0)
    page.get_by_label("Ask an owner").fill("For the audit in spring.")
    page.get_by_role("button", name="Ask for Business").click()
    expect(page.get_by_text(re.compile("asked", re.IGNORECASE)).first).to_be_visible()

    mail = mail_to(running_portal, "ada@demo.test", subject="Eve")
    assert "For the audit in spring." in mail["text"]
    link = re.search(r"http://\S+/upgrade/\S*", mail["text"])
    assert link, mail["text"]

    owner = browser.new_context(base_url=running_portal.base_url, locale="en-US").new_page()
    sign_in(owner, "ada@demo.test")
    owner.goto(link[0])
    owner.get_by_role("button", name=re.compile("^Review")).click()
    owner.wait_for_url("**/upgrade/quotes/**")
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Business")

    page.goto(owner.url)
    expect(page.get_by_text("You can see this quote, but not accept it.")).to_be_visible()
    owner.context.close()
