"""What the payment processor answers, as plain values. The gateway makes them; nothing here knows the SDK."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class StripeUnavailable(Exception):
    """Stripe gave no answer we can trust: a time-out, a cut line, a 5xx, 429 or 409. The outcome is unknown."""


class StripeBusy(StripeUnavailable):
    """Stripe is answering the very same question, under the same key, for somebody else at this moment."""


class StripeRefused(Exception):
    """Stripe said no, for good: asking the same again gives the same. `code` is Stripe's own, where it has one."""

    def __init__(self, message: str, *, code: str = "", declined: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.declined = declined


class StripeForged(Exception):
    """A webhook whose signature does not prove that Stripe sent it."""


@dataclass(frozen=True)
class CardSeen:
    payment_method_id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True)
class PayerSeen:
    """`credit` is what we owe the customer, in minor units of `currency`: Stripe's balance with its sign turned.

    `currency` is empty until the first payment.
    """

    stripe_id: str
    currency: str
    credit: int
    card: CardSeen | None


@dataclass(frozen=True)
class LineSeen:
    """One invoice line; `amount` in minor units, tax not included."""

    kind: str  # "unused", "charge" or "other"
    amount: int
    quantity: int
    start: datetime
    end: datetime
    text: str


@dataclass(frozen=True)
class InvoiceSeen:
    """An invoice or a preview of one. Amounts in minor units. `status` is Stripe's word, empty on a preview.

    `balance_before` is what the customer owed before it; below zero, their credit. `balance_after` is the same once it
    was issued: a preview has moved nothing yet. `paid_with` is the payment method that paid it, as Stripe numbers it;
    empty where nothing was charged, it is not paid yet, or its payments were not asked for.
    """

    stripe_id: str
    customer_id: str
    subscription_id: str
    order_id: str
    number: str
    status: str
    reason: str
    currency: str
    lines: tuple[LineSeen, ...]
    subtotal: int
    tax: int
    tax_rate_id: str
    total: int
    balance_before: int
    balance_after: int
    amount_due: int
    amount_paid: int
    issued_at: datetime
    hosted_url: str
    pdf_url: str
    next_attempt_at: datetime | None
    payment_intent_id: str
    payment_status: str
    paid_with: str
    decline_words: str


@dataclass(frozen=True)
class RefundSeen:
    """`amount` in minor units. `status` is Stripe's word: pending and succeeded are on their way to the card.

    One that was on its way may fail for up to 30 days. `failure` is Stripe's word why, empty where there is none.
    """

    stripe_id: str
    order_id: str
    payment_intent_id: str
    amount: int
    status: str
    failure: str

    @property
    def has_failed(self) -> bool:
        return self.status in ("failed", "canceled")


@dataclass(frozen=True)
class SubscriptionSeen:
    stripe_id: str
    customer_id: str
    order_id: str
    status: str
    item_id: str
    price_id: str
    quantity: int
    period_start: datetime
    period_end: datetime
    cancels_at_period_end: bool
    has_pending_update: bool
    latest_invoice_id: str
    card: CardSeen | None


@dataclass(frozen=True)
class CheckoutSeen:
    """`status` is open, complete or expired. Whether it was paid, its invoice tells."""

    stripe_id: str
    status: str
    url: str
    invoice_id: str


@dataclass(frozen=True)
class EventSeen:
    """`account` is another account's that the event is of, as a platform is told of those connected to it."""

    stripe_id: str
    type: str
    object_id: str
    customer_id: str
    created_at: datetime
    livemode: bool
    account: str
