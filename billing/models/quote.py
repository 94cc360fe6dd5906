"""A binding price for one change for one customer, from the payment processor's own preview."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models

from licensing.models import Customer, Licence, Price, Tier


class Quote(models.Model):
    """Never changes once written (a trigger sees to it); single use, because an Order holds it one to one.

    `lines` is a list of {"kind": "unused" | "charge" | "other", "amount": minor units, "from": iso, "to": iso,
    "quantity": n, "text": processor's words}. Every amount is in minor units of `currency`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="quotes")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="quotes")
    licence_version = models.PositiveIntegerField(
        help_text="The licence this was quoted on; another one voids it."
    )
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    seats = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    quoted_at = models.DateTimeField(help_text="Also the proration instant, to the second.")
    expires_at = models.DateTimeField()
    quoted_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    lines = models.JSONField()
    subtotal = models.BigIntegerField()
    tax = models.BigIntegerField()
    total = models.BigIntegerField(help_text="Subtotal and tax; below zero it becomes credit.")
    credit = models.BigIntegerField(help_text="Credit taken off the total, or gained where negative.")
    due = models.BigIntegerField(help_text="What is charged on acceptance.")
    renews_at = models.DateTimeField()
    renewal_amount = models.BigIntegerField(help_text="What is charged at renewal, tax included.")
    fingerprint = models.CharField(
        max_length=64, help_text="Hash of all that must not differ when it is accepted."
    )

    class Meta:
        ordering = ["-quoted_at"]

    def __str__(self) -> str:
        return f"{self.customer}: {self.tier_id} {self.due} {self.currency}"

    def is_expired(self, *, at: datetime) -> bool:
        return at >= self.expires_at
