"""Prices: found by lookup key, per unit or flat (quantity one), monthly or yearly."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.errors import invalid
from billing.sandbox.events import emit
from billing.sandbox.form import Params, boolean, choice, integer, mapping, merge_metadata, required, sequence
from billing.sandbox.products import add_product
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id, page

INTERVALS = ("day", "week", "month", "year")


def _recurring(params: Params) -> Obj | None:
    given = mapping(params, "recurring")
    if not given:
        return None
    return {
        "interval": choice({"interval": required(given, "interval")}, "interval", INTERVALS),
        "interval_count": integer(given, "interval_count", 1),
        "meter": None,
        "usage_type": choice(given, "usage_type", ("licensed",), "licensed"),
    }


def _claim_lookup_key(box: Sandbox, key: str, *, transfer: bool, keeper: str | None = None) -> None:
    """Make a lookup key free for a price: take it from another with `transfer`, else 400 if it is in use."""
    for other in box.store.all("price", lookup_key=key):
        if other["id"] == keeper:
            continue
        if not transfer:
            raise invalid(f"A price (`{other['id']}`) already uses that lookup key.", param="lookup_key")
        other["lookup_key"] = None
        emit(box, "price.updated", other, {"lookup_key": key})


@route(
    "POST",
    "/v1/prices",
    "currency unit_amount product product_data recurring lookup_key transfer_lookup_key metadata nickname active "
    "tax_behavior billing_scheme",
)
def create_price(box: Sandbox, params: Params) -> Obj:
    """Create a price of an existing product, or of one made on the way (`product_data`)."""
    currency = str(required(params, "currency")).lower()
    amount = integer(params, "unit_amount")
    if amount is None or amount < 0:
        raise invalid("unit_amount must be an integer of minor units, not negative.", param="unit_amount")
    recurring = _recurring(params)
    choice(params, "billing_scheme", ("per_unit",), "per_unit")
    key = params.get("lookup_key") or None
    if key:
        _claim_lookup_key(box, key, transfer=boolean(params, "transfer_lookup_key"))
    if "product_data" in params:
        product = add_product(box, mapping(params, "product_data"))
    else:
        product = box.store.named("product", required(params, "product"), param="product")
    price = box.store.add(
        {
            "id": new_id("price"),
            "object": "price",
            "active": boolean(params, "active", True),
            "billing_scheme": "per_unit",
            "created": box.now(),
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": key,
            "metadata": merge_metadata({}, params),
            "nickname": params.get("nickname") or None,
            "product": product["id"],
            "recurring": recurring,
            "tax_behavior": choice(
                params, "tax_behavior", ("exclusive", "inclusive", "unspecified"), "unspecified"
            ),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "recurring" if recurring else "one_time",
            "unit_amount": amount,
            "unit_amount_decimal": str(amount),
        }
    )
    emit(box, "price.created", price)
    return price


@route(
    "GET", "/v1/prices", "lookup_keys product active currency type created limit starting_after ending_before"
)
def list_prices(box: Sandbox, params: Params) -> Obj:
    """List prices by lookup keys (up to ten), product, currency and whether they are active."""
    rows = box.store.all("price")
    if "lookup_keys" in params:
        keys = sequence(params, "lookup_keys")
        if len(keys) > 10:
            raise invalid("You may only specify up to 10 lookup_keys.", param="lookup_keys")
        rows = [row for row in rows if row["lookup_key"] in keys]
    if "active" in params:
        rows = [row for row in rows if row["active"] == boolean(params, "active")]
    for name in ("product", "currency", "type"):
        if name in params:
            rows = [row for row in rows if row[name] == params[name]]
    return page(rows, params, url="/v1/prices")


@route("GET", "/v1/prices/{id}")
def retrieve_price(box: Sandbox, params: Params, id: str) -> Obj:
    """One price."""
    return box.store.get("price", id)


@route("POST", "/v1/prices/{id}", "active lookup_key transfer_lookup_key metadata nickname tax_behavior")
def update_price(box: Sandbox, params: Params, id: str) -> Obj:
    """Change what may change about a price: never its amount."""
    price = box.store.get("price", id)
    if params.get("lookup_key"):
        transfer = boolean(params, "transfer_lookup_key")
        _claim_lookup_key(box, params["lookup_key"], transfer=transfer, keeper=id)
    for name in ("lookup_key", "nickname", "tax_behavior"):
        if name in params:
            price[name] = params[name] or None
    price["active"] = boolean(params, "active", price["active"])
    price["metadata"] = merge_metadata(price["metadata"], params)
    emit(box, "price.updated", price)
    return price
