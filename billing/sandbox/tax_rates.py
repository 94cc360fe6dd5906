"""The standing tax rates, to read."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.form import Params
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, page


@route("GET", "/v1/tax_rates", "active created limit starting_after ending_before")
def list_tax_rates(box: Sandbox, params: Params) -> Obj:
    """All standing tax rates."""
    return page(box.store.all("tax_rate"), params, url="/v1/tax_rates")


@route("GET", "/v1/tax_rates/{id}")
def retrieve_tax_rate(box: Sandbox, params: Params, id: str) -> Obj:
    """One tax rate."""
    return box.store.get("tax_rate", id)
