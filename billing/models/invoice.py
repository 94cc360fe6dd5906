"""Stripe's invoices as we last saw them, for the list on the billing page."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from licensing.models import Customer


class Invoice(models.Model):
    # Stripe's words for an invoice that can still be paid.
    UNPAID = ("open", "uncollectible")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoices")
    stripe_id = models.CharField(max_length=80, unique=True)
    number = models.CharField(max_length=60, blank=True)
    status = models.CharField(
        max_length=20, help_text="Stripe's word: draft, open, paid, void, uncollectible."
    )
    reason = models.CharField(max_length=40, blank=True, help_text="Stripe's billing_reason.")
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    amount_due = models.BigIntegerField()
    amount_paid = models.BigIntegerField()
    issued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(
        null=True, blank=True, help_text="When Stripe tries the card again, while it does."
    )
    hosted_url = models.URLField(max_length=2000, blank=True)
    pdf_url = models.URLField(max_length=2000, blank=True)
    paid_with = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="Stripe’s number of the card that paid it; empty where it did not say.",
    )

    class Meta:
        indexes = [models.Index(fields=["customer", "-issued_at"], name="invoice_newest")]
        ordering = ["-issued_at", "-pk"]

    def __str__(self) -> str:
        return self.number or self.stripe_id

    @property
    def owed(self) -> int:
        """What is still to be paid of it, in minor units."""
        return self.amount_due - self.amount_paid if self.status in self.UNPAID else 0

    def next_try(self, *, at: datetime) -> datetime | None:
        """When Stripe tries the card again by itself, while that lies ahead."""
        return self.next_attempt_at if self.next_attempt_at and self.next_attempt_at > at else None
