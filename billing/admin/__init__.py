"""What staff see and do of billing."""

from billing.admin import inbox, invoices, orders, payers, quotes, violations

__all__ = ["inbox", "invoices", "orders", "payers", "quotes", "violations"]
