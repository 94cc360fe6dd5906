"""Delivery of events: signed as Stripe signs, retried with growing pauses for up to three days of sandbox time.

A single thread delivers, one at a time and without holding the store's lock, so that the receiver may call back into
the API. Deliveries can be held, lost, doubled, shuffled and delayed on request.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from billing.sandbox.clock import Clock
from billing.sandbox.errors import invalid
from billing.sandbox.store import Obj, Store, new_id

PAUSES = (2, 5, 15, 60, 300, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
GIVE_UP_AFTER = 3 * 24 * 3600
TIMEOUT = 10
MODES = ("normal", "hold", "lose")


def signature(payload: bytes, secret: str, at: int) -> str:
    """The `Stripe-Signature` header for a payload: HMAC-SHA256 over `timestamp.payload`."""
    digest = hmac.new(secret.encode(), b"%d." % at + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Webhooks:
    """The one webhook endpoint and what was, or is still to be, delivered to it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.url = ""
        self.secret = ""
        self.mode: dict[str, Any] = {}
        self.deliveries: list[Obj] = []
        self._store = store
        self._lock = store.lock
        self._clock = clock
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self.clear()

    def clear(self) -> None:
        """Forget every delivery and go back to normal. The target stays."""
        self.mode = {"mode": "normal", "duplicate": 0, "shuffle": False, "delay": 0}
        self.deliveries.clear()

    def set_mode(self, wish: Obj) -> Obj:
        """Change how events go out from now on: mode, duplicate (extra copies), shuffle, delay (seconds)."""
        if wish.get("mode", "normal") not in MODES:
            raise invalid(f"mode must be one of {', '.join(MODES)}", param="mode")
        self.mode = {
            "mode": wish.get("mode", self.mode["mode"]),
            "duplicate": int(wish.get("duplicate", 0)),
            "shuffle": bool(wish.get("shuffle", False)),
            "delay": int(wish.get("delay", 0)),
        }
        return self.mode

    def enqueue(self, event: Obj) -> None:
        """Owe the endpoint this event. Nothing is owed where no endpoint is set."""
        if not self.url:
            return
        state = {"normal": "pending", "hold": "held", "lose": "lost"}[self.mode["mode"]]
        for _ in range(1 + self.mode["duplicate"]):
            self.deliveries.append(
                {
                    "id": new_id("whd"),
                    "event": event["id"],
                    "type": event["type"],
                    "state": state,
                    "attempts": 0,
                    "made_at": self._clock.now(),
                    "next_at": self._clock.now() + self.mode["delay"],
                    "status": None,
                    "error": None,
                }
            )
        self._wake.set()

    def release(self) -> int:
        """Let the held deliveries go, and go back to normal. Returns how many."""
        held = [row for row in self.deliveries if row["state"] == "held"]
        for row in held:
            row.update(state="pending", next_at=self._clock.now())
        self.mode["mode"] = "normal"
        self._wake.set()
        return len(held)

    def pending(self) -> int:
        """How many deliveries are still to be made."""
        return sum(row["state"] == "pending" for row in self.deliveries)

    def wake(self) -> None:
        """Look again at what is due (the clock was moved)."""
        self._wake.set()

    def start(self) -> None:
        """Begin delivering, in a thread of its own."""
        threading.Thread(target=self._run, name="webhooks", daemon=True).start()

    def stop(self) -> None:
        """End the thread after the delivery in hand."""
        self._stopped.set()
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(timeout=0.5)
            self._wake.clear()
            if self.mode["shuffle"]:
                self._stopped.wait(
                    0.2
                )  # let a journey's events gather, so that there is something to shuffle
            for row in self._due():
                if not self._stopped.is_set():
                    self._deliver(row)

    def _due(self) -> list[Obj]:
        with self._lock:
            now = self._clock.now()
            due = [row for row in self.deliveries if row["state"] == "pending" and row["next_at"] <= now]
            if self.mode["shuffle"]:
                random.shuffle(due)
            return due

    def _deliver(self, row: Obj) -> None:
        with self._lock:
            if row["state"] != "pending":
                return
            url, secret = self.url, self.secret
            payload = json.dumps(self._store.get("event", row["event"]), indent=2).encode()
        # The signature carries real time: the receiver compares it with its own clock, which nobody moves.
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (sandbox)",
            "Stripe-Signature": signature(payload, secret, int(time.time())),
        }
        status, problem = _post(url, payload, headers)
        with self._lock:
            row["attempts"] += 1
            row["status"], row["error"] = status, problem
            if status is not None and 200 <= status < 300:
                row["state"] = "delivered"
                return
            pause = PAUSES[min(row["attempts"], len(PAUSES)) - 1]
            row["next_at"] = self._clock.now() + pause
            if row["next_at"] - row["made_at"] > GIVE_UP_AFTER:
                row["state"] = "failed"


def _post(url: str, payload: bytes, headers: dict[str, str]) -> tuple[int | None, str | None]:
    """(status, problem) of one delivery; redirects count as failures, as with Stripe."""
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, payload, headers), timeout=TIMEOUT) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, None
    except (OSError, ValueError) as error:
        return None, str(error)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None
