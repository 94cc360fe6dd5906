"""The inbox of webhooks: verified, stored once, answered; worked off later."""

from __future__ import annotations

from django.db import models


class StripeEvent(models.Model):
    """One event. Of its content only the kind and the ids are kept; the object's present state is always fetched."""

    stripe_id = models.CharField(max_length=80, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=120)
    stripe_customer_id = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(help_text="When Stripe says it happened.")
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="stripe_event_waiting", condition=models.Q(handled_at=None)
            )
        ]
        ordering = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"
