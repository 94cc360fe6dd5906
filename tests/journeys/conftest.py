"""People who are signed in once for all tests of a module, and then open any page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.infra.portal import RunningPortal
from tests.journeys.steps import sign_in

Cookies = Callable[[str], list[Any]]


@pytest.fixture(scope="module")
def cookies_of(browser: Browser, running_portal: RunningPortal) -> Cookies:
    """The cookies of one of the cast, who signs in when first asked for; none for an empty name."""
    known: dict[str, list[Any]] = {"": []}

    def cookies(name: str) -> list[Any]:
        if name not in known:
            context = browser.new_context(base_url=running_portal.base_url, locale="en-US")
            sign_in(context.new_page(), f"{name}@demo.test")
            known[name] = context.cookies()
            context.close()
        return known[name]

    return cookies
