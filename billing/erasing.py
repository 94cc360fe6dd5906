"""What of billing names an organisation or a person, and goes when it is erased.

Amounts, dates and tax stay, and Stripe's own numbers, without which the books could not be held against Stripe's. What
Stripe holds is not erased from here; docs/15-data.md says what is to be done there.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from billing.models import Brake, Invoice, Order, Payer, PayerAttempt, Quote
from licensing.erasure import ERASED
from licensing.reasons import Reason


def stands_in_the_way(customer_id: int) -> Reason | None:
    """Money that is still on its way, or that a person of ours has to look at, is settled first."""
    open_orders = Order.objects.filter(customer_id=customer_id).filter(
        Q(state=Order.State.PENDING)
        | ~Q(needs_staff="")
        | Q(state=Order.State.FAILED, charged__isnull=False, refunded=None)
    )
    if not open_orders.exists():
        return None
    return Reason(
        "erasing",
        _("A payment of this organisation is not settled yet."),
        _("We see to it. It is erased once that is done."),
    )


def erase_words(customer_id: int) -> dict[str, int]:
    """Take what names somebody out of everything billing holds of a customer: what → how many. Safe to repeat."""
    quotes = Quote.objects.filter(customer_id=customer_id, quoted_for__isnull=False)
    orders = Order.objects.filter(customer_id=customer_id).filter(
        Q(accepted_by__isnull=False) | ~Q(pay_url="")
    )
    invoices = Invoice.objects.filter(customer_id=customer_id).exclude(hosted_url="", pdf_url="")
    return {
        "quotes": quotes.update(quoted_for=None),
        "orders": orders.update(accepted_by=None, pay_url=""),
        "invoices": invoices.update(hosted_url="", pdf_url=""),
        "payers": Payer.objects.filter(customer_id=customer_id).update(
            payment_method_id="", card_brand="", card_last4="", card_exp_month=None, card_exp_year=None
        ),
        "questions to Stripe": PayerAttempt.objects.filter(customer_id=customer_id).delete()[0],
        "brakes": Brake.objects.filter(customer_id=customer_id)
        .exclude(reason=ERASED)
        .update(reason=ERASED, release_reason=""),
    }


def let_go(customer_id: int, *, at: datetime) -> None:
    """A brake holds nothing any more where nobody can buy."""
    Brake.objects.filter(customer_id=customer_id, released_at=None).update(
        released_at=at, released_by_words="the clock"
    )
