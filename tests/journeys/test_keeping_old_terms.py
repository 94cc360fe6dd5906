"""Bo holds an older edition: sees what is kept, files a proof of it, and is asked before any of it is given up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from playwright.sync_api import Browser, BrowserContext, expect

from tests.infra.portal import RunningPortal
from tests.journeys.conftest import Cookies
from tests.journeys.steps import Charges, choose, expect_title


@pytest.fixture
def somebody(browser: Browser, running_portal: RunningPortal) -> Iterator[BrowserContext]:
    """A browser in which nobody is signed in."""
    context = browser.new_context(base_url=running_portal.base_url, locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def bo(browser: Browser, running_portal: RunningPortal, cookies_of: Cookies) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=running_portal.base_url, locale="en-GB")
    context.add_cookies(cookies_of("bo"))
    yield context
    context.close()


def with_another_price(signed: str) -> str:
    """The same certificate at a tenth of the price."""
    parts = json.loads(signed)
    statement = json.loads(urlsafe_b64decode(parts["payload"].encode()))
    statement["price"]["amount"] //= 10
    return json.dumps({**parts, "payload": urlsafe_b64encode(json.dumps(statement).encode()).decode()})


def test_a_certificate_is_downloaded_verified_by_a_stranger_and_found_out_when_changed(
    bo: BrowserContext, somebody: BrowserContext, tmp_path: Path
) -> None:
    page = bo.new_page()
    page.goto("/plan/")
    promised = page.get_by_role("region", name="What is promised to you")
    expect(promised).to_contain_text("€170 a seat a year (today €210)")
    expect(promised).to_contain_text("Rows stored: 2 million (since January 2026)")
    promised.get_by_role("link", name="Your price-lock certificate").click()
    expect_title(page, "Price-lock certificate")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download it signed").click()
    assert re.fullmatch(
        r"price-lock-lindqvist-daughters-\d{4}-\d\d-\d\d\.json", waiting.value.suggested_filename
    )
    file = tmp_path / "price-lock.json"
    waiting.value.save_as(file)

    stranger = somebody.new_page()
    stranger.goto("/verify/")
    stranger.get_by_label("Or the file").set_input_files(file)
    stranger.get_by_role("button", name="Verify").click()
    expect_title(stranger, "The signature holds.")
    says = stranger.get_by_role("region", name="What it says")
    expect(says).to_contain_text("Lindqvist & Daughters")
    expect(says).to_contain_text("€170 a seat a year")

    stranger.get_by_label("The certificate").fill(with_another_price(file.read_text()))
    stranger.get_by_role("button", name="Verify").click()
    expect_title(stranger, "The signature does not hold.")
    expect(stranger.get_by_role("region", name="What it claims")).to_contain_text("€17 a seat a year")


def test_moving_up_says_what_is_given_up_and_asks_for_the_tick(
    running_portal: RunningPortal, bo: BrowserContext
) -> None:
    page, charges = bo.new_page(), Charges(running_portal)
    choose(page, "business", interval="year")
    given_up = page.get_by_role("region", name="What you give up by leaving Team of March 2025")
    expect(given_up).to_contain_text("€210.00 in place of your €170.00 a seat a year")
    expect(given_up).to_contain_text("Single sign-on: not included; you have it")
    box = page.get_by_label("I know, and give up the terms of March 2025.")
    expect(box).not_to_be_checked()
    pay = page.get_by_role("button", name=re.compile("^Pay .* now$"))
    pay.click()
    expect(box).to_be_focused()  # The browser itself stops, and shows where.
    box.evaluate("box => box.required = false")
    pay.click()
    expect(page.get_by_role("alert")).to_contain_text(
        "Tick this first. Nothing was charged, and nothing changed."
    )
    assert charges.amounts == []
