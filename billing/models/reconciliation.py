"""Our books held against Stripe's, and what differed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models import Customer


class Reconciliation(models.Model):
    """One comparison of everything. Without `finished_at` it is on its way, or Stripe fell silent in the middle."""

    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.CharField(max_length=160)
    subscriptions = models.PositiveIntegerField(default=0, help_text="How many were compared.")
    events = models.PositiveIntegerField(default=0)
    invoices = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-began_at", "-pk"]

    def __str__(self) -> str:
        return f"reconciliation of {self.began_at:%Y-%m-%d %H:%M}"


class Difference(models.Model):
    """One thing that Stripe shows otherwise than our books. Mended where that was safe; else a person must look."""

    class Kind(models.TextChoices):
        PERIOD = "period", _("another period")
        STATUS = "status", _("paid or owing")
        CANCELS = "cancels", _("cancelled or not")
        PRICE = "price", _("another price")
        SEATS = "seats", _("other seats")
        PAYER = "payer", _("another payer")
        ENDED = "ended", _("ended at Stripe")
        MISSING = "missing", _("unknown to Stripe")
        UNKNOWN = "unknown", _("a subscription without a licence")
        EVENT = "event", _("an event that never came")
        INVOICE = "invoice", _("paid, not applied")

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="differences")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="differences")
    stripe_id = models.CharField(max_length=120, help_text="The object at Stripe.")
    what = models.CharField(max_length=400)
    mended = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("difference with Stripe")
        verbose_name_plural = _("differences with Stripe")
        indexes = [
            models.Index(fields=["reconciliation"], name="difference_open", condition=models.Q(mended=False))
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.stripe_id}"
