from billing.models.brake import Brake
from billing.models.credit import BalanceCredit
from billing.models.invoice import Invoice
from billing.models.order import Attempt, Order
from billing.models.payer import Payer, PayerAttempt, StripePrice, StripeTaxRate, Subscription
from billing.models.price_move import PriceMove
from billing.models.quote import Quote
from billing.models.reconciliation import Difference, Reconciliation
from billing.models.stripe_event import StripeEvent
from billing.models.violation import OpenViolation

__all__ = [
    "Attempt",
    "BalanceCredit",
    "Brake",
    "Difference",
    "Invoice",
    "OpenViolation",
    "Order",
    "Payer",
    "PayerAttempt",
    "PriceMove",
    "Quote",
    "Reconciliation",
    "StripeEvent",
    "StripePrice",
    "StripeTaxRate",
    "Subscription",
]
