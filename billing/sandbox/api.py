"""One API request from key check to answer: idempotency, faults, the work itself, and the log."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import traceback
from dataclasses import dataclass, field

# Imported for their routes.
from billing.sandbox import (  # noqa: F401
    billing_portal,
    charges,
    checkout,
    customers,
    events,
    invoices_api,
    payment_intents,
    payment_methods,
    preview,
    prices,
    products,
    refunds,
    setup_intents,
    subscriptions,
    tax_rates,
)
from billing.sandbox.due import run_due
from billing.sandbox.errors import StripeError, invalid
from billing.sandbox.faults import IN_ITS_PLACE, refusal, server_error
from billing.sandbox.form import Params, parse, refuse_unknown
from billing.sandbox.idempotency import NEVER_BEGAN
from billing.sandbox.render import expanded, public
from billing.sandbox.routing import API, match
from billing.sandbox.sandbox import API_VERSION, Sandbox
from billing.sandbox.store import new_id


@dataclass
class Answer:
    """What goes back over the wire. `closed`: nothing does, the connection is closed. `drips`: over so many seconds."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    drips: float = 0


@dataclass(frozen=True)
class Request:
    """One API request as it came in."""

    method: str
    path: str
    query: str
    form: str
    key: str | None
    authorization: str

    @property
    def fingerprint(self) -> str:
        """What an idempotency key is bound to: method, path and parameters."""
        return hashlib.sha256(f"{self.method} {self.path}\n{self.query}\n{self.form}".encode()).hexdigest()


def answer_request(box: Sandbox, request: Request, stopping: threading.Event) -> Answer:
    """Answer one request, and note it in the log."""
    request_id = new_id("req")
    answer = _answer(box, request, request_id, stopping)
    answer.headers.setdefault("Request-Id", request_id)
    answer.headers.setdefault("Stripe-Version", API_VERSION)
    if request.key:
        answer.headers.setdefault("Idempotency-Key", request.key)
    with box.store.lock:
        box.requests.note(
            id=request_id,
            at=box.now(),
            method=request.method,
            path=request.path,
            query=request.query,
            form=request.form,
            key=request.key,
            status=0 if answer.closed else answer.status,
        )
    return answer


def _answer(box: Sandbox, request: Request, request_id: str, stopping: threading.Event) -> Answer:
    key = request.key if request.method != "GET" else None
    try:
        _check_api_key(request.authorization)
        with box.store.lock:
            fault = box.faults.take(request.method, request.path) or {"fault": ""}
            refused = refusal(fault["fault"])
            if refused:
                raise refused
            if fault["fault"] in ("close_before", "html_before"):
                return Answer(
                    200, IN_ITS_PLACE.get(fault["fault"], ""), closed=fault["fault"] == "close_before"
                )
            replay = key and box.keys.begin(
                key, fingerprint=request.fingerprint, request_id=request_id, at=box.now()
            )
            if replay:
                headers = {"Idempotent-Replayed": "true", "Original-Request": replay.request_id}
                return Answer(replay.status, replay.body, headers)
    except StripeError as error:
        return _refused(error)

    if fault["fault"] == "slow":
        stopping.wait(fault["seconds"])
    with box.store.lock:
        answer, began = _work(box, request, request_id)
        kept = answer
        if fault["fault"] == "500_after":
            answer = _refused(server_error())
            kept = answer if fault["remember"] else kept
        if key and began:
            box.keys.keep(key, status=kept.status, body=kept.body)
        elif key:
            box.keys.release(key)
    if fault["fault"] == "timeout_after":
        stopping.wait(fault["seconds"])
    if fault["fault"] in IN_ITS_PLACE:
        return Answer(200, IN_ITS_PLACE[fault["fault"]])
    answer.closed = fault["fault"] in ("timeout_after", "close_connection")
    answer.drips = fault["seconds"] if fault["fault"] == "drip_after" else 0
    return answer


def _work(box: Sandbox, request: Request, request_id: str) -> tuple[Answer, bool]:
    """(answer, whether the work began). Called under the lock."""
    try:
        run_due(box)
        params = parse("&".join(filter(None, (request.query, request.form))))
        found = match(API, request.method, request.path)
        if not found:
            raise invalid(
                f"Unrecognized request URL ({request.method}: {request.path}). The sandbox speaks only what the "
                "portal uses.",
                status=404,
            )
        entry, ids = found
        refuse_unknown(params, entry.known)
        box.cause = {"id": request_id, "idempotency_key": request.key}
        if request.method != "GET":
            box.dirty = True
        result = public(entry.function(box, params, *ids))
        return Answer(200, json.dumps(expanded(box, result, _paths(params)), indent=2)), True
    except StripeError as error:
        return _refused(error), error.status != 429 and error.error.get("code") not in NEVER_BEGAN
    except Exception:
        # As at Stripe: what breaks is answered with a 500, and the next request finds the server alive.
        traceback.print_exc(file=sys.stderr)
        return _refused(server_error()), True
    finally:
        box.cause = {"id": None, "idempotency_key": None}


def _paths(params: Params) -> list[str]:
    wanted = params.get("expand") or []
    if not isinstance(wanted, list):
        raise invalid("Invalid array", param="expand")
    return [str(path) for path in wanted]


def _check_api_key(authorization: str) -> None:
    scheme, _, key = authorization.partition(" ")
    if scheme != "Bearer" or not key:
        raise invalid("You did not provide an API key.", status=401)
    if not key.startswith(("sk_test_", "rk_test_")):
        raise invalid(
            f"Invalid API Key provided: {key[:7]}***. The sandbox takes test keys only.", status=401
        )


def _refused(error: StripeError) -> Answer:
    return Answer(error.status, json.dumps(public(error.body), indent=2))
