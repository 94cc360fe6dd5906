"""What stands between a draft and its publication: who wrote it, and who said yes to it.

The database keeps these rows as they are (`licensing/migrations`): a yes is never reworded, and whoever wrote a draft
stays its author.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from licensing.models.catalogue import Edition


class EditionAuthor(models.Model):
    """Somebody who drafted or edited an edition, and when for the first time. They do not approve it."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="authorships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "user"], name="edition_author_once")]
        ordering = ["since", "pk"]

    def __str__(self) -> str:
        return str(self.user)


class Approval(models.Model):
    """A second person's yes to exactly these terms, which `terms_hash` stands for. Void once they change.

    Whose account is gone cannot be told from an author any more, so their yes counts no longer.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="approvals")
    terms_hash = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "terms_hash", "by"], name="approval_once"),
        ]
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.edition} approved by {self.by or 'an account that is gone'}"
