"""What people do in the journeys, each step in a word: sign in, find the mail, pay on Stripe's page."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.infra.portal import RunningPortal

PASSWORD = "demo-portal"
PAYS, DECLINES, ASKS_THE_BANK = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 3220"
FAILS_LATER = "4000 0000 0000 0341"

# Stripe tells us, we work it off, a mail goes out: each of these comes by itself within seconds, seldom half a minute.
BY_ITSELF = 60_000


def new_address(name: str) -> str:
    """An address nobody has signed up with, also where the same portal is tested twice."""
    return f"{name}-{secrets.token_hex(3)}@journey.test"


def sign_in(page: Page, address: str) -> None:
    """Sign in as one of the cast and stand on My plan."""
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/plan/")


def sign_up(portal: RunningPortal, page: Page, *, name: str, address: str, organisation: str) -> None:
    """Sign up, confirm the address by the code in the mailbox, make an organisation, and stand on My plan."""
    page.goto("/accounts/signup/")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(f"{PASSWORD}-{name}")
    page.get_by_role("button", name="Sign up", exact=True).click()
    page.get_by_label("Code").fill(code_sent_to(portal, address))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/start/")
    page.get_by_label("Name of your organisation").fill(organisation)
    page.get_by_label("Country").select_option("DE")
    page.get_by_label("Currency").select_option("USD")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/plan/")


def code_sent_to(portal: RunningPortal, address: str) -> str:
    """The code in the newest mail to that address."""
    text = mail_to(portal, address, subject="")["text"]
    found = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", text, re.MULTILINE)
    assert found, text
    return found[1]


def mail_to(portal: RunningPortal, address: str, *, subject: str) -> dict[str, Any]:
    """The newest mail to that address whose subject holds these words; waited for, because a worker sends it."""

    def arrived() -> dict[str, Any] | None:
        return next((m for m in portal.mails(to=address) if subject in m["subject"]), None)

    return portal.mail(within(BY_ITSELF / 1000, arrived, what=f"a mail to {address} about “{subject}”")["id"])


def within(seconds: float, look: Callable[[], Any], *, what: str) -> Any:
    """What `look` finds, asked again until it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s"
        time.sleep(0.3)
    return found


def choose(page: Page, tier: str, *, seats: int | None = None, interval: str = "month") -> None:
    """Set the calculator and go on to the binding quote."""
    wanted = f"&seats={seats}" if seats else ""
    page.goto(f"/upgrade/?tier={tier}&interval={interval}{wanted}")
    page.get_by_role("button", name=re.compile("^Review")).click()
    page.wait_for_url("**/upgrade/quotes/**")


def due_today(page: Page) -> str:
    """The amount on the quote's button, as it is written: $54.67."""
    words = page.get_by_role("button", name=re.compile("^Pay .* now$")).inner_text()
    return words.removeprefix("Pay ").removesuffix(" now")


def pay_now(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Pay .* now$")).click()


def fill_card(page: Page, number: str) -> None:
    """The card's fields on Stripe's page."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12/34")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Name on card").fill("A. Person")


def put_card_on_file(page: Page, number: str) -> None:
    """From the billing page to Stripe's, put a card on file there, and come back."""
    page.goto("/billing/")
    page.get_by_role("button", name="Payment method and details").click()
    fill_card(page, number)
    page.get_by_role("button", name="Add card and make it the default").click()
    page.get_by_role("link", name="Return").click()
    page.wait_for_url("**/billing/")


def expect_title(page: Page, words: str) -> None:
    """The page's first heading, waited for."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words, timeout=BY_ITSELF)


class Charges:
    """What Stripe has really charged since this began, oldest first: the proof of "charged once"."""

    def __init__(self, portal: RunningPortal) -> None:
        self._portal = portal
        self._before = {charge["id"] for charge in portal.sandbox.charges()}

    @property
    def amounts(self) -> list[int]:
        """In minor units."""
        new = [charge for charge in self._portal.sandbox.charges() if charge["id"] not in self._before]
        return [charge["amount"] for charge in sorted(new, key=lambda charge: charge["created"])]


def minor(words: str) -> int:
    """$1,234.56 → 123456."""
    return int(re.sub(r"\D", "", words))
