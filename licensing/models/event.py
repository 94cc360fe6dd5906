"""The history: every change of a licence, trial, order or credit. Rows are only ever added (a trigger sees to it)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models.customer import Customer


class Event(models.Model):
    """Who changed what, when, from what to what, and why."""

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,  # `event_history` begins with it
    )
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="What changed, for example licence:12.")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    by = models.CharField(max_length=160, help_text="The actor in words, kept when the account is gone.")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history entries")
        indexes = [
            models.Index(fields=["customer", "-at"], name="event_history"),
            models.Index(fields=["actor"], name="event_actor", condition=models.Q(actor__isnull=False)),
        ]
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
