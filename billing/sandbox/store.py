"""Everything the sandbox knows: Stripe's objects by kind and id, in the order they were made.

Objects are kept as the JSON they are answered as, with references as ids; keys that begin with an underscore are ours
and never leave the process.
"""

from __future__ import annotations

import secrets
import string
import threading
from typing import Any

from billing.sandbox.errors import invalid, missing
from billing.sandbox.form import Params, integer, mapping

Obj = dict[str, Any]

_ALPHABET = string.ascii_letters + string.digits
_NOUNS = {"payment_method": "PaymentMethod", "checkout.session": "checkout.session"}


def new_id(prefix: str) -> str:
    """A fresh id such as `cus_…`, in Stripe's manner."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))


class Store:
    """The objects, and the one lock under which they change."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.kinds: dict[str, dict[str, Obj]] = {}

    def add(self, obj: Obj) -> Obj:
        """Keep a new object under its kind and id."""
        self.kinds.setdefault(obj["object"], {})[obj["id"]] = obj
        return obj

    def drop(self, obj: Obj) -> None:
        """Forget an object."""
        del self.kinds[obj["object"]][obj["id"]]

    def find(self, kind: str, id: str | None) -> Obj | None:
        """The object, or None."""
        return self.kinds.get(kind, {}).get(id or "")

    def get(self, kind: str, id: str | None) -> Obj:
        """The object named in a path: 404 in Stripe's form when it does not exist."""
        found = self.find(kind, id)
        if found is None:
            raise missing(
                _NOUNS.get(kind, kind), id or "", param="id" if kind != "payment_intent" else "intent"
            )
        return found

    def named(self, kind: str, id: str | None, *, param: str) -> Obj:
        """The object named by a parameter: 400 in Stripe's form when it does not exist."""
        found = self.find(kind, id)
        if found is None:
            raise missing(_NOUNS.get(kind, kind), str(id), param=param, status=400)
        return found

    def all(self, kind: str, **where: Any) -> list[Obj]:
        """Objects of a kind whose fields equal `where`, oldest first."""
        rows = self.kinds.get(kind, {}).values()
        return [row for row in rows if all(row.get(field) == value for field, value in where.items())]


def page(rows: list[Obj], params: Params, *, url: str) -> Obj:
    """One page of `rows` (given oldest first, answered newest first) with limit, cursors and a `created` filter."""
    limit = integer(params, "limit", 10) or 0
    if not 1 <= limit <= 100:
        raise invalid("Invalid integer: limit must be between 1 and 100", param="limit")
    found = [row for row in reversed(rows) if _created_within(row, params)]
    ids = [row["id"] for row in found]
    for cursor in ("starting_after", "ending_before"):
        if cursor in params and params[cursor] not in ids:
            raise missing("object", params[cursor], param=cursor, status=400)
    if "ending_before" in params:
        before = found[: ids.index(params["ending_before"])]
        chosen, has_more = before[-limit:], len(before) > limit
    else:
        after = found[ids.index(params["starting_after"]) + 1 :] if "starting_after" in params else found
        chosen, has_more = after[:limit], len(after) > limit
    return {"object": "list", "url": url, "has_more": has_more, "data": chosen}


def _created_within(row: Obj, params: Params) -> bool:
    created = int(row.get("created", 0))
    if isinstance(params.get("created"), str):
        return created == integer(params, "created")
    bounds = mapping(params, "created")
    lower, above = integer(bounds, "gte"), integer(bounds, "gt")
    upper, below = integer(bounds, "lte"), integer(bounds, "lt")
    return (
        (lower is None or created >= lower)
        and (above is None or created > above)
        and (upper is None or created <= upper)
        and (below is None or created < below)
    )
