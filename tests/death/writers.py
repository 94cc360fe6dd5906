"""People and Stripe who go on writing while the engines die, and remember what they were told was done."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from tests.billing.conftest import sign
from tests.death.dying_portal import Answer, DyingPortal

# Everything but a fault of ours: done, done before, refused with a reason, or "come back in a moment".
HONEST = {200, 302, 409, 422, 429, 503}


@dataclass
class Writers:
    """Three threads, from `with` to its end: webhooks, trials, orders. Each list holds what was acknowledged."""

    portal: DyingPortal
    events: list[str] = field(default_factory=list)
    trials: list[int] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    unasked: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        people = self.portal.people
        half = len(people) // 2
        for write, those in (
            (self._trials, people[:half]),
            (self._orders, people[half:]),
            (self._events, []),
        ):
            self._threads.append(threading.Thread(target=write, args=(those,), daemon=True))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def lost(self) -> list[str]:
        """What was acknowledged and is not in the database."""
        there = {
            "event": {row[0] for row in self.portal.rows("SELECT stripe_id FROM billing_stripeevent")},
            "trial": {row[0] for row in self.portal.rows("SELECT customer_id FROM licensing_trial")},
            "order": {str(row[0]) for row in self.portal.rows("SELECT quote_id FROM billing_order")},
        }
        said = {"event": self.events, "trial": self.trials, "order": self.orders}
        return [f"{kind} {key}" for kind in said for key in said[kind] if key not in there[kind]]

    def _note(self, answer: Answer) -> Answer:
        self.answers[answer.status] += 1
        if answer.status == 503 and "retry-after" not in answer.headers:
            self.unasked.append(answer.body[:200])
        return answer

    def _events(self, _: list[object]) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            event = f"evt_lively{number}"
            # Stripe sends again what was not answered with a yes; now and then we do too.
            if tell(self.portal, event, note=self._note):
                self.events.append(event)
            time.sleep(0.05)

    def _trials(self, people: list[dict[str, object]]) -> None:
        for one in people:
            while not self._over.is_set():
                answer = self._note(
                    self.portal.ask("/trials/", session=str(one["session"]), form={"start": "business"})
                )
                # 422 after a 503: it had been started, and the person is told so.
                if answer.status in (302, 422):
                    self.trials.append(int(str(one["customer"])))
                    break
                time.sleep(0.3)
            time.sleep(0.2)

    def _orders(self, people: list[dict[str, object]]) -> None:
        for one in people:
            session, quote = str(one["session"]), ""
            while not self._over.is_set():
                if not quote:
                    form = {"tier": "team", "seats": "3", "interval": "month"}
                    answer = self._note(self.portal.ask("/upgrade/", session=session, form=form))
                    quote = answer.headers.get("location", "") if answer.status == 302 else ""
                else:
                    answer = self._note(self.portal.ask(f"{quote}accept/", session=session, form={}))
                    # To Stripe's page: the order stands.
                    if answer.status == 302 and answer.headers["location"].startswith("http"):
                        self.orders.append(quote.rstrip("/").rsplit("/", 1)[1])
                        break
                time.sleep(0.3)


def tell(portal: DyingPortal, event: str, *, note: object = None) -> bool:
    """Send one signed webhook; whether it was acknowledged."""
    now = datetime.now(UTC)
    body = {
        "id": event,
        "object": "event",
        "type": "customer.updated",
        "api_version": "2026-08-26.dahlia",
        "created": int(now.timestamp()),
        "livemode": False,
        "data": {"object": {"id": "cus_nobody", "object": "customer"}},
    }
    payload = json.dumps(body).encode()
    signature = sign(payload, at=now, secret=portal.environment["STRIPE_WEBHOOK_SECRET"])
    answer = portal.ask("/webhooks/stripe/", payload=payload, **{"Stripe-Signature": signature})
    if callable(note):
        note(answer)
    return answer.status == 200
