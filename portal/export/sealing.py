"""The vendor's signature under an export: that it was made here, when, and that nothing in it was changed since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from licensing.cells import exact
from licensing.models import Customer
from licensing.signing import sign
from portal.export.schema import SCHEMA

KIND = "customer-export"


def seal(*, customer: Customer, sha256: str, at: datetime) -> dict[str, Any]:
    """The hash over all that was written, to be read, and signed beside it: anyone can verify it."""
    statement = {"schema": SCHEMA, "organisation": customer.slug, "made_at": exact(at), "sha256": sha256}
    return {**statement, **sign(statement, kind=KIND)}
