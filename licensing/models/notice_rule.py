"""How many days before a change a customer has to be told."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class NoticeRule(models.Model):
    """Days of notice for one kind of change: by the vendor's policy, or more carefully in one jurisdiction.

    These are the vendor's own settings. They are not legal advice.
    """

    class Kind(models.TextChoices):
        PRICE_RISE = "price_rise", _("price rise")
        FEATURE_LOSS = "feature_loss", _("loss of a feature")
        EDITION_SUNSET = "edition_sunset", _("end of an edition")

    kind = models.CharField(max_length=14, choices=Kind.choices)
    jurisdiction = models.CharField(
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"\A[A-Z]{2}\Z", _("An ISO 3166 code in capitals, like DE."))],
        help_text=_("ISO 3166 code of a country. Empty: the vendor’s policy, for everybody."),
    )
    days = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text=_("Whole days between the day of telling and the day of the change."),
    )
    source = models.CharField(max_length=240, help_text=_("Where the number is from, in words."))
    note = models.TextField(blank=True, help_text=_("What to know before changing it."))

    class Meta:
        verbose_name = _("notice period")
        constraints = [
            models.UniqueConstraint(fields=["kind", "jurisdiction"], name="notice_rule_once"),
            models.CheckConstraint(name="notice_rule_has_days", condition=models.Q(days__gte=1)),
        ]
        ordering = ["kind", "jurisdiction"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.jurisdiction or _('everywhere')}: {self.days}"

    @property
    def is_policy(self) -> bool:
        """Whether it is the vendor's policy, which always stands."""
        return not self.jurisdiction
