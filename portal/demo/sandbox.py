"""The door to the Stripe sandbox for what no customer can do: moving its clock, and putting a card on file unasked."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import timedelta
from typing import Any

from django.conf import settings

TIMEOUT = 60  # seconds; a year of renewals takes a moment

# Stripe's own names for two of its test cards.
PAYS = "pm_card_visa"
FAILS_LATER = "pm_card_chargeCustomerFail"


class SandboxSilent(Exception):
    """The sandbox cannot be reached, or refused; the text says which."""


def begin(*, seconds_ago: int) -> None:
    """Forget everything in the sandbox and begin so long ago, with no word of it to the portal."""
    _control("reset", back=seconds_ago)
    _control("webhooks", mode="lose")


def now() -> int:
    """The sandbox's present moment, in seconds since 1970."""
    return int(_ask("/_sandbox/health")["now"])


def advance_to(moment: int) -> None:
    """Let the time of the sandbox run on to `moment` (seconds since 1970); what falls due on the way happens."""
    _control("clock", advance=max(0, moment - now()))


def join_the_present() -> None:
    """Bring the sandbox's clock to real time, and let it tell the portal of what happens from now on."""
    _control("clock", advance=max(0, -int(_ask("/_sandbox/health")["offset"])))
    _control("webhooks", mode="normal")


def age(customer_id: str, *, by: timedelta) -> int:
    """Let time pass for one customer alone. Returns how many things fell due and happened."""
    return int(_control("age", customer=customer_id, seconds=int(by.total_seconds()))["done"])


def put_card_on_file(customer_id: str, card: str) -> None:
    """Attach a test card to a customer and make it the one that is charged, for its subscriptions too."""
    method = _ask(f"/v1/payment_methods/{card}/attach", form={"customer": customer_id})["id"]
    _ask(f"/v1/customers/{customer_id}", form={"invoice_settings[default_payment_method]": method})
    for subscription in _ask(f"/v1/subscriptions?customer={customer_id}")["data"]:
        _ask(f"/v1/subscriptions/{subscription['id']}", form={"default_payment_method": method})


def _control(action: str, **wish: Any) -> Any:
    return _ask(f"/_sandbox/{action}", body=json.dumps(wish).encode(), kind="application/json")


def _ask(path: str, *, form: dict[str, str] | None = None, body: bytes | None = None, kind: str = "") -> Any:
    if form is not None:
        body, kind = urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded"
    headers = {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}
    if body is not None:
        headers["Content-Type"] = kind
    request = urllib.request.Request(f"{settings.STRIPE_API_BASE}{path}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SandboxSilent(f"the sandbox answered {error.code} to {path.partition('?')[0]}") from error
    except (OSError, ValueError) as error:
        raise SandboxSilent(f"there is no sandbox at {settings.STRIPE_API_BASE}") from error
