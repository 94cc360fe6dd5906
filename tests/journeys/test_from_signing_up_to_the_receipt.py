"""The whole way, alone in a browser: sign up, the free tier, a trial, Checkout, the receipt."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.infra.portal import RunningPortal
from tests.journeys.steps import (
    BY_ITSELF,
    DECLINES,
    PAYS,
    Charges,
    choose,
    due_today,
    expect_title,
    fill_card,
    mail_to,
    minor,
    new_address,
    pay_now,
    sign_up,
)


def test_from_signing_up_to_the_receipt(running_portal: RunningPortal, page: Page) -> None:
    charges = Charges(running_portal)
    address = new_address("nia")
    sign_up(running_portal, page, name="Nia", address=address, organisation="Nia Looms")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Free")

    page.goto("/trials/")
    page.get_by_role("button", name=re.compile("^Try Team for")).click()
    expect(page.get_by_text("You are trying Team.")).to_be_visible()

    choose(page, "team", seats=2)
    amount = due_today(page)
    pay_now(page)

    # On Stripe's page. First a card that is declined: nothing has happened, and the way back says so.
    fill_card(page, DECLINES)
    page.get_by_role("button", name=f"Pay {amount}").click()
    expect(page.get_by_text("You were not charged.")).to_be_visible()
    page.get_by_role("link", name="Back, without paying").click()
    expect_title(page, "Your payment page is still open.")
    assert charges.amounts == []
    page.get_by_role("link", name="Continue to the payment page").click()
    fill_card(page, PAYS)
    page.get_by_role("button", name=f"Pay {amount}").click()

    expect_title(page, "You have Team for 2 people.")
    assert charges.amounts == [minor(amount)]
    page.get_by_role("link", name="See my plan").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Team")

    receipt = mail_to(running_portal, address, subject="eceipt")
    assert amount in receipt["text"]
    page.goto("/billing/")
    expect(page.get_by_text("Visa ·· 4242")).to_be_visible(timeout=BY_ITSELF)
    expect(page.get_by_role("table")).to_contain_text(amount)


def test_going_back_and_paying_again_does_not_pay_twice(running_portal: RunningPortal, page: Page) -> None:
    charges = Charges(running_portal)
    sign_up(running_portal, page, name="Pim", address=new_address("pim"), organisation="Pim Boats")
    choose(page, "team", seats=1)
    quote, amount = page.url, due_today(page)
    pay_now(page)
    checkout = page.url
    fill_card(page, PAYS)
    page.get_by_role("button", name=f"Pay {amount}").click()
    expect_title(page, "You have Team for one person.")

    page.go_back()
    page.goto(checkout)
    expect_title(page, "You have Team for one person.")
    page.goto(quote)
    expect_title(page, "You have Team for one person.")
    assert charges.amounts == [minor(amount)]


def test_a_browser_closed_on_the_way_back_misses_nothing(running_portal: RunningPortal, page: Page) -> None:
    address = new_address("quy")
    sign_up(running_portal, page, name="Quy", address=address, organisation="Quy Tiles")
    choose(page, "team", seats=1)
    amount = due_today(page)
    pay_now(page)
    fill_card(page, PAYS)
    page.route("**/return/**", lambda route: route.abort())
    page.get_by_role("button", name=f"Pay {amount}").click()

    assert amount in mail_to(running_portal, address, subject="eceipt")["text"]
    page.unroute("**/return/**")
    page.goto("/plan/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Team")
