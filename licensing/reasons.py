"""A Reason: why something is or is not allowed. Every "no" in the product is one of these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Reason:
    """The rule, the fact it looked at, the smallest change that would alter the answer, and when that comes by itself.

    `rule` is the rule's key and the anchor of its clause on the policy page. `text`, `change` are whole sentences.
    """

    rule: str
    text: str
    change: str = ""
    when: datetime | None = None
