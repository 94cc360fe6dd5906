"""An announced plan to retire a feature or an edition, and what it means for each customer it touches.

Once announced a sunset never changes; it can only be withdrawn. A database trigger sees to it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models.catalogue import Edition, Feature, Product, Tier
from licensing.models.customer import Customer
from licensing.models.licence import Licence
from licensing.models.notice import Notice


class SunsetQuerySet(models.QuerySet["Sunset"]):
    def named(self) -> SunsetQuerySet:
        """With the names of feature and tier, for `Sunset.words`."""
        return self.annotate(
            feature_name=names_of(
                Feature, product=models.OuterRef("product"), key=models.OuterRef("feature_key")
            ),
            tier_name=names_of(Tier, product=models.OuterRef("product"), key=models.OuterRef("tier_key")),
        )


def names_of(model: type[Feature] | type[Tier], *, product: Any, key: Any) -> Any:
    """What the newest published edition that has it calls a feature or a tier; a query of one row at most."""
    published = model._default_manager.filter(
        edition__product=product, edition__published_at__isnull=False, key=key
    )
    return published.order_by("-edition__published_at", "-edition").values_list("name", flat=True)[:1]


class Sunset(models.Model):
    """What is retired, why, from when, what takes its place, and what to take along. A draft until it is announced."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="sunsets")
    feature_key = models.SlugField(
        max_length=40, blank=True, help_text=_("The feature that goes. Empty where a whole edition does.")
    )
    edition = models.ForeignKey(
        Edition,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sunsets",
        help_text=_("The edition that ends. Empty where a feature goes."),
    )
    tier_key = models.SlugField(
        max_length=40, blank=True, help_text=_("Only for this tier. Empty: for every tier.")
    )
    reason = models.TextField(help_text=_("Why, in words that customers read."))
    instead = models.TextField(help_text=_("What takes its place, in words that customers read."))
    replacement = models.ForeignKey(
        Edition,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Where an edition ends: the one that its holders move to."),
    )
    export = models.TextField(help_text=_("What to take along, and where: in words that customers read."))
    first_on = models.DateField(help_text=_("The first day on which it goes for anybody."))
    ramp = models.JSONField(
        default=list,
        blank=True,
        help_text=_(
            "Per cent of customers by date, growing to 100: [[10, “2027-03-01”], [100, “2027-04-01”]]. "
            "Empty: for everybody on the first day."
        ),
    )
    authors = models.ManyToManyField(settings.AUTH_USER_MODEL, editable=False, related_name="+")
    announced_at = models.DateTimeField(null=True, blank=True, editable=False)
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_because = models.CharField(max_length=400, blank=True, editable=False)

    objects = SunsetQuerySet.as_manager()

    class Meta:
        ordering = ["-first_on", "-pk"]
        permissions = [("announce_sunset", "Can announce and withdraw a sunset")]
        constraints = [
            models.CheckConstraint(
                name="sunset_announced_of_one_thing",
                condition=models.Q(announced_at=None)
                | models.Q(edition=None) & ~models.Q(feature_key="")
                | models.Q(edition__isnull=False, replacement__isnull=False, feature_key=""),
            )
        ]

    def __str__(self) -> str:
        """With its names looked up; a list of them reads the names along (`named`)."""
        feature, tier = (
            names_of(model, product=self.product_id, key=key).first() if key else None
            for model, key in ((Feature, self.feature_key), (Tier, self.tier_key))
        )
        return self.words(feature=feature, tier=tier)

    def words(self, *, feature: str | None, tier: str | None) -> str:
        """What goes, and from whom where not from everybody: Single sign-on (sso), Team (team)."""
        if self.edition is not None:
            what = _("Edition %(name)s (%(key)s)") % {"name": self.edition.name, "key": self.edition.key}
        else:
            what = _with_key(feature, self.feature_key) or str(_("not yet named"))
        return f"{what}, {_with_key(tier, self.tier_key)}" if self.tier_key else what

    @property
    def kind(self) -> PlannedChange.Kind:
        """What it does to a licence."""
        return PlannedChange.Kind.EDITION_SUNSET if self.edition_id else PlannedChange.Kind.FEATURE_LOSS

    @property
    def is_open(self) -> bool:
        """Announced, and not withdrawn."""
        return self.announced_at is not None and self.withdrawn_at is None


def _with_key(name: str | None, key: str) -> str:
    return f"{name} ({key})" if name else key


class PlannedChange(models.Model):
    """What a sunset does to one licence on one tier: when it is told, when it may, and when it does take effect.

    `takes_effect_at` is empty while there is no date: before anything is told, and while a notice is not delivered.
    A paid licence leaves its edition with a renewal, and from `begun_at` on that renewal is being prepared at Stripe.
    """

    class Kind(models.TextChoices):
        FEATURE_LOSS = "feature_loss", _("loss of a feature")
        EDITION_SUNSET = "edition_sunset", _("end of an edition")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for its day")
        DEFERRED = "deferred", _("put off")
        DONE = "done", _("done")
        VOID = "void", _("void")

    sunset = models.ForeignKey(Sunset, on_delete=models.PROTECT, related_name="changes")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="planned_changes")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="planned_changes")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.FEATURE_LOSS)
    feature_key = models.SlugField(max_length=40, blank=True, db_index=False)
    usage = models.BigIntegerField(
        null=True, blank=True, help_text=_("How much of it was in use when this was planned.")
    )
    tell_at = models.DateTimeField(help_text=_("From when on it is told: first to whoever uses the thing."))
    planned_at = models.DateTimeField(help_text=_("Its day by the ramp, in the customer’s zone."))
    notice = models.ForeignKey(
        Notice, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    told_at = models.DateTimeField(null=True, blank=True)
    earliest_at = models.DateTimeField(null=True, blank=True, help_text=_("By the notice clock."))
    takes_effect_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when the renewal that carries it is being prepared.")
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    why = models.CharField(max_length=400, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sunset", "licence", "tier"], name="planned_change_once"),
            models.CheckConstraint(
                name="planned_change_done_only_when_told",
                condition=~models.Q(state="done")
                | models.Q(
                    told_at__isnull=False,
                    earliest_at__gte=models.F("told_at"),
                    done_at__gte=models.F("earliest_at"),
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["takes_effect_at"],
                name="planned_change_open",
                condition=models.Q(state__in=["waiting", "deferred"]),
            ),
            models.Index(
                fields=["tell_at"],
                name="planned_change_untold",
                condition=models.Q(state__in=["waiting", "deferred"], told_at=None),
            ),
        ]
        ordering = ["takes_effect_at", "pk"]

    def __str__(self) -> str:
        return f"{self.sunset}: {self.get_state_display()}"
