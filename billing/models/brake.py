"""What holds charging back: everybody's, or one customer's. It holds for as long as nobody has let it go."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models import Customer


class Brake(models.Model):
    """Who pulled it, when and why; and who let it go. At most one is pulled for a customer, and one for everybody."""

    customer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="brakes",
        help_text=_("Who is parked. Empty: all charging is stopped."),
    )
    pulled_at = models.DateTimeField()
    pulled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    pulled_by_words = models.CharField(max_length=160, help_text="Kept when the account is gone.")
    reason = models.CharField(max_length=400)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    released_by_words = models.CharField(max_length=160, blank=True)
    release_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                name="brake_pulled_once",
                condition=models.Q(released_at=None),
                nulls_distinct=False,
            )
        ]
        ordering = ["-pulled_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.customer or 'everybody'}: {'let go' if self.released_at else 'stopped'}"
