"""What the vendor sells: a product's editions, each a published and then immutable statement of all terms.

Once `published_at` is set, a database trigger refuses every change to the edition and all rows below it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Product(models.Model):
    """What the vendor sells, and how its pages present themselves."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    vendor = models.CharField(max_length=120)
    tagline = models.CharField(max_length=200, blank=True)
    support_email = models.EmailField()
    accent = models.CharField(max_length=7, default="#0b6b50", help_text=_("The one accent colour, #rrggbb."))
    promises_public = models.BooleanField(
        _("promises are public"),
        default=False,
        db_default=False,
        help_text=_("Whether everybody may see, day by day, how promises were kept. Staff always may."),
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Edition(models.Model):
    """One dated statement of all terms. A change of terms is a new edition, never an edit."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="editions")
    key = models.SlugField(max_length=40, help_text=_("For example 2026-01."))
    name = models.CharField(max_length=80, help_text=_("As people say it: January 2026."))
    rationale = models.TextField(blank=True, help_text=_("Why the terms changed, in words customers read."))
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    authors: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="EditionAuthor", related_name="+", editable=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "key"], name="edition_key_once")]
        ordering = ["-published_at", "-pk"]
        permissions = [("publish_edition", "Can publish an edition")]

    def __str__(self) -> str:
        return f"{self.product} {self.key}"


class Tier(models.Model):
    """One step in an edition, ranked. A tier without prices is free."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="tiers")
    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=60)
    rank = models.PositiveSmallIntegerField()
    tagline = models.CharField(max_length=160, blank=True)
    trial_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Empty: not open to trials.")
    )
    min_seats = models.PositiveIntegerField(default=1)
    max_seats = models.PositiveIntegerField(null=True, blank=True, help_text=_("Empty: no limit."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "key"], name="tier_key_once"),
            models.UniqueConstraint(fields=["edition", "rank"], name="tier_rank_once"),
        ]
        ordering = ["edition", "rank"]

    def __str__(self) -> str:
        return f"{self.name} ({self.edition.key})"


class Feature(models.Model):
    """Something a tier gives."""

    class Kind(models.TextChoices):
        SWITCH = "switch", _("switch")
        LIMIT = "limit", _("limit")
        LEVEL = "level", _("level")

    class Group(models.TextChoices):
        CORE = "core", _("core")
        EXTENDED = "extended", _("extended")
        PREMIUM = "premium", _("premium")

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="features")
    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    group = models.CharField(max_length=8, choices=Group.choices)
    unit = models.CharField(max_length=40, blank=True, help_text=_("For limits, plural: projects, GB."))
    monthly = models.BooleanField(default=False, help_text=_("For limits: counted anew each billing month."))
    levels = models.JSONField(
        default=list, blank=True, help_text=_('For levels, lowest first: [["email", "by email"]].')
    )
    about = models.CharField(max_length=240, blank=True)
    shared = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_(
            "Holders of the same tier in earlier editions get what this one gives, where it is kinder. For good."
        ),
    )
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "key"], name="feature_key_once")]
        ordering = ["edition", "position"]

    def __str__(self) -> str:
        return f"{self.name} ({self.edition.key})"


class Grant(models.Model):
    """What one tier gives of one feature. No grant: not included.

    `value` is true for a switch, a whole number or null (no limit) for a limit, a level's key for a level.
    """

    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="grants")
    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="grants")
    value = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tier", "feature"], name="grant_once")]
        ordering = ["tier", "feature"]

    def __str__(self) -> str:
        return f"{self.tier}: {self.feature.key} = {self.value}"


class Claim(models.Model):
    """What a customer gains by a tier, in one text about one feature. Every page and mail says it in these words."""

    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="claims")
    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="claims")
    text = models.CharField(max_length=120, help_text=_("A short sentence: Sign in with your own accounts."))
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tier", "feature"], name="claim_once")]
        ordering = ["tier", "position"]

    def __str__(self) -> str:
        return f"{self.tier}: {self.text}"


class Price(models.Model):
    """What a tier costs, in minor units. `lookup_key` finds it at the payment processor in any environment."""

    class Interval(models.TextChoices):
        MONTH = "month", _("monthly")
        YEAR = "year", _("yearly")

    tier = models.ForeignKey(Tier, on_delete=models.CASCADE, related_name="prices")
    currency = models.CharField(max_length=3)
    interval = models.CharField(max_length=5, choices=Interval.choices)
    unit_amount = models.PositiveBigIntegerField(help_text=_("Minor units: cents, yen."))
    per_seat = models.BooleanField(default=True)
    lookup_key = models.CharField(max_length=120, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tier", "currency", "interval"], name="price_once")]
        ordering = ["tier", "currency", "interval"]

    def __str__(self) -> str:
        return self.lookup_key
