"""Products, as the catalogue is synchronised to them."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.errors import invalid
from billing.sandbox.events import emit
from billing.sandbox.form import Params, boolean, merge_metadata, required, sequence
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id, page

FIELDS = (
    "name active description metadata unit_label statement_descriptor url images marketing_features tax_code"
)


def add_product(box: Sandbox, params: Params) -> Obj:
    """Make a product, under a given id if there is one. 400 where the id is taken."""
    id = params.get("id") or new_id("prod")
    if box.store.find("product", id):
        raise invalid(f"Product already exists: {id}", param="id", code="resource_already_exists")
    product: Obj = {
        "id": id,
        "object": "product",
        "active": True,
        "created": box.now(),
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": required(params, "name"),
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "unit_label": None,
        "updated": box.now(),
        "url": None,
    }
    _set(product, params)
    box.store.add(product)
    emit(box, "product.created", product)
    return product


def _set(product: Obj, params: Params) -> None:
    for name in ("name", "description", "unit_label", "statement_descriptor", "url", "tax_code"):
        if name in params:
            product[name] = params[name] or None
    for name in ("images", "marketing_features"):
        if name in params:
            product[name] = sequence(params, name)
    product["active"] = boolean(params, "active", product["active"])
    product["metadata"] = merge_metadata(product["metadata"], params)


@route("POST", "/v1/products", f"id {FIELDS}")
def create_product(box: Sandbox, params: Params) -> Obj:
    """Create a product."""
    return add_product(box, params)


@route("GET", "/v1/products", "ids active created limit starting_after ending_before")
def list_products(box: Sandbox, params: Params) -> Obj:
    """List products, by ids and whether they are active."""
    rows = box.store.all("product")
    if "ids" in params:
        rows = [row for row in rows if row["id"] in sequence(params, "ids")]
    if "active" in params:
        rows = [row for row in rows if row["active"] == boolean(params, "active")]
    return page(rows, params, url="/v1/products")


@route("GET", "/v1/products/{id}")
def retrieve_product(box: Sandbox, params: Params, id: str) -> Obj:
    """One product."""
    return box.store.get("product", id)


@route("POST", "/v1/products/{id}", f"default_price {FIELDS}")
def update_product(box: Sandbox, params: Params, id: str) -> Obj:
    """Change a product's words or whether it is sold."""
    product = box.store.get("product", id)
    _set(product, params)
    if "default_price" in params:
        product["default_price"] = box.store.named("price", params["default_price"], param="default_price")[
            "id"
        ]
    product["updated"] = box.now()
    emit(box, "product.updated", product)
    return product
