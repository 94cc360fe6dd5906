"""Idempotency keys: the first answer is kept for 24 hours of sandbox time and replayed, errors included.

An answer to a request that never began (unknown or malformed parameters, an unknown key, a conflict, a rate limit) is
not kept, as with Stripe; it can be sent again under the same key.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from billing.sandbox.errors import StripeError

LIFETIME = 24 * 3600
NEVER_BEGAN = frozenset({"parameter_unknown", "parameter_missing", "parameter_invalid_integer"})


@dataclass
class Record:
    """What one key was first used for, and the answer once there is one (`status` 0: still running)."""

    fingerprint: str
    made_at: int
    request_id: str
    status: int = 0
    body: str = ""


class Keys:
    """All keys in use. Every method is called under the store's lock."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def begin(self, key: str, *, fingerprint: str, request_id: str, at: int) -> Record | None:
        """Claim `key`, or return the record to replay.

        Raises 409 while the first request runs, and 400 when the same key comes with another method, path or form.
        """
        self._forget_old(at)
        record = self.records.get(key)
        if record is None:
            self.records[key] = Record(fingerprint, at, request_id)
            return None
        if record.fingerprint != fingerprint:
            raise StripeError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        if not record.status:
            raise StripeError(
                409,
                f"There is currently another in-progress request using this Idempotent Key: {key}",
                type="idempotency_error",
                code="idempotency_key_in_use",
            )
        return record

    def keep(self, key: str, *, status: int, body: str) -> None:
        """Keep the answer for replays."""
        self.records[key].status, self.records[key].body = status, body

    def release(self, key: str) -> None:
        """Give the key back: nothing was done under it."""
        self.records.pop(key, None)

    def _forget_old(self, at: int) -> None:
        for key in [key for key, record in self.records.items() if at - record.made_at >= LIFETIME]:
            del self.records[key]

    def dump(self) -> dict[str, Any]:
        """The finished records, for the state file."""
        return {key: asdict(record) for key, record in self.records.items() if record.status}

    def load(self, rows: dict[str, Any]) -> None:
        """Take the records of a state file."""
        self.records = {key: Record(**row) for key, row in rows.items()}
