"""A dated, reasoned exception for one customer. It lies over whatever they hold, and ends by the clock."""

from __future__ import annotations

import functools
import operator
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.models.catalogue import Product
from licensing.models.customer import Customer

# Kind → the column that says what is waived; each kind fills its own.
WHAT = {"limit": "feature_key", "rule": "rule_key", "trial": "tier_key", "price": "currency"}


def _filled_for(kind: str) -> Q:
    """That kind's columns say something, and no other's do."""
    filled = Q(kind=kind) & (Q(amount__gt=0) if kind == "price" else Q(amount=None))
    for name, column in WHAT.items():
        filled &= ~Q(**{column: ""}) if name == kind else Q(**{column: ""})
    return filled if kind == "limit" else filled & Q(value__isnull=True)


class Waiver(models.Model):
    """Asked for by one person and, above a threshold, granted by another. What was asked for never changes.

    A limit, a rule and a trial are waived from the later of `starts_at` and `granted_at` up to, and not including,
    `ends_at`, by the clock, whether or not any job runs. A credit, once granted, is owed; only the question runs out.
    `ended_at` is set when a job tidies up, or when the waiver ended before its time.
    """

    # States, beside those of End, in which it is not over.
    OPEN = ("waiting", "coming", "live")

    class Kind(models.TextChoices):
        LIMIT = "limit", _("more of a feature")
        RULE = "rule", _("a rule")
        TRIAL = "trial", _("another trial")
        PRICE = "price", _("a credit")

    class End(models.TextChoices):
        EXPIRED = "expired", _("ran its time")
        USED = "used", _("used")
        STAFF = "staff", _("ended by staff")
        REFUSED = "refused", _("refused")
        LAPSED = "lapsed", _("nobody answered in time")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="waivers", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    feature_key = models.SlugField(max_length=40, blank=True, db_index=False)
    value = models.JSONField(null=True, blank=True, help_text=_("As in a grant: empty is no limit."))
    rule_key = models.SlugField(max_length=40, blank=True, db_index=False)
    tier_key = models.SlugField(max_length=40, blank=True, db_index=False)
    amount = models.PositiveBigIntegerField(null=True, blank=True, help_text=_("Minor units."))
    currency = models.CharField(max_length=3, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=400, help_text=_("For the history; the customer does not see it."))
    words = models.CharField(max_length=200, help_text=_("Why, in words that the customer reads."))
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by_words = models.CharField(max_length=160, help_text=_("Kept when the account is gone."))
    needs_approval = models.BooleanField()
    granted_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_by_words = models.CharField(max_length=160, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=8, choices=End.choices, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_by_words = models.CharField(max_length=160, blank=True)
    ended_because = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name = _("exception")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "product", "kind", "feature_key", "rule_key", "tier_key"],
                name="waiver_open_once",
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(name="waiver_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="waiver_of_one_kind",
                condition=functools.reduce(operator.or_, map(_filled_for, WHAT)),
            ),
            models.CheckConstraint(
                name="waiver_approved_by_another",
                condition=Q(approved_by=None) | Q(asked_by=None) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="waiver_granted_as_needed",
                condition=Q(granted_at=None, needs_approval=True, approved_by_words="")
                | Q(granted_at__isnull=False, needs_approval=False, approved_by_words="")
                | (Q(granted_at__isnull=False, needs_approval=True) & ~Q(approved_by_words="")),
            ),
            models.CheckConstraint(
                name="waiver_ended_as_said",
                condition=Q(ended_at=None, end="")
                | Q(ended_at__isnull=False, end="staff")
                | Q(ended_at__isnull=False, end__in=["expired", "used"], granted_at__isnull=False)
                | Q(ended_at__isnull=False, end__in=["refused", "lapsed"], granted_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], name="waiver_due", condition=Q(ended_at=None)),
            models.Index(fields=["customer", "-asked_at"], name="waiver_of_customer"),
        ]
        ordering = ["-asked_at", "-pk"]
        permissions = [("approve_waiver", "Can approve or refuse an exception that somebody else asked for")]

    def __str__(self) -> str:
        return f"exception {self.pk}"

    @property
    def begins_at(self) -> datetime:
        """From when it holds, or would if it were granted."""
        return max(self.starts_at, self.granted_at or self.starts_at)

    def state(self, *, at: datetime) -> str:
        """By the clock: one of End, or "waiting" for an approval, "coming", or "live"."""
        if self.end:
            return self.end
        if self.granted_at is None:
            return "waiting" if at < self.ends_at else self.End.LAPSED
        if self.kind != self.Kind.PRICE and at >= self.ends_at:
            return self.End.EXPIRED
        return "coming" if at < self.starts_at else "live"

    def is_live(self, *, at: datetime) -> bool:
        return self.state(at=at) == "live"

    def waits(self, *, at: datetime) -> bool:
        """Whether it waits for somebody's approval."""
        return self.state(at=at) == "waiting"
