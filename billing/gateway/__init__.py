"""The only package that speaks to Stripe. One function a request; answers are plain values from `billing.answers`.

Whoever asks writes `gateway.fetch_invoice(…)`: the name is looked up here, and here alone, at each asking. The files
are by what the requests are about; they reach Stripe through `client`, and nothing outside the package names them.
"""

from __future__ import annotations

from billing.gateway import client
from billing.gateway.checkout import create_checkout, expire_checkout, fetch_checkout
from billing.gateway.client import IN_THE_LIST_WITHIN, KEYS_LAST
from billing.gateway.customers import (
    create_customer,
    fetch_payer,
    find_customer,
    keep_card,
    open_billing_portal,
)
from billing.gateway.events import TYPES_AT_ONCE, events_page, verify_event
from billing.gateway.invoices import (
    challenge_url,
    fetch_invoice,
    list_invoices,
    paid_invoices_page,
    preview_change,
    preview_first,
    void_invoice,
)
from billing.gateway.prices import (
    KEYS_AT_ONCE,
    create_price,
    ensure_product,
    fetch_tax_rate,
    find_prices,
)
from billing.gateway.refunds import (
    fetch_refund,
    find_balance_move,
    list_refunds,
    move_balance,
    refund_payment,
)
from billing.gateway.subscriptions import (
    cancel_subscription,
    change_subscription,
    create_subscription,
    fetch_subscription,
    mark_subscription,
    set_cancels_at_period_end,
    set_renewal_price,
    subscriptions_page,
)

__all__ = [
    "IN_THE_LIST_WITHIN",
    "KEYS_AT_ONCE",
    "KEYS_LAST",
    "TYPES_AT_ONCE",
    "cancel_subscription",
    "challenge_url",
    "change_subscription",
    "client",
    "create_checkout",
    "create_customer",
    "create_price",
    "create_subscription",
    "ensure_product",
    "events_page",
    "expire_checkout",
    "fetch_checkout",
    "fetch_invoice",
    "fetch_payer",
    "fetch_refund",
    "fetch_subscription",
    "fetch_tax_rate",
    "find_balance_move",
    "find_customer",
    "find_prices",
    "keep_card",
    "list_invoices",
    "list_refunds",
    "mark_subscription",
    "move_balance",
    "open_billing_portal",
    "paid_invoices_page",
    "preview_change",
    "preview_first",
    "refund_payment",
    "set_cancels_at_period_end",
    "set_renewal_price",
    "subscriptions_page",
    "verify_event",
    "void_invoice",
]
