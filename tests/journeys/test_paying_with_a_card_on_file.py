"""A customer with a card on file: one click, one charge; a bank that asks; a card that is declined."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.steps import (
    ASKS_THE_BANK,
    BY_ITSELF,
    FAILS_LATER,
    PAYS,
    Charges,
    choose,
    due_today,
    expect_title,
    fill_card,
    minor,
    new_address,
    pay_now,
    put_card_on_file,
    sign_in,
    sign_up,
)


@pytest.fixture(scope="module")
def rea(browser: Browser, running_portal: RunningPortal) -> Iterator[dict]:
    """Rea Works has bought Team for one person by Checkout; the cookies of Rea's browser."""
    context = browser.new_context(base_url=running_portal.base_url, locale="en-US")
    page = context.new_page()
    sign_up(running_portal, page, name="Rea", address=new_address("rea"), organisation="Rea Works")
    choose(page, "team", seats=1)
    pay_now(page)
    fill_card(page, PAYS)
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    expect_title(page, "You have Team for one person.")
    yield context.storage_state()
    context.close()


@pytest.fixture
def rea_page(rea: dict, context: BrowserContext, page: Page) -> Page:
    context.add_cookies(rea["cookies"])
    return page


def test_one_click_charges_the_quoted_amount_once(running_portal: RunningPortal, rea_page: Page) -> None:
    charges = Charges(running_portal)
    choose(rea_page, "team", seats=3)
    amount = due_today(rea_page)
    rea_page.get_by_role("button", name=re.compile("^Pay .* now$")).dblclick()
    expect_title(rea_page, "You have Team for 3 people.")
    assert charges.amounts == [minor(amount)]


def test_a_bank_that_asks_is_answered_on_its_page(running_portal: RunningPortal, rea_page: Page) -> None:
    charges = Charges(running_portal)
    put_card_on_file(rea_page, ASKS_THE_BANK)
    choose(rea_page, "team", seats=4)
    quote, amount = rea_page.url, due_today(rea_page)
    pay_now(rea_page)
    expect(rea_page.get_by_role("heading", name="Your bank asks")).to_be_visible()

    rea_page.goto(quote)
    expect_title(rea_page, "Your bank wants to hear from you.")
    assert charges.amounts == []
    rea_page.get_by_role("link", name="Continue to your bank").click()
    rea_page.get_by_role("button", name="Approve payment").click()
    expect_title(rea_page, "You have Team for 4 people.")
    assert charges.amounts == [minor(amount)]


def test_a_bank_that_is_refused_leaves_everything_as_it_was(
    running_portal: RunningPortal, rea_page: Page
) -> None:
    charges = Charges(running_portal)
    put_card_on_file(rea_page, ASKS_THE_BANK)
    choose(rea_page, "business", seats=4)
    pay_now(rea_page)
    rea_page.get_by_role("button", name="Refuse payment").click()
    expect(rea_page.get_by_text("You were not charged.")).to_be_visible(timeout=BY_ITSELF)
    expect(rea_page.get_by_text("Team stays exactly as it was")).to_be_visible()
    assert charges.amounts == []


def test_a_declined_card_leaves_everything_as_it_was_and_another_one_pays(
    running_portal: RunningPortal, rea_page: Page
) -> None:
    charges = Charges(running_portal)
    put_card_on_file(rea_page, FAILS_LATER)
    choose(rea_page, "business", seats=4)
    pay_now(rea_page)
    expect_title(rea_page, "The card was declined.")
    expect(rea_page.get_by_text("You were not charged.")).to_be_visible()
    expect(rea_page.get_by_text("Team stays exactly as it was")).to_be_visible()
    assert charges.amounts == []

    rea_page.get_by_role("button", name="Use another card").click()
    fill_card(rea_page, PAYS)
    rea_page.get_by_role("button", name="Add card and make it the default").click()
    rea_page.get_by_role("link", name="Return").click()
    rea_page.get_by_role("button", name="Try again with a fresh quote").click()
    amount = due_today(rea_page)
    pay_now(rea_page)
    expect_title(rea_page, "You have Business for 4 people.")
    assert charges.amounts == [minor(amount)]


def test_leaving_an_older_edition_is_said_first_and_takes_a_tick(page: Page) -> None:
    sign_in(page, "bo@demo.test")
    choose(page, "business", interval="year")
    expect(
        page.get_by_role("heading", name=re.compile("What you give up by leaving Team of March 2025"))
    ).to_be_visible()
    quote = page.url
    pay_now(page)
    assert page.url == quote, "the browser itself asks for the tick"
    page.get_by_label(re.compile("I know, and give up the terms of March 2025")).check()
    page.get_by_role("link", name="Stay on Team").click()
    page.wait_for_url("**/plan/")


def test_cancelling_and_taking_it_back(rea_page: Page) -> None:
    rea_page.goto("/billing/")
    rea_page.get_by_role("link", name="See what cancelling would do").click()
    rea_page.get_by_role("button", name=re.compile("^Cancel (Team|Business) on")).click()
    expect(rea_page.get_by_role("heading", level=1)).to_contain_text("ends on")
    rea_page.get_by_role("button", name="Undo the cancellation").click()
    expect(rea_page.get_by_role("heading", level=1)).to_contain_text("The next payment is on")
