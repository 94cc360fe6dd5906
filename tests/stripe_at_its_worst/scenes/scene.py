"""What happens at a site when all is well: how it is got to, the door that gets to it, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from billing import inbox
from billing.models import Order, Quote
from billing.tasks import settle_left_behind
from tests.billing.conftest import Buyer, sign


@dataclass(frozen=True)
class Seen:
    """`what` is the status of a press and, on a quote's page, its state; else what a job said. `text` is the page."""

    what: str
    text: str = ""


@dataclass
class Scene:
    """`press` gets to the site. `heal` is what happens next by itself or by the same button; `ends` how it must end.

    `between`: what happens just before a function of the gateway asks, as another person or Stripe itself would.
    """

    buyer: Buyer
    press: Callable[[], Seen]
    ends: Callable[[], str]
    heal: Callable[[], Any] | None = None
    between: dict[str, Callable[[], Any]] = field(default_factory=dict)
    # What its payment is, where it ends in one.
    due: Callable[[], int] = lambda: 0
    # Whether that was charged before the press: it only has to be seen.
    is_paid: bool = False

    def heals(self) -> None:
        (self.heal or self.press)()


def client_of(buyer: Buyer) -> Client:
    client = Client()
    client.force_login(buyer.user)
    return client


def pressed(client: Client, method: str, address: str, form: dict[str, Any] | None = None) -> Seen:
    """Press, and read the page that it leads to where that is one of ours."""
    answer = getattr(client, method)(address, form or {})
    what, page = str(answer.status_code), answer
    if answer.status_code == 302 and answer["Location"].startswith("/"):
        page = client.get(answer["Location"])
    text = page.content.decode() if page.status_code in (200, 409, 422, 503) else ""
    if 'data-state="' in text:
        what += " " + text.split('data-state="')[1].split('"')[0]
    elif answer.status_code == 302 and not text:
        what += " to Stripe"
    return Seen(what, text)


def counted(counts: dict[str, int]) -> Seen:
    """What a sweep says it did."""
    return Seen(", ".join(f"{name} {count}" for name, count in counts.items() if count))


def sweep(later: timedelta = timedelta(minutes=1)) -> Seen:
    return counted(settle_left_behind(at=timezone.now() + later))


def ends_of_order(buyer: Buyer, quote: Quote) -> Callable[[], str]:
    """How the order of `quote` ended: "settled" only with licence, subscription and one charge to match."""

    def ends() -> str:
        order = Order.objects.filter(quote=quote).first()
        if order is None:
            return "no order"
        if order.state != Order.State.SETTLED:
            return f"{order.state} {order.failure}".strip()
        assert (buyer.licence.price_id, buyer.licence.seats) == (quote.price_id, quote.seats)
        assert order.charged == quote.due
        assert len(buyer.subscriptions()) == 1
        return order.state if not order.needs_staff else f"settled, but {order.needs_staff}"

    return ends


def delivered(event: dict[str, Any], *, at: datetime) -> Seen:
    """Stripe tells of `event`, and what waits is worked off."""
    payload = json.dumps(event, default=str).encode()
    inbox.receive(payload=payload, signature=sign(payload, at=at), at=at)
    return worked_off(at=at)


def worked_off(*, at: datetime) -> Seen:
    return counted(inbox.drain(at=at))
