"""That the database was restored, and must be compared with the world outside before anything goes out again."""

from __future__ import annotations

from django.db import models


class DatabaseIdentity(models.Model):
    """Which database the rows beside it were last seen in. A backup brings the old words along, so a restore shows."""

    identity = models.CharField(max_length=120)
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "database identities"
        constraints = [models.CheckConstraint(name="one_database_identity", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return self.identity


class Restore(models.Model):
    """From when a restore was noticed until the books were reconciled with Stripe, what sends or charges holds."""

    noticed_at = models.DateTimeField()
    noticed_by = models.CharField(max_length=160)
    why = models.CharField(max_length=400)
    reconciled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reconciled_at"],
                name="restore_open_once",
                condition=models.Q(reconciled_at=None),
                nulls_distinct=False,
            )
        ]
        ordering = ["-noticed_at", "-pk"]

    def __str__(self) -> str:
        return f"restore noticed {self.noticed_at:%Y-%m-%d %H:%M}"
