"""An accepted quote on its way, and each thing we asked the payment processor to do for it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.asking import Asking, NeedsStaff
from billing.models.quote import Quote
from licensing.models import Customer


class Order(NeedsStaff):
    """Pending → settled or failed. One pending order a customer, one order a quote: the database sees to both."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        SETTLED = "settled", _("settled")
        FAILED = "failed", _("failed")

    class Way(models.TextChoices):
        CHECKOUT = "checkout", _("Stripe Checkout")
        CARD = "card", _("card on file")

    class Failure(models.TextChoices):
        DECLINED = "declined", _("the card was declined")
        ABANDONED = "abandoned", _("the payment was not finished in time")
        WITHDRAWN = "withdrawn", _("you withdrew it")
        CHANGED = "changed", _("the price changed before it was accepted")
        REFUSED = "refused", _("the payment processor refused it")
        TWICE = "twice", _("the plan was paid for already")
        STOPPED = "stopped", _("paying was switched off")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="order")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_at = models.DateTimeField()
    way = models.CharField(max_length=8, choices=Way.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    failure = models.CharField(max_length=10, choices=Failure.choices, blank=True)
    failure_words = models.CharField(max_length=300, blank=True, help_text="What the bank or processor said.")
    closed_at = models.DateTimeField(null=True, blank=True)
    return_url = models.URLField(
        max_length=2000, help_text="Where the customer comes back to from Stripe's pages."
    )
    stripe_session_id = models.CharField(max_length=120, blank=True, db_index=True)
    stripe_invoice_id = models.CharField(max_length=80, blank=True, db_index=True)
    pay_url = models.URLField(
        max_length=2000, blank=True, help_text="Where the customer finishes the payment."
    )
    charged = models.BigIntegerField(null=True, blank=True, help_text="Minor units really charged.")
    refunded = models.BigIntegerField(
        null=True, blank=True, help_text="Minor units of a second payment that went back to its card."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], name="order_pending_once", condition=models.Q(state="pending")
            )
        ]
        indexes = [
            models.Index(fields=["accepted_at"], name="order_waiting", condition=models.Q(state="pending")),
            models.Index(
                fields=["accepted_at"],
                name="order_owed_back",
                condition=models.Q(state="failed", charged__isnull=False, refunded=None),
            ),
        ]
        ordering = ["-accepted_at"]

    def __str__(self) -> str:
        return f"{self.customer}: {self.state}"

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING

    @property
    def was_paid_twice(self) -> bool:
        """Paid while another subscription paid for the licence: never applied, and given back."""
        return self.state == self.State.FAILED and self.charged is not None


class Attempt(Asking):
    """One step of an order: what is asked once, whoever carries the order on."""

    # The steps that charge, or open a page that charges. Our mark on a subscription is none: it can be set again.
    CHARGING = ("checkout", "create", "change")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="attempts")
    step = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "step"], name="attempt_step_once")]
        indexes = [
            # Few are ever made, and an event names one by its number at Stripe.
            models.Index(fields=["order"], name="attempt_refund", condition=models.Q(step="refund"))
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.step}: {self.outcome}"
