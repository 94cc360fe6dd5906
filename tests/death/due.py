"""One of everything that a sweep has to do, and when it was done."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from billing.models import Order, StripeEvent
from licensing.models import Event, Notice, Trial
from tests.billing.conftest import newcomer
from tests.infra.sandbox import Sandbox
from tests.mails.scenes import many_parties, owed, settled_order, trial_of

# What is due → the sweep whose work it is.
SWEEPS = {
    "trial": "licensing.tasks.sweep_trials",
    "notice": "portal.tasks.send_notices",
    "webhook": "billing.tasks.drain_inbox",
    "order": "billing.tasks.settle_pending",
}


class Due:
    """A trial to end, a notice to send, a webhook to work off, an order paid and left behind."""

    def __init__(self, number: int, sandbox: Sandbox) -> None:
        party, now = many_parties(number + 1)[number], timezone.now()
        # The order first: it takes a while, and nobody may find it before the rest is due.
        self.order = self._paid_and_left_behind(number, sandbox, now - timedelta(minutes=2))
        self.trial = trial_of(party, ends_at=now - timedelta(seconds=1))
        self.notice = owed(party, "receipt", settled_order(party, invoice=f"R-{number}"), at=now)
        self.event = StripeEvent.objects.create(
            stripe_id=f"evt_due{number}",
            type="customer.updated",
            object_id="cus_nobody",
            created_at=now,
            received_at=now,
            next_try_at=now,
        )

    @staticmethod
    def _paid_and_left_behind(number: int, sandbox: Sandbox, at: datetime) -> Any:
        buyer = newcomer(sandbox, name=f"Bakers {number}", owner=f"Baker{number} Due")
        order = buyer.accept(buyer.quote("team", at=at), at=at)
        buyer.pay_at_checkout(order)
        return order

    def done_at(self) -> dict[str, datetime | None]:
        """When each was done, by the clock of the sweep that did it; None while it is due."""
        ended = Trial.objects.filter(pk=self.trial.pk, ended_at__isnull=False).exists()
        event = Event.objects.filter(subject=f"trial:{self.trial.pk}").order_by("-at").first()
        return {
            "trial": event.at if ended and event else None,
            "notice": Notice.objects.get(pk=self.notice.pk).closed_at,
            "webhook": StripeEvent.objects.get(pk=self.event.pk).handled_at,
            "order": Order.objects.get(pk=self.order.pk, state__in=("pending", "settled")).closed_at,
        }

    def wait(self, *, within: float, log: Path) -> dict[str, datetime]:
        """Wait until all is done, and give back when each was."""
        deadline = time.monotonic() + within
        while not all((done := self.done_at()).values()):
            assert time.monotonic() < deadline, f"{done}\n{log.read_text()[-3000:]}"
            time.sleep(0.05)
        return {kind: at for kind, at in done.items() if at}


def sweeps_needed(due: dict[str, datetime], *, since: float, told: Path) -> dict[str, int]:
    """How many sweeps of its kind began from `since` (seconds since 1970) until each was done."""
    begun = [line.rsplit(" ", 1) for line in told.read_text().splitlines()]
    return {
        kind: sum(name == SWEEPS[kind] and since <= float(when) <= at.timestamp() for name, when in begun)
        for kind, at in due.items()
    }
