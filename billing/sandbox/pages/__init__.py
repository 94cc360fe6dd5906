"""The hosted pages: what a customer sees at Stripe's side. Plain HTML, no script, at the sandbox's own address."""

from __future__ import annotations

import sys
import traceback

from billing.sandbox.due import run_due
from billing.sandbox.errors import StripeError
from billing.sandbox.form import parse

# Imported for their routes.
from billing.sandbox.pages import challenge, checkout, invoice, portal, start  # noqa: F401
from billing.sandbox.pages.html import Page, message
from billing.sandbox.routing import PAGES, match
from billing.sandbox.sandbox import Sandbox


def answer(box: Sandbox, method: str, path: str, query: str, form: str) -> Page:
    """One page for one request."""
    found = match(PAGES, method, path)
    if found is None:
        return message("No such page", "There is nothing at this address.", status=404)
    entry, ids = found
    with box.store.lock:
        try:
            run_due(box)
            box.dirty = box.dirty or method == "POST"
            page: Page = entry.function(box, parse("&".join(filter(None, (query, form)))), *ids)
            return page
        except StripeError as error:
            return message("This did not work", str(error), status=error.status)
        except Exception:
            # Whoever looks at the page is told, and the next page is served all the same.
            traceback.print_exc(file=sys.stderr)
            return message("Something broke in the sandbox", "See its terminal output.", status=500)
