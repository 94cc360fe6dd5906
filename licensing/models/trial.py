"""A dated loan of a higher tier, laid over a licence. It never touches the licence or the money."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models.catalogue import Product, Tier
from licensing.models.customer import Customer
from licensing.models.licence import Licence


class Trial(models.Model):
    """Runs from `started_at` up to, and not including, `ends_at`, by the clock, whether or not any job runs.

    `ended_at` is set when a job tidies up, or when the trial ended before its time.
    """

    class End(models.TextChoices):
        EXPIRED = "expired", _("ran its time")
        GIVEN_BACK = "given_back", _("given back early")
        CONVERTED = "converted", _("bought")
        STAFF = "staff", _("ended by staff")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="trials")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="trials")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="trials", db_index=False)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "product"], name="trial_live_once", condition=models.Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="trial_ends_after_start", condition=models.Q(ends_at__gt=models.F("started_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], name="trial_due", condition=models.Q(ended_at=None)),
            models.Index(
                fields=["started_by"], name="trial_started_by", condition=models.Q(started_by__isnull=False)
            ),
        ]
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"trial from {self.started_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"

    def is_live(self, *, at: datetime) -> bool:
        return self.ended_at is None and self.started_at <= at < self.ends_at


class TrialMark(models.Model):
    """That somebody used a trial, remembered past the account: a keyed hash, never the address itself."""

    identity = models.CharField(max_length=64)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    tier_key = models.SlugField(max_length=40)
    used_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["identity", "product", "tier_key", "-used_at"], name="trial_mark_lookup")
        ]

    def __str__(self) -> str:
        return f"{self.tier_key} {self.used_at:%Y-%m-%d}"
