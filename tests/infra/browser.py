"""A real browser for the journeys: system Chromium, or Playwright's own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.infra.portal import RunningPortal

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the run. Without any, the tests that need it are skipped and the summary says why."""
    why_not = os.environ.get("NO_BROWSER_BECAUSE")
    if why_not:
        pytest.skip(f"no browser: {why_not}")
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
        if not executable and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("no browser: set CHROMIUM, install chromium, or run `make test`, which sees to it")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, running_portal: RunningPortal) -> Iterator[BrowserContext]:
    """A visitor nobody has seen before, at a desk; relative addresses are the portal's."""
    context = browser.new_context(
        base_url=running_portal.base_url, viewport={"width": 1280, "height": 900}, locale="en-US"
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page in which any script error, or error on the console, fails the test.

    A page refused on purpose (402, 403, 404 …) is logged by the browser itself and is not counted: tests say what
    status they expect.
    """
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    page = context.new_page()
    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert not complaints, f"the browser complained: {complaints}"
