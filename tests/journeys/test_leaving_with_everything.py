"""An owner takes everything along, closes the organisation, asks for it to be erased, and takes that back."""

from __future__ import annotations

import json
import re
import zipfile

from playwright.sync_api import Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.steps import expect_title, mail_to, new_address, sign_up
from tests.journeys.test_every_page import assert_clean


def test_take_along_close_erase_and_take_back(running_portal: RunningPortal, page: Page) -> None:
    address, name = new_address("ines"), "Ines Weaving"
    sign_up(running_portal, page, name="Ines", address=address, organisation=name)

    page.get_by_text("Ines").first.click()
    page.get_by_role("link", name="Your data").click()
    expect_title(page, "What is here is yours: take it along, or have it erased.")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as JSON").click()
    document = json.loads(taken.value.path().read_text())
    assert document["organisation"][0]["name"] == name
    assert document["members"][0]["email"] == address
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as tables").click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert {"history.csv", "manifest.json", "seal.json"} <= set(archive.namelist())

    page.goto("/team/")
    page.get_by_text(f"Close {name} for good").click()
    page.get_by_label(f"Type “{name}”").fill(name)
    page.get_by_role("button", name="Close it").click()
    page.wait_for_url("**/data/")
    expect(page.get_by_role("button", name="Download as JSON")).to_be_visible()

    page.get_by_text(f"Erase {name}").click()
    page.get_by_label(f"Type “{name}”").fill(name)
    page.get_by_role("button", name=re.compile("^Erase it in")).first.click()
    expect(page.get_by_text("Until then nothing happens").first).to_be_visible()
    page.goto("/data/")
    assert_clean(page)
    told = mail_to(running_portal, address, subject=f"{name} is erased on")
    assert "take it back" in told["text"]

    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Nothing is erased. Everything stays as it was.")).to_be_visible()
    expect(page.get_by_text(f"Erase {name}")).to_be_visible()
