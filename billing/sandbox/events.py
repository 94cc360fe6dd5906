"""Events: a snapshot of one object at one moment, kept for the API and owed to the webhook endpoint."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.errors import invalid, missing
from billing.sandbox.form import Params
from billing.sandbox.render import public
from billing.sandbox.routing import route
from billing.sandbox.sandbox import API_VERSION, Sandbox
from billing.sandbox.store import Obj, new_id, page

TYPES_AT_MOST = 20


def emit(box: Sandbox, type: str, obj: Obj, previous: Obj | None = None) -> None:
    """Record that `type` happened to `obj`; `previous` are the earlier values of what changed."""
    data: Obj = {"object": public(obj)}
    if previous is not None:
        data["previous_attributes"] = public(previous)
    event = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": box.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 1 if box.webhooks.url else 0,
        "request": dict(box.cause),
        "type": type,
    }
    box.store.add(event)
    box.webhooks.enqueue(event)


@route("GET", "/v1/events", "type types created limit starting_after ending_before")
def list_events(box: Sandbox, params: Params) -> Obj:
    """Events, newest first, by type (`invoice.*` too) and time."""
    if len(params.get("types") or []) > TYPES_AT_MOST:
        raise invalid(f"You can pass at most {TYPES_AT_MOST} types.", param="types")
    wanted = params.get("types") or ([params["type"]] if params.get("type") else [])

    def fits(type: str) -> bool:
        return any(type == want or (want.endswith("*") and type.startswith(want[:-1])) for want in wanted)

    rows = [event for event in box.store.all("event") if not wanted or fits(event["type"])]
    return page(rows, params, url="/v1/events")


@route("GET", "/v1/events/{id}")
def retrieve_event(box: Sandbox, params: Params, id: str) -> Obj:
    """One event."""
    event = box.store.find("event", id)
    if event is None:
        raise missing("event", id)
    return event
