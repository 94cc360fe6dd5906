"""How much of a limit a customer uses, as the vendor's products last said."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models

from licensing.models.customer import Customer


class UsageReading(models.Model):
    """One reading. The newest one counts; the older ones tell the pace."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="usage_readings")
    feature_key = models.SlugField(max_length=40)
    value = models.BigIntegerField(validators=[MinValueValidator(0)])
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="usage_not_negative", condition=models.Q(value__gte=0))]
        indexes = [models.Index(fields=["customer", "feature_key", "-read_at"], name="usage_newest")]
        ordering = ["-read_at"]

    def __str__(self) -> str:
        return f"{self.feature_key}: {self.value}"
