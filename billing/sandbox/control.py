"""The control door, `/_sandbox/`: JSON in, JSON out. For tests and demos; Stripe has nothing like it."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from billing.sandbox.aging import age
from billing.sandbox.due import run_due
from billing.sandbox.errors import StripeError, invalid
from billing.sandbox.refunds import fail_refund
from billing.sandbox.render import public
from billing.sandbox.sandbox import API_VERSION, Sandbox

Wish = dict[str, Any]
CATALOGUE = ("product", "price")


def answer(box: Sandbox, method: str, path: str, body: str) -> tuple[int, str]:
    """(status, JSON) for one request at the door."""
    try:
        action = ACTIONS.get((method, path.removeprefix("/_sandbox/").strip("/")))
        if action is None:
            raise invalid(f"No such action: {method} {path}", status=404)
        wish = json.loads(body) if body.strip() else {}
        if not isinstance(wish, dict):
            raise invalid("The body must be a JSON object.")
        with box.store.lock:
            run_due(box)
            return 200, json.dumps(public(action(box, wish)), indent=2)
    except StripeError as error:
        return error.status, json.dumps(error.body, indent=2)
    except (TypeError, ValueError) as error:
        return 400, json.dumps(invalid(f"The body does not fit: {error}").body, indent=2)


def _health(box: Sandbox, wish: Wish) -> Wish:
    return {
        "ok": True,
        "api_version": API_VERSION,
        "now": box.now(),
        "offset": box.clock.offset,
        "webhook_url": box.webhooks.url or None,
        "webhooks_pending": box.webhooks.pending(),
    }


def _reset(box: Sandbox, wish: Wish) -> Wish:
    """With `back`, begin so many seconds ago: a demo's past can then be lived through with `clock`.

    With `keep_catalogue`, products and prices stay under their ids.
    """
    keep = CATALOGUE if wish.get("keep_catalogue") else ()
    box.reset(offset=-_seconds(wish, "back") if "back" in wish else 0, keep=keep)
    return {"ok": True, "now": box.now()}


def _clock(box: Sandbox, wish: Wish) -> Wish:
    box.clock.offset += _seconds(wish, "advance")
    done = run_due(box)
    box.dirty = True
    box.webhooks.wake()
    return {"now": box.now(), "offset": box.clock.offset, "done": done}


def _age(box: Sandbox, wish: Wish) -> Wish:
    done = age(box, str(wish.get("customer", "")), _seconds(wish, "seconds"))
    return {"now": box.now(), "customer": wish["customer"], "done": done}


def _seconds(wish: Wish, name: str) -> int:
    seconds = wish.get(name)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        raise invalid(f"{name} must be a whole number of seconds; time moves only forward.", param=name)
    return seconds


def _ask_fault(box: Sandbox, wish: Wish) -> Wish:
    return box.faults.ask(wish)


def _faults(box: Sandbox, wish: Wish) -> Wish:
    return {"data": box.faults.rules}


def _clear_faults(box: Sandbox, wish: Wish) -> Wish:
    box.faults.rules.clear()
    return {"data": []}


def _webhook_mode(box: Sandbox, wish: Wish) -> Wish:
    return box.webhooks.set_mode(wish)


def _deliveries(box: Sandbox, wish: Wish) -> Wish:
    return {"mode": box.webhooks.mode, "url": box.webhooks.url or None, "data": box.webhooks.deliveries}


def _release(box: Sandbox, wish: Wish) -> Wish:
    return {"released": box.webhooks.release()}


def _target(box: Sandbox, wish: Wish) -> Wish:
    box.webhooks.url, box.webhooks.secret = str(wish.get("url") or ""), str(wish.get("secret") or "")
    box.webhooks.wake()
    return {"url": box.webhooks.url or None}


def _requests(box: Sandbox, wish: Wish) -> Wish:
    return {"data": list(box.requests.rows)}


def _charges(box: Sandbox, wish: Wish) -> Wish:
    """Succeeded charges only, oldest first: to prove "one charge"."""
    return {"data": box.store.all("charge", status="succeeded")}


def _fail_refund(box: Sandbox, wish: Wish) -> Wish:
    refund = fail_refund(box, str(wish.get("refund", "")), str(wish.get("reason", "unknown")))
    box.dirty = True
    box.webhooks.wake()
    return refund


def _objects(box: Sandbox, wish: Wish) -> Wish:
    """{kind: from which one on}: every object of those kinds, oldest first, in one answer."""
    return {kind: box.store.all(kind)[int(first) :] for kind, first in wish.items()}


ACTIONS: dict[tuple[str, str], Callable[[Sandbox, Wish], Wish]] = {
    ("GET", "health"): _health,
    ("POST", "reset"): _reset,
    ("POST", "clock"): _clock,
    ("POST", "age"): _age,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _ask_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "webhooks"): _deliveries,
    ("POST", "webhooks"): _webhook_mode,
    ("POST", "webhooks/release"): _release,
    ("POST", "webhooks/target"): _target,
    ("GET", "requests"): _requests,
    ("GET", "charges"): _charges,
    ("POST", "objects"): _objects,
    ("POST", "refunds/fail"): _fail_refund,
}
