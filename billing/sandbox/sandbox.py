"""The sandbox as one thing: its objects, its clock, its faults and its webhooks, handed to every function below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from billing.sandbox.clock import Clock
from billing.sandbox.faults import Faults
from billing.sandbox.idempotency import Keys
from billing.sandbox.requestlog import RequestLog
from billing.sandbox.store import Obj, Store
from billing.sandbox.tax import standing_rates
from billing.sandbox.webhooks import Webhooks

API_VERSION = "2026-08-26.dahlia"


@dataclass
class Sandbox:
    """Everything one running sandbox holds. `address` is where browsers reach its hosted pages."""

    address: str
    store: Store = field(default_factory=Store)
    clock: Clock = field(default_factory=Clock)
    keys: Keys = field(default_factory=Keys)
    faults: Faults = field(default_factory=Faults)
    requests: RequestLog = field(default_factory=RequestLog)
    # The request being worked on, as its events will name it; nulls when the clock is the cause.
    cause: Obj = field(default_factory=lambda: {"id": None, "idempotency_key": None})
    dirty: bool = False

    def __post_init__(self) -> None:
        self.webhooks = Webhooks(self.store, self.clock)
        self.furnish()

    def now(self) -> int:
        """The present moment in the sandbox."""
        return self.clock.now()

    def furnish(self) -> None:
        """Put in what every sandbox has from the start: the standing tax rates."""
        for rate in standing_rates(self.now()):
            if not self.store.find("tax_rate", rate["id"]):
                self.store.add(rate)

    def reset(self, offset: int = 0, *, keep: Sequence[str] = ()) -> None:
        """Begin again: no objects, no faults, no deliveries. Keeps the webhook target, and objects of the kinds `keep`.

        The clock goes to real time plus `offset` seconds. Here alone it may go back, as there is nothing yet that has
        a date.
        """
        self.store.kinds = {kind: rows for kind, rows in self.store.kinds.items() if kind in keep}
        self.clock.offset = offset
        self.keys.records.clear()
        self.faults.rules.clear()
        self.requests.rows.clear()
        self.webhooks.clear()
        self.furnish()
        self.dirty = True
