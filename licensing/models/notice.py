"""What we owe a customer to say: rows written with their cause, checked for truth at sending, sent by a worker."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from licensing.models.customer import Customer


class Notice(models.Model):
    """One thing to say to one customer, at most once: (customer, kind, subject, period) is unique."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("sent")
        DROPPED = "dropped", _("no longer true")

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        related_name="notices",
        db_index=False,  # `notice_once` begins with it
    )
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, help_text="What it is about, for example trial:12.")
    period = models.CharField(
        max_length=40, blank=True, help_text="Which turn of it, for example 7d:2026-12-14."
    )
    facts = models.JSONField(default=dict)
    owed_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "subject", "period"], name="notice_once")
        ]
        indexes = [
            models.Index(fields=["owed_at"], name="notice_waiting", condition=models.Q(state="waiting"))
        ]
        ordering = ["-owed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.period}".strip()


class Delivery(models.Model):
    """One notice on its way to one address."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    class Outcome(models.TextChoices):
        DEFERRED = "deferred", _("held up on the way")
        DELIVERED = "delivered", _("delivered")
        BOUNCED = "bounced", _("came back")
        COMPLAINED = "complained", _("taken for spam")

    notice = models.ForeignKey(
        Notice,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # `delivery_once` begins with it
    )
    address = models.EmailField()
    message_id = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    provider_id = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("The mail provider’s own name for it."),
    )
    expects_word = models.BooleanField(
        default=False, db_default=False, help_text=_("Whether the provider will say what became of it.")
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default="", db_default="")
    outcome_at = models.DateTimeField(null=True, blank=True)
    outcome_why = models.CharField(max_length=300, blank=True, default="", db_default="")
    arrived_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When it was first known to arrive.")
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "address"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="delivery_waiting", condition=models.Q(state="waiting")
            ),
            models.Index(
                fields=["provider_id"], name="delivery_provider_id", condition=~models.Q(provider_id="")
            ),
            models.Index(fields=["notice"], name="delivery_bounced", condition=models.Q(outcome="bounced")),
        ]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.address}: {self.state}"


class DeliveryReport(models.Model):
    """What a mail provider said of one mail. Kept before it is believed to be about a delivery of ours.

    It may come before the sender has noted the provider's id, so those that match nothing yet are looked at again.
    """

    provider_id = models.CharField(max_length=200)
    address = models.EmailField(blank=True, help_text=_("Empty where the provider does not say."))
    outcome = models.CharField(max_length=10, choices=Delivery.Outcome.choices)
    why = models.CharField(max_length=300, blank=True)
    reported_at = models.DateTimeField(help_text=_("When it happened, by the provider’s clock."))
    received_at = models.DateTimeField()
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.CASCADE, related_name="reports"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider_id", "address", "outcome", "reported_at"], name="delivery_report_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["received_at"], name="delivery_report_open", condition=models.Q(delivery=None)
            )
        ]
        ordering = ["reported_at", "pk"]

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.outcome}"


class OptOut(models.Model):
    """An address that asked not to get one kind of notice from one customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="opt_outs")
    address = models.EmailField()
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "address", "kind"], name="opt_out_once")]

    def __str__(self) -> str:
        return f"{self.address}: no {self.kind}"
