"""That an organisation, or a person, asked to be erased, and how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models.customer import Customer

# So long it can be taken back.
ERASURE_WAITS = timedelta(days=14)


class Erasure(models.Model):
    """Asked → waits → begun → erased → finished; or taken back while it waits. Never changes backwards (a trigger).

    `contact` is where its last mail goes. It is the last thing that is forgotten, and then it is finished.
    """

    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="erasures"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    person = models.BigIntegerField(
        null=True, blank=True, help_text=_("Whose account it is about, by number. Empty: an organisation.")
    )
    contact = models.EmailField(blank=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="erasure_of_one",
                condition=models.Q(customer__isnull=False, person=None)
                | models.Q(customer=None, person__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["customer"],
                name="erasure_open_once",
                condition=models.Q(withdrawn_at=None, customer__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["person"],
                name="erasure_of_person_open_once",
                condition=models.Q(withdrawn_at=None, person__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="erasure_due",
                condition=models.Q(withdrawn_at=None, finished_at=None),
            )
        ]
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    def may_be_taken_back(self, *, at: datetime) -> bool:
        """Until the waiting time is over, also where the sweep is late: it says so, and it is so."""
        return self.withdrawn_at is None and self.begun_at is None and at < self.due_at
