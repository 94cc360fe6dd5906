"""Faults that can be asked for, to see what the product makes of them."""

from __future__ import annotations

import re
from typing import Any

from billing.sandbox.errors import StripeError, invalid

# What each does; "before" means that nothing was done, "after" that everything was.
KINDS = {
    "500_before": "500, and nothing was done",
    "429": "rate limited, and nothing was done",
    "409": "another request holds the object, and nothing was done",
    "slow": "waits `seconds` before it starts; meanwhile its idempotency key is held",
    "500_after": "500 although the work was done; the key replays the 500, as Stripe's does (`remember`: false: the "
    "key replays the real answer)",
    "timeout_after": "does the work, waits `seconds`, closes without an answer; the key replays the real answer",
    "close_connection": "does the work, closes at once without an answer; the key replays the real answer",
    "close_before": "closes at once, and nothing was done",
    "402": "the card is declined, and nothing was done",
    "400": "refused: no such object, and nothing was done",
    "401": "the API key is not known, and nothing was done",
    "html_before": "a page in place of JSON, as from a proxy in between, and nothing was done",
    "html_after": "such a page although the work was done; the key replays the real answer",
    "empty_after": "an empty 200 although the work was done; the key replays the real answer",
    "nonsense_after": "JSON that is no answer to this, although the work was done; the key replays the real answer",
    "drip_after": "does the work, sends the answer in drops over `seconds`; the key replays the real answer",
}
PAGE = "<!doctype html><title>Gateway</title><p>Please wait."
# What is answered in place of the real answer.
IN_ITS_PLACE = {"html_before": PAGE, "html_after": PAGE, "empty_after": "", "nonsense_after": "{}"}
SERVER_ERROR = "An unknown error occurred (asked for from the sandbox)."


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self.rules: list[dict[str, Any]] = []

    def ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Add a rule: match {method, path (regular expression)}, fault, times, after (matches let through first)."""
        match = wish.get("match") or {}
        if wish.get("fault") not in KINDS:
            raise invalid(f"fault must be one of {', '.join(KINDS)}", param="fault")
        try:
            re.compile(match.get("path") or "")
        except re.error as error:
            raise invalid(f"match.path is no regular expression: {error}", param="match") from error
        rule = {
            "method": (match.get("method") or "").upper(),
            "path": match.get("path") or "",
            "fault": wish["fault"],
            "times": int(wish.get("times", 1)),
            "after": int(wish.get("after", 0)),
            "seconds": float(wish.get("seconds", 15)),
            "remember": bool(wish.get("remember", True)),
        }
        self.rules.append(rule)
        return rule

    def take(self, method: str, path: str) -> dict[str, Any] | None:
        """The fault this request meets, if any; counts it down."""
        for rule in self.rules:
            if rule["method"] not in ("", method) or not re.search(rule["path"], path):
                continue
            if rule["after"] > 0:
                rule["after"] -= 1
                continue
            rule["times"] -= 1
            if rule["times"] <= 0:
                self.rules.remove(rule)
            return rule
        return None


def server_error() -> StripeError:
    """Stripe's 500."""
    return StripeError(500, SERVER_ERROR, type="api_error")


def refusal(kind: str) -> StripeError | None:
    """The error of a fault that strikes before any work, or None for the other kinds."""
    if kind == "500_before":
        return server_error()
    if kind == "429":
        return invalid("Too many requests hit the API too quickly.", code="rate_limit", status=429)
    if kind == "409":
        return invalid(
            "This object cannot be accessed right now because another API request or Stripe process is currently "
            "accessing it.",
            code="lock_timeout",
            status=409,
        )
    if kind == "402":
        return StripeError(402, "Your card was declined.", type="card_error", code="card_declined")
    if kind == "400":
        return invalid("No such object (asked for from the sandbox).", code="resource_missing", status=404)
    if kind == "401":
        return invalid("Invalid API Key provided.", status=401)
    return None
