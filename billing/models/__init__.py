from billing.models.invoice import Invoice
from billing.models.order import Attempt, Order
from billing.models.payer import Payer, StripePrice, Subscription
from billing.models.quote import Quote
from billing.models.stripe_event import StripeEvent

__all__ = ["Attempt", "Invoice", "Order", "Payer", "Quote", "StripeEvent", "StripePrice", "Subscription"]
