"""A customer as the payment processor knows them, and the subscription that pays for a licence."""

from __future__ import annotations

import uuid

from django.db import models

from licensing.models import Customer, Licence


class Payer(models.Model):
    """The Stripe customer behind a customer, with what we last saw of its card and tax."""

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="payer")
    stripe_id = models.CharField(max_length=80, unique=True)
    payment_method_id = models.CharField(max_length=80, blank=True)
    card_brand = models.CharField(max_length=20, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    card_exp_month = models.PositiveSmallIntegerField(null=True, blank=True)
    card_exp_year = models.PositiveSmallIntegerField(null=True, blank=True)
    credit = models.BigIntegerField(
        default=0, help_text="Minor units we owe the customer, as Stripe last said."
    )
    tax_percent = models.CharField(
        max_length=12, blank=True, help_text="As Stripe last charged it, exact decimal. Empty: not known yet."
    )
    tax_name = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def has_card(self) -> bool:
        return bool(self.card_last4)


class PayerAttempt(models.Model):
    """The asking for a customer's Stripe customer, committed before Stripe hears of it; gone once it is answered.

    One a customer, whoever of its people buys first: the same words under the same key make one Stripe customer.
    """

    mark = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False, help_text="What it is found by at Stripe."
    )
    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="payer_attempt")
    said = models.JSONField(help_text="What Stripe is told: name, email, country, reference.")
    first_asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.mark)

    @property
    def idempotency_key(self) -> str:
        return f"payer-{self.mark}"


class Subscription(models.Model):
    """The Stripe subscription that pays for a licence. Gone from here when Stripe has ended it."""

    licence = models.OneToOneField(Licence, on_delete=models.PROTECT, related_name="subscription")
    stripe_id = models.CharField(max_length=80, unique=True)
    stripe_item_id = models.CharField(max_length=80)
    reconciled_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last compared with Stripe’s."
    )

    def __str__(self) -> str:
        return self.stripe_id


class StripePrice(models.Model):
    """Where a catalogue price stands at Stripe. Found by lookup key, so no environment's ids enter the catalogue."""

    lookup_key = models.CharField(max_length=120, unique=True)
    stripe_id = models.CharField(max_length=80)
    synced_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.lookup_key


class StripeTaxRate(models.Model):
    """A tax rate of Stripe's, read once: its percentage never changes, another one is another rate."""

    stripe_id = models.CharField(max_length=80, unique=True)
    percent = models.CharField(max_length=12, help_text="Exact decimal.")
    name = models.CharField(max_length=40, help_text="As it was called when it was first met.")

    def __str__(self) -> str:
        return f"{self.name} {self.percent} %"
