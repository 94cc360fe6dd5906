"""Every page of the cast on a first visit with a phone: light enough, not too wide, and clean by axe in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.http import HttpRequest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from portal.views import errors
from tests.infra.portal import RunningPortal
from tests.journeys.conftest import Cookies
from tests.journeys.steps import choose, expect_title, pay_now

LIGHT_ENOUGH = 30_000  # bytes, as they come over the wire: pages, styles and scripts
PAGES = [
    ("", "/"),
    ("", "/policy/"),
    ("", "/policy/versions/"),
    ("", "/changelog/"),
    ("", "/continuity/"),
    ("", "/promises/"),
    ("", "/verify/"),
    ("", "/accounts/login/"),
    ("", "/accounts/signup/"),
    ("", "/accounts/password/reset/"),
    ("", "/no-such-page/"),
    ("ada", "/"),
    ("ada", "/plan/"),
    ("ada", "/plan/certificate/"),
    ("ada", "/upgrade/"),
    ("ada", "/upgrade/?tier=business&seats=10&interval=year"),
    ("ada", "/trials/"),
    ("ada", "/billing/"),
    ("ada", "/policy/yours/"),
    ("ada", "/billing/cancel/"),
    ("ada", "/team/"),
    ("ada", "/data/"),
    ("ada", "/accounts/email/"),
    ("ada", "/accounts/password/change/"),
    ("ada", "/accounts/2fa/"),
    ("bo", "/plan/"),
    ("bo", "/changelog/"),
    ("bo", "/policy/yours/"),
    ("bo", "/plan/certificate/"),
    ("bo", "/upgrade/?tier=business"),
    ("bo", "/billing/cancel/"),
    ("cy", "/plan/"),
    ("cy", "/plan/certificate/"),
    ("cy", "/upgrade/"),
    ("cy", "/trials/"),
    ("cy", "/billing/"),
    ("di", "/plan/"),
    ("di", "/upgrade/?tier=scale"),
    ("di", "/billing/"),
    ("eve", "/plan/"),
    ("eve", "/upgrade/?tier=business"),
    ("eve", "/team/"),
    ("eve", "/data/"),
    ("eve", "/team/ask/"),
    ("eve", "/billing/"),
]


@pytest.fixture
def phone(browser: Browser, running_portal: RunningPortal) -> Iterator[BrowserContext]:
    """A phone on which nobody has been before."""
    context = browser.new_context(
        base_url=running_portal.base_url, locale="en-US", viewport={"width": 390, "height": 844}
    )
    yield context
    context.close()


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_page(name: str, path: str, phone: BrowserContext, cookies_of: Cookies) -> None:
    phone.add_cookies(cookies_of(name))
    assert_light_narrow_and_clean(phone.new_page(), path)


def test_a_quote_that_gives_up_an_older_edition(phone: BrowserContext, cookies_of: Cookies) -> None:
    phone.add_cookies(cookies_of("bo"))
    page = phone.new_page()
    choose(page, "business", interval="year")
    assert_light_narrow_and_clean(page, page.url)


def test_a_payment_that_is_begun_and_withdrawn(phone: BrowserContext, cookies_of: Cookies) -> None:
    phone.add_cookies(cookies_of("cy"))
    page = phone.new_page()
    choose(page, "team", seats=1)
    quote = page.url
    assert_light_narrow_and_clean(page, quote)
    pay_now(page)
    assert_light_narrow_and_clean(page, quote)
    expect_title(page, "Your payment page is still open.")
    page.get_by_role("button", name="Withdraw, and stay on Free").click()
    expect_title(page, "You withdrew this payment.")
    assert_light_narrow_and_clean(page, quote)


def test_what_is_said_while_the_database_or_redis_is_away(phone: BrowserContext) -> None:
    """Neither may be ended under a portal that others look at, so the answer is put in the place of a page."""
    page, said = phone.new_page(), errors.unavailable(HttpRequest())
    page.route("**/plan/", lambda route: route.fulfill(status=said.status_code, body=said.content))
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto("/plan/")
    expect_title(page, "We cannot answer just now")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, "scrolls sideways"
    assert_clean(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert_clean(page, runOnly=["color-contrast"])


def assert_light_narrow_and_clean(page: Page, path: str) -> None:
    """Load it as on a first visit, then look."""
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(path)
    sizes = compressed_size([request for request in requests if request.url.startswith("http")])
    assert sum(sizes.values()) < LIGHT_ENOUGH, sizes
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, "scrolls sideways"
    assert_clean(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert_clean(page, runOnly=["color-contrast"])


def assert_clean(page: Page, **options: Any) -> None:
    """No finding of axe, of any impact."""
    found = Axe().run(page, options=options)
    assert not found.violations_count, found.generate_report()


def compressed_size(requests: list[Request]) -> dict[str, int]:
    """Address → bytes of its body as they came over the wire."""
    return {request.url: request.sizes()["responseBodySize"] for request in requests}
