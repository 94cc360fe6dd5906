"""What staff see and do of billing."""

from billing.admin import inbox, invoices, orders, payers, quotes

__all__ = ["inbox", "invoices", "orders", "payers", "quotes"]
