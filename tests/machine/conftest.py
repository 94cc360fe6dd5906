"""One machine's surroundings: an empty sandbox that keeps its prices, a second worker, and worlds one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Order, StripeEvent
from billing.prices import sync_prices
from licensing.models import Price
from tests.cast import make_catalogue
from tests.infra.environment import WEBHOOK_SECRET
from tests.infra.sandbox import Sandbox
from tests.machine.moments import Beside
from tests.machine.stripe_shows import Door
from tests.machine.world import World


@pytest.fixture
def make_world(transactional_db: None, sandbox: Sandbox, settings: Any) -> Iterator[Callable[[], World]]:
    """Gives a new customer in an empty sandbox; 19 % tax. What the one before left undone is put away first."""
    settings.STRIPE_AUTOMATIC_TAX = True
    make_catalogue()
    target = sandbox.look("webhooks")["url"]
    sandbox.control("webhooks/target", url="", secret="")
    sync_prices(
        Price.objects.filter(
            tier__edition__key="2026-01", tier__key__in=["team", "business"], currency="USD"
        ).select_related("tier__edition__product"),
        at=timezone.now(),
    )
    door, beside = Door(sandbox.url), Beside()

    def make() -> World:
        _put_away()
        return World(sandbox=sandbox, door=door, beside=beside)

    yield make
    beside.close()
    door.close()
    sandbox.control("webhooks/target", url=target or "", secret=WEBHOOK_SECRET)


def _put_away() -> None:
    """A run that failed leaves things waiting; no later one may meet them."""
    at = timezone.now()
    Order.objects.filter(state=Order.State.PENDING).update(state=Order.State.FAILED, closed_at=at)
    StripeEvent.objects.filter(handled_at=None).update(handled_at=at)
