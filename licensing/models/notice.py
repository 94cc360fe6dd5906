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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "address"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_try_at"], name="delivery_waiting", condition=models.Q(state="waiting"))
        ]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.address}: {self.state}"


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
