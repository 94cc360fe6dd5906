"""The rules as they stood from a moment on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyVersion(models.Model):
    """Never changes once written (a trigger sees to it). It is in force until the next one is.

    `chapters` is a list of {"key", "title", "about", "clauses": [{"key", "text"}]}, in the language of our pages.
    """

    chapters = models.JSONField()
    content_hash = models.CharField(max_length=64, help_text=_("Of the chapters, so that a change is seen."))
    in_force_since = models.DateTimeField(unique=True)

    class Meta:
        verbose_name = _("version of the rules")
        verbose_name_plural = _("versions of the rules")
        ordering = ["-in_force_since"]

    def __str__(self) -> str:
        return f"rules in force since {self.in_force_since:%Y-%m-%d %H:%M} UTC"

    @property
    def texts(self) -> dict[str, str]:
        """Clause → its text, in the order in which they are read."""
        return {one["key"]: one["text"] for chapter in self.chapters for one in chapter["clauses"]}
