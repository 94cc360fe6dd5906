"""The sandbox's clock: real time plus an offset that only moves forward."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Sandbox time in whole seconds since 1970, UTC.

    While something that fell due earlier is done late, the clock is pinned to the moment it fell due, so that a
    renewal missed by a stopped process carries the date it should have had.
    """

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        self._pinned: int | None = None

    def now(self) -> int:
        """The present moment in the sandbox."""
        return self._pinned if self._pinned is not None else int(time.time()) + self.offset

    @contextmanager
    def pinned(self, at: int) -> Iterator[None]:
        """Let the time be `at` inside the block."""
        before, self._pinned = self._pinned, at
        try:
            yield
        finally:
            self._pinned = before
