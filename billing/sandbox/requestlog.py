"""The log of API requests, so that a test can see what the product really asked for."""

from __future__ import annotations

from collections import deque

from billing.sandbox.store import Obj


class RequestLog:
    """The last thousand API requests, oldest first."""

    def __init__(self) -> None:
        self.rows: deque[Obj] = deque(maxlen=1000)

    def note(
        self, *, id: str, at: int, method: str, path: str, query: str, form: str, key: str | None, status: int
    ) -> None:
        """Add one request. `status` is 0 where the connection was closed without an answer."""
        self.rows.append(
            {
                "id": id,
                "at": at,
                "method": method,
                "path": path,
                "query": query,
                "form": form,
                "idempotency_key": key,
                "status": status,
            }
        )
