"""One of everything that a sweep has to do, and when it was done."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from billing.models import Order, StripeEvent
from licensing.models import Event, Notice, Trial
from licensing.terms import storefront
from licensing.trials import start_trial
from licensing.upgrade_requests import ask_for_upgrade
from portal.facts import facts_of
from tests.billing.conftest import newcomer
from tests.infra.sandbox import Sandbox

# What is due → the sweep whose work it is.
SWEEPS = {
    "trial": "licensing.tasks.sweep_trials",
    "notice": "portal.tasks.send_notices",
    "webhook": "billing.tasks.drain_inbox",
    "order": "billing.tasks.settle_pending",
}


class Due:
    """A trial to end, a notice to send, a webhook to work off, an order paid and left behind; all of them real."""

    def __init__(self, number: int, sandbox: Sandbox) -> None:
        now = timezone.now()
        # The order first: it takes a while, and nobody may find it before the rest is due.
        self.order = self._paid_and_left_behind(number, sandbox, now - timedelta(minutes=2))
        self.trial = self._trial_that_ran_its_time(number, sandbox, now)
        self.notice = self._question_to_an_owner(number, sandbox, now)
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

    @staticmethod
    def _trial_that_ran_its_time(number: int, sandbox: Sandbox, now: datetime) -> Trial:
        trier, today = (
            newcomer(sandbox, name=f"Triers {number}", owner=f"Trier{number} Due"),
            storefront().edition,
        )
        tier = today.tier("business")
        began = now - timedelta(days=tier.trial_days, minutes=2)  # its end is a whole minute
        situation = facts_of(trier.customer, today=today, at=began).situation
        return start_trial(situation=situation, tier=tier, actor=trier.actor, at=began)

    @staticmethod
    def _question_to_an_owner(number: int, sandbox: Sandbox, now: datetime) -> Notice:
        asker = newcomer(sandbox, name=f"Askers {number}", owner=f"Asker{number} Due")
        ask_for_upgrade(customer=asker.customer, asked_by=asker.user, tier_key="team", note="Please.", at=now)
        return Notice.objects.get(customer=asker.customer, kind="upgrade_request")

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
