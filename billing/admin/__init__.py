"""What staff see and do of billing."""

from billing.admin import (
    brakes,
    credits,
    edition_moves,
    inbox,
    invoices,
    orders,
    payers,
    quotes,
    reconciliations,
    violations,
)

__all__ = [
    "brakes",
    "credits",
    "edition_moves",
    "inbox",
    "invoices",
    "orders",
    "payers",
    "quotes",
    "reconciliations",
    "violations",
]
