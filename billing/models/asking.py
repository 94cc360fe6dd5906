"""What every row has that stands for something asked of Stripe, and every row that may wait for a person."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Asking(models.Model):
    """Committed with its idempotency key before Stripe is asked. 'Asked' without an answer is the unknown outcome."""

    class Outcome(models.TextChoices):
        ASKED = "asked", _("asked, no answer yet")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    idempotency_key = models.CharField(max_length=120, unique=True)
    first_asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.ASKED)
    answer = models.JSONField(default=dict)

    class Meta:
        abstract = True


class NeedsStaff(models.Model):
    """It is on a queue while `needs_staff` says why, and `billing.clearing` takes it off."""

    needs_staff = models.CharField(max_length=200, blank=True, help_text="Why a person should look at it.")

    class Meta:
        abstract = True
