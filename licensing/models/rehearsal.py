"""A draft played through for every customer before it is published, and what it would break of what was promised."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models.catalogue import Edition
from licensing.models.customer import Customer


class Rehearsal(models.Model):
    """One rehearsal of a draft, bound to the hash of its terms. Once it is done it never changes.

    `against` is what was on sale. `last_licence` is how far it is: whoever goes on with it goes on from there.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        OUTDATED = "outdated", _("the draft was edited meanwhile")
        FAILED = "failed", _("failed")

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="rehearsals")
    against = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    terms_hash = models.CharField(max_length=64)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    last_licence = models.BigIntegerField(default=0)
    totals = models.JSONField(default=dict)
    failure = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edition"], name="rehearsal_running_once", condition=models.Q(state="running")
            )
        ]
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        started = f"{self.started_at.day} {self.started_at:%b %Y, %H:%M %Z}"
        return f"rehearsal of {self.edition.name} ({self.edition.key}), {started}"

    @property
    def percent(self) -> int:
        """How far it is: 0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 0


class Rehearsed(models.Model):
    """What a draft means for one customer. Amounts are minor units of `currency` an interval, before tax.

    `before` and `after` are the bill now and once the draft is published; `if_moved` is the bill of the same tier of
    the draft, empty where they could not have it. `gained` and `lost` are entitlements by publishing alone,
    `…_if_moved` those by moving; a loss with `sunset` comes by the sunset announced on that day, and counts in neither
    effect. Whose edition is announced to end has `moves_on`: to which edition, announced when, on which day (null while
    there is none), and the `bill` from then on; what that brings and takes is marked with `sunset` and `ends`, and the
    draft is compared with what they hold on that day. `notices` are those owed before anybody could be moved,
    `promises` what is broken.
    """

    class Effect(models.TextChoices):
        NONE = "none", _("no change")
        BETTER = "better", _("better off")
        MIXED = "mixed", _("partly worse off")
        WORSE = "worse", _("worse off")
        CLOSED = "closed", _("not possible")

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="customers")
    # Without a constraint, because checking one takes a lock on the customer.
    customer = models.ForeignKey(
        Customer, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    held_edition = models.CharField(max_length=40)
    held_tier = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    interval = models.CharField(max_length=5, blank=True)
    seats = models.PositiveIntegerField()
    cancelled = models.BooleanField()
    before = models.PositiveBigIntegerField()
    after = models.PositiveBigIntegerField()
    if_moved = models.PositiveBigIntegerField(null=True)
    effect = models.CharField(_("by publishing"), max_length=6, choices=Effect.choices)
    moving = models.CharField(_("if moved"), max_length=6, choices=Effect.choices)
    gained = models.JSONField()
    lost = models.JSONField()
    gained_if_moved = models.JSONField()
    lost_if_moved = models.JSONField()
    flips = models.JSONField()
    notices = models.JSONField()
    earliest = models.DateTimeField(null=True)
    promises = models.JSONField()
    moves_on = models.JSONField(null=True)

    class Meta:
        verbose_name = _("rehearsed customer")
        verbose_name_plural = _("rehearsed customers")
        constraints = [models.UniqueConstraint(fields=["rehearsal", "customer"], name="rehearsed_once")]
        ordering = ["rehearsal", "pk"]

    def __str__(self) -> str:
        return str(self.customer)


class PromiseException(models.Model):
    """That a promise which a rehearsal found broken is accepted, with a reason, by somebody who wrote none of it.

    For exactly these terms of the draft, and for as many customers as were seen.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="exceptions")
    terms_hash = models.CharField(max_length=64)
    promise = models.SlugField(max_length=40)
    customers = models.PositiveIntegerField()
    reason = models.TextField(max_length=1000)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("exception to a promise")
        verbose_name_plural = _("exceptions to promises")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "terms_hash", "promise", "customers"], name="promise_exception_once"
            )
        ]
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"exception to a promise, {self.edition.name} ({self.edition.key})"
