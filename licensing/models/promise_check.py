"""Whether a promise was kept on a day: found out every night, and never changed afterwards."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PromiseCheck(models.Model):
    """One promise on one day. `breaches` names the first of them: {"customer": its number, "what": a sentence}."""

    promise = models.CharField(max_length=40)
    day = models.DateField()
    broken = models.PositiveIntegerField(help_text=_("At how many places it was broken."))
    breaches = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promise", "day"], name="promise_checked_once_a_day")]
        indexes = [models.Index(fields=["day"], name="promise_check_day")]
        ordering = ["-day", "promise"]

    def __str__(self) -> str:
        return f"{self.promise} on {self.day}"

    @property
    def is_kept(self) -> bool:
        return self.broken == 0
