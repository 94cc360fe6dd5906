"""A credit that an exception gives, on its way to the customer's balance at Stripe."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.asking import Asking, NeedsStaff
from licensing.models import Customer, Waiver


class BalanceCredit(Asking, NeedsStaff):
    """What and how much it is stands in the waiver, which it uses up."""

    waiver = models.OneToOneField(Waiver, on_delete=models.PROTECT, related_name="balance_credit")

    class Meta:
        verbose_name = _("credit")
        indexes = [
            models.Index(
                fields=["first_asked_at"], name="balance_credit_asked", condition=models.Q(outcome="asked")
            )
        ]
        ordering = ["-first_asked_at", "-pk"]

    def __str__(self) -> str:
        return f"credit of {self.waiver}: {self.outcome}"

    @property
    def customer(self) -> Customer:
        return self.waiver.customer

    @property
    def customer_id(self) -> int:
        return self.waiver.customer_id
