"""One customer's standing right to one tier of one edition."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models.catalogue import Edition, Price, Product, Tier
from licensing.models.customer import Customer


class Licence(models.Model):
    """What a customer holds. At most one is live for a customer and product: the database sees to it.

    A free licence has no price and no period. Periods are half-open: `period_end` is the instant of renewal and
    belongs to the next period.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        PAST_DUE = "past_due", _("past due")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="licences")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="licences")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="licences")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="licences")
    price = models.ForeignKey(Price, null=True, blank=True, on_delete=models.PROTECT, related_name="licences")
    seats = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    cancels_at_period_end = models.BooleanField(default=False)
    past_due_since = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(
        default=0, help_text=_("Counts the changes, so that a stale one is seen.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "product"], name="licence_live_once", condition=models.Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="licence_paid_has_period",
                condition=models.Q(price=None, period_start=None, period_end=None)
                | models.Q(
                    price__isnull=False, period_start__isnull=False, period_end__gt=models.F("period_start")
                ),
            ),
            models.CheckConstraint(name="licence_has_seats", condition=models.Q(seats__gte=1)),
        ]
        indexes = [
            models.Index(
                fields=["period_end"],
                name="licence_renewing",
                condition=models.Q(ended_at=None, price__isnull=False, cancels_at_period_end=False),
            )
        ]

    def __str__(self) -> str:
        return f"licence {self.pk}"

    @property
    def is_free(self) -> bool:
        return self.price_id is None
