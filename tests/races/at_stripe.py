"""What Stripe has of a customer, counted."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from billing import gateway, inbox
from tests.billing.conftest import Buyer, sign
from tests.races.browser import request

# The kinds that settle a purchase; others are about the same things, and would only be looked at again.
SPOKEN_OF = [
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.paid",
]


def rows(kind: str, **where: Any) -> list[dict[str, Any]]:
    """A list of Stripe's: `rows("charges", customer=…)`, `rows("checkout.sessions", …)`."""
    with gateway.client.asking() as v1:
        found = attrgetter(kind)(v1).list({"limit": 100, **where})
        return [each.to_dict() for each in found.auto_paging_iter()]


def charges(buyer: Buyer) -> list[dict[str, Any]]:
    return [each for each in rows("charges", customer=buyer.payer.stripe_id) if each["paid"]]


def events_of(buyer: Buyer, *types: str) -> list[dict[str, Any]]:
    """What Stripe has told of this customer lately, oldest first."""
    with gateway.client.asking() as v1:
        newest = [each.to_dict() for each in v1.events.list({"limit": 60, "types": types or SPOKEN_OF}).data]
    stripe_id = buyer.payer.stripe_id
    return [each for each in newest if each["data"]["object"].get("customer") == stripe_id][::-1]


def deliver(url: str, events: list[dict[str, Any]]) -> None:
    """Post signed webhooks to the live server, and work off what waits there."""
    for event in events:
        body = json.dumps(event, default=str)
        headers = {"Stripe-Signature": sign(body.encode(), at=timezone.now())}
        answer = request(urlsplit(url).netloc, "POST", "/webhooks/stripe/", body, headers)
        assert answer.status == 200, answer.status
    inbox.drain(at=timezone.now())
