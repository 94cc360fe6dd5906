"""The vendor's signature under an export: that it was made here, when, and that nothing in it was changed since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from licensing.cells import exact
from licensing.models import Customer
from licensing.signing import sign
from portal.models import User


def seal(*, whose: Customer | User, schema: str, sha256: str, at: datetime) -> dict[str, Any]:
    """The hash over all that was written, to be read, and signed beside it: anyone can verify it. `schema` without its
    version is the kind of what is signed.
    """
    of = {"organisation": whose.slug} if isinstance(whose, Customer) else {"person": whose.pk}
    statement = {"schema": schema, **of, "made_at": exact(at), "sha256": sha256}
    return {**statement, **sign(statement, kind=schema.partition("/")[0])}
