"""What staff see and do of billing."""

from billing.admin import brakes, inbox, invoices, orders, payers, quotes, violations

__all__ = ["brakes", "inbox", "invoices", "orders", "payers", "quotes", "violations"]
