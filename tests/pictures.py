"""Takes the README's pictures of a portal that runs with the demo: `make pictures`."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from portal.local.welcome import PASSWORD
from tests.infra.browser import FLAGS

FOLDER = Path(__file__).parent.parent / "docs" / "images"
PORTAL = f"http://localhost:{os.environ.get('PORT', '8000')}"
WIDTH = 1280
# The file's name, the page that it shows, and the height to which it is cut, where a line of the page ends.
PICTURES = [("plan", "/plan/", 848), ("upgrade", "/upgrade/?tier=business", 864)]


def main() -> None:
    """My plan and the calculator, as Ada sees them at a desk by daylight."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        page = _ada(browser)
        for name, path, height in PICTURES:
            page.goto(path)
            file = FOLDER / f"{name}.png"
            page.screenshot(path=file, clip={"x": 0, "y": 0, "width": WIDTH, "height": height})
            print(f"{file.relative_to(FOLDER.parent.parent)}  {file.stat().st_size // 1024} KB")
        browser.close()


def _ada(browser: Browser) -> Page:
    context = browser.new_context(
        base_url=PORTAL,
        viewport={"width": WIDTH, "height": 1000},
        color_scheme="light",
        locale="en-US",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("ada@demo.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/plan/")
    return page


if __name__ == "__main__":
    main()
