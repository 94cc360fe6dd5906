"""Every page of the cast on a first visit with a phone: light enough, not too wide, and clean by axe in both themes."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request

from tests.infra.portal import RunningPortal
from tests.journeys.conftest import Cookies

LIGHT_ENOUGH = 30_000  # bytes, as they come over the wire: pages, styles and scripts
PAGES = [
    ("", "/"),
    ("", "/policy/"),
    ("", "/changelog/"),
    ("", "/accounts/login/"),
    ("", "/accounts/signup/"),
    ("", "/accounts/password/reset/"),
    ("", "/no-such-page/"),
    ("ada", "/"),
    ("ada", "/plan/"),
    ("ada", "/upgrade/"),
    ("ada", "/upgrade/?tier=business&seats=10&interval=year"),
    ("ada", "/trials/"),
    ("ada", "/billing/"),
    ("ada", "/billing/cancel/"),
    ("ada", "/team/"),
    ("ada", "/accounts/email/"),
    ("ada", "/accounts/password/change/"),
    ("ada", "/accounts/2fa/"),
    ("bo", "/plan/"),
    ("bo", "/upgrade/?tier=business"),
    ("bo", "/billing/cancel/"),
    ("cy", "/plan/"),
    ("cy", "/upgrade/"),
    ("cy", "/trials/"),
    ("cy", "/billing/"),
    ("di", "/plan/"),
    ("di", "/upgrade/?tier=scale"),
    ("di", "/billing/"),
    ("eve", "/plan/"),
    ("eve", "/upgrade/?tier=business"),
    ("eve", "/team/"),
    ("eve", "/team/ask/"),
    ("eve", "/billing/"),
]


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_page(
    name: str, path: str, browser: Browser, running_portal: RunningPortal, cookies_of: Cookies
) -> None:
    context = browser.new_context(
        base_url=running_portal.base_url, locale="en-US", viewport={"width": 390, "height": 844}
    )
    context.add_cookies(cookies_of(name))
    page = context.new_page()
    requests: list[Request] = []
    page.on("requestfinished", requests.append)
    page.goto(path)
    sizes = compressed_size([request for request in requests if request.url.startswith("http")])
    assert sum(sizes.values()) < LIGHT_ENOUGH, sizes
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, "scrolls sideways"
    page.emulate_media(reduced_motion="reduce")
    assert_clean(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert_clean(page, runOnly=["color-contrast"])
    context.close()


def assert_clean(page: Page, **options: Any) -> None:
    """No finding of axe, of any impact."""
    found = Axe().run(page, options=options)
    assert not found.violations_count, found.generate_report()


def compressed_size(requests: list[Request]) -> dict[str, int]:
    """Address → bytes of its body as they came over the wire."""
    return {request.url: request.sizes()["responseBodySize"] for request in requests}
