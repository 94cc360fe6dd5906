"""What we asked of Stripe so that a renewal charges the price of another edition."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.asking import Asking, NeedsStaff
from licensing.models import PlannedChange, Price


class PriceMove(Asking, NeedsStaff):
    """`price` is what the subscription is to be renewed at on `renews_at`. A move back is made where the plan was
    withdrawn after the move there.
    """

    class Step(models.TextChoices):
        THERE = "there", _("to the later edition")
        BACK = "back", _("back to the held one")

    change = models.ForeignKey(PlannedChange, on_delete=models.PROTECT, related_name="price_moves")
    step = models.CharField(max_length=5, choices=Step.choices)
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+", db_index=False)
    renews_at = models.DateTimeField()

    class Meta:
        verbose_name = _("price of a renewal")
        verbose_name_plural = _("prices of renewals")
        constraints = [
            models.UniqueConstraint(fields=["change", "step", "renews_at"], name="price_move_once")
        ]
        indexes = [
            models.Index(
                fields=["first_asked_at"], name="price_move_asked", condition=models.Q(outcome="asked")
            )
        ]
        ordering = ["-first_asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_step_display()}: {self.outcome}"

    @property
    def customer_id(self) -> int:
        return self.change.customer_id
