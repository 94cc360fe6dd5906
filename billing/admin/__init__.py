"""What staff see and do of billing."""

from billing.admin import brakes, inbox, invoices, orders, payers, quotes, reconciliations, violations

__all__ = ["brakes", "inbox", "invoices", "orders", "payers", "quotes", "reconciliations", "violations"]
