"""Every way in which an answer of Stripe's can go wrong, and what it means: unknown, or a definite no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from billing import gateway
from tests.infra.sandbox import Sandbox

PATIENCE = 0.25  # seconds, in place of eight
LATE = 0.6  # seconds; longer than that


@dataclass(frozen=True)
class Fault:
    """`means` is "unknown" or "no". `stalls`: it is longer than our patience that makes the fault."""

    kind: str
    means: str = "unknown"
    stalls: bool = False
    remember: bool = True

    def __str__(self) -> str:
        return self.kind if self.remember else f"{self.kind}, forgotten"

    @contextmanager
    def strikes(self, sandbox: Sandbox, patch: pytest.MonkeyPatch, *, after: int) -> Iterator[None]:
        """The request after `after` others meets it; then all is well again."""
        sandbox.control(
            "faults", match={}, fault=self.kind, times=1, after=after, seconds=LATE, remember=self.remember
        )
        with patch.context() as here:
            if self.stalls:
                here.setattr(gateway.client, "TIMEOUT", PATIENCE)
            try:
                yield
            finally:
                sandbox.clear_faults()


FAULTS = [
    # Nothing was done
    Fault("500_before"),
    Fault("429"),
    Fault("409"),
    Fault("401"),
    Fault("close_before"),
    Fault("html_before"),
    # All was done, and we do not know it. A key replays the 500 where Stripe remembers it, else the real answer.
    Fault("500_after"),
    Fault("500_after", remember=False),
    Fault("close_connection"),
    Fault("html_after"),
    Fault("empty_after"),
    Fault("nonsense_after"),
    # Our patience ends first: before the work, after it, and in the middle of the answer
    Fault("slow", stalls=True),
    Fault("timeout_after", stalls=True),
    Fault("drip_after", stalls=True),
    # A definite no
    Fault("402", means="no"),
    Fault("400", means="no"),
]
