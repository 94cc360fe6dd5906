"""Staff change the terms: one drafts, edits and rehearses; a colleague approves; then it is published.

Of a product of its own, so that what the other journeys buy stays on sale.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.steps import BY_ITSELF, PASSWORD
from tests.licensing.small_catalogue import GOOD

# The theme's own frame and fields are not ours to mend.
OURS = {"include": [[".staff"]]}


def enter(page: Page, address: str) -> None:
    page.goto("/accounts/login/?next=/admin/")
    page.get_by_label("Email", exact=False).first.fill(address)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r":\d+/admin/$"))


def accessible(page: Page) -> None:
    found = Axe().run(page, context=OURS)
    assert not found.response["violations"], found.generate_report()


def test_a_later_edition_takes_two_people_and_a_rehearsal(
    browser: Browser, running_portal: RunningPortal, tmp_path: Path
) -> None:
    mark = secrets.token_hex(3)
    first, key = f"a-{mark}", f"b-{mark}"
    file = tmp_path / "shop.toml"
    file.write_text(GOOD.replace('key = "shop"', f'key = "shop-{mark}"').replace("2026-05", first))
    running_portal.manage("catalogue", "load", str(file), "--publish")
    mara, noor = (
        browser.new_context(base_url=running_portal.base_url, locale="en-US").new_page() for _ in range(2)
    )
    enter(mara, "mara@demo.test")
    enter(noor, "noor@demo.test")

    # Mara drafts from what is on sale, says why, and makes Team dearer.
    mara.goto("/admin/licensing/edition/")
    mara.get_by_role("link", name=first, exact=True).click()
    mara.get_by_role("link", name="Draft from this edition").click()
    mara.get_by_label("Key").fill(key)
    mara.get_by_label("Name").fill(f"Edition {key}")
    mara.get_by_role("button", name="Make the draft").click()
    expect(mara.get_by_text("Nobody has seen yet what it means for each customer.")).to_be_visible()
    mara.get_by_label("Rationale").fill("Team pays for what its support costs.")
    mara.get_by_role("button", name="Save and continue editing").click()
    mara.get_by_role("link", name="open Team").click()
    amount = mara.locator("input[name$='-unit_amount'][value='9.00']")
    amount.fill("9.50")
    mara.get_by_role("button", name="Save", exact=True).click()

    # She rehearses it, and reads what it means.
    draft = _draft(mara, key)
    mara.get_by_role("link", name="Rehearse the draft").last.click()
    accessible(mara)
    mara.get_by_role("button", name="Start the rehearsal").click()
    expect(mara.get_by_text("customers were played through.")).to_be_visible(timeout=BY_ITSELF)
    expect(mara.get_by_role("heading", name="Who is better and worse off")).to_be_visible()
    accessible(mara)

    # She cannot approve what she wrote, and is told whom to ask.
    mara.goto(draft)
    expect(mara.get_by_text("nobody approves what they wrote. Ask Noor Haddad")).to_be_visible()
    expect(mara.get_by_role("link", name="Approve the draft")).to_have_count(0)

    # Noor reads it and approves; then Mara publishes.
    noor.goto(draft)
    accessible(noor)
    noor.get_by_role("link", name="Approve the draft").last.click()
    noor.get_by_label("Note").fill("Read, with the rehearsal beside it.")
    noor.get_by_role("button", name="Approve these terms").click()
    expect(noor.get_by_text("Noor Haddad approved these very terms")).to_be_visible()
    mara.goto(draft)
    mara.get_by_role("link", name="Publish the edition").last.click()
    mara.get_by_label("The edition’s key").fill(key)
    mara.get_by_role("button", name="Publish for good").click()
    expect(mara.get_by_text(f"Edition {key} is published.")).to_be_visible()


def _draft(page: Page, key: str) -> str:
    """The address of the draft's page, where `page` stands then."""
    page.goto("/admin/licensing/edition/")
    page.get_by_role("link", name=key, exact=True).click()
    page.wait_for_url(re.compile("/change/"))
    return page.url
