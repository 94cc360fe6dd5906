"""What a look through the books found broken."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models import Customer


class OpenViolation(models.Model):
    """An invariant that is broken at a customer; gone from here when a look finds it whole again."""

    invariant = models.CharField(max_length=60)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="violations")
    what = models.CharField(max_length=400, help_text="The row that breaks it, in a sentence.")
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When a look found it last.")

    class Meta:
        verbose_name = _("broken invariant")
        constraints = [
            models.UniqueConstraint(fields=["customer", "invariant", "what"], name="violation_once")
        ]
        ordering = ["found_at", "pk"]

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"
