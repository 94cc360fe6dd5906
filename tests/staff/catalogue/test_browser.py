"""A writer of the catalogue in a real browser: loads a draft, is told its faults, mends it, sees what it changes."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.cast import CATALOGUES, TODAY
from tests.staff.test_browser import accessible, sign_in


def next_terms(scheme: str) -> str:
    """Today's terms under a new key, with Team two dollars dearer."""
    source = (CATALOGUES / f"meridian-{TODAY}.toml").read_text()
    return (
        source.replace(TODAY, f"2027-{scheme}")
        .replace("January 2026", f"Next year, {scheme}")
        .replace("USD = 2300\n", "USD = 2500\n")
    )


def named(page: Page) -> None:
    """Every field of the page, the theme's own too, has a name."""
    found = Axe().run(page, options={"runOnly": ["label", "select-name", "button-name"]})
    assert not found.response["violations"], found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_draft_is_loaded_mended_and_compared(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    sign_in(page, "mara@demo.test")
    page.goto("/admin/licensing/edition/")
    page.get_by_role("link", name="Load a draft from a file").click()
    accessible(page)

    wrong = next_terms(scheme).replace("rank = 3", 'rank = "three"').replace("roles = true\n", "", 1)
    page.get_by_label("A file").set_input_files(
        {"name": "next.toml", "mimeType": "text/plain", "buffer": wrong.encode()}
    )
    page.get_by_role("button", name="Load the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("The tier 'scale': rank must be a whole number")
    accessible(page)

    text = page.get_by_label("Or its text")
    text.fill(text.input_value().replace('rank = "three"', "rank = 3"))
    page.get_by_role("button", name="Load the draft").click()
    expect(page.get_by_text(f"The draft 2027-{scheme} is loaded.")).to_be_visible()
    expect(page.locator("#findings + p + ul")).to_contain_text(
        re.compile(
            "Business claims “You decide exactly.*does not include Roles of your own.*must be mended", re.S
        )
    )
    accessible(page)
    named(page)
    page.get_by_role("link", name="open Team").click()
    expect(page.get_by_label("Price, price 1")).to_be_visible()
    named(page)
    page.go_back()

    page.get_by_role("link", name="Compare with another edition").click()
    expect(page.get_by_role("heading", name=f"From January 2026 to Next year, {scheme}")).to_be_visible()
    team = page.locator("section", has=page.get_by_role("heading", name="Team", exact=True))
    expect(team).to_contain_text(
        re.compile(r"\$23\.00 a seat.*\$25\.00 a seat.*\+\$2\.00, \+8\.7 %.*worse", re.S)
    )
    accessible(page)
    page.get_by_label("Compare with").select_option(label="2025-03 · March 2025 (published)")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name=f"From March 2025 to Next year, {scheme}")).to_be_visible()
