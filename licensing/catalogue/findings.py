"""What looking terms over finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    MEND = "mend"
    LOOK = "look"

    @property
    def words(self) -> str:
        return "must be mended" if self is Severity.MEND else "look at this"


@dataclass(frozen=True)
class Finding:
    """What one rule has found: a sentence that names tier and feature, and what would mend it."""

    severity: Severity
    rule: str
    words: str
    mend: str

    def __str__(self) -> str:
        return f"{self.words} {self.mend}"
