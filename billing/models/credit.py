"""A credit that an exception gives, on its way to the customer's balance at Stripe."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.order import Attempt
from licensing.models import Customer, Waiver


class BalanceCredit(models.Model):
    """Committed with its idempotency key before Stripe is asked. 'Asked' without an answer is the unknown outcome.

    What and how much it is stands in the waiver, which it uses up.
    """

    waiver = models.OneToOneField(Waiver, on_delete=models.PROTECT, related_name="balance_credit")
    idempotency_key = models.CharField(max_length=120, unique=True)
    first_asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Attempt.Outcome.choices, default=Attempt.Outcome.ASKED)
    answer = models.JSONField(default=dict)
    needs_staff = models.CharField(max_length=200, blank=True, help_text="Why a person should look at it.")

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
