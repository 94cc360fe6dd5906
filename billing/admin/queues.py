"""Orders, events and broken invariants that wait for a person."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from billing.models import (
    BalanceCredit,
    Brake,
    Difference,
    OpenViolation,
    Order,
    PriceMove,
    Reconciliation,
    StripeEvent,
)
from licensing.admin.queues import LONG, Queue

STUCK_AFTER_TRIES = 3
INBOX_LATE = timedelta(minutes=10)

ORDER_QUEUES = (
    Queue(
        key="staff",
        title="Orders that need a person",
        hint="The reason stands on each order. Settling asks the processor again and never charges.",
        model=Order,
        where=lambda at: ~Q(needs_staff=""),
    ),
    Queue(
        key="pending",
        title="Orders pending for over an hour",
        hint="The customer has not finished the payment, or the processor has not answered.",
        model=Order,
        where=lambda at: Q(state=Order.State.PENDING, accepted_at__lt=at - LONG),
    ),
)

CREDIT_QUEUES = (
    Queue(
        key="refused",
        title="Credits that Stripe refuses",
        hint="An exception promised it. Give it another way, and say how.",
        model=BalanceCredit,
        where=lambda at: ~Q(needs_staff=""),
    ),
)

PRICE_MOVE_QUEUES = (
    Queue(
        key="staff",
        title="Renewals that could not take a new price",
        hint="An edition ends, and the renewal was to charge the later price. Each says what is in the way.",
        model=PriceMove,
        where=lambda at: ~Q(needs_staff=""),
    ),
)

STRIPE_EVENT_QUEUES = (
    Queue(
        key="failing",
        title="Stripe events that fail",
        hint="Received and not worked off. Each is tried again by itself; its error says what is in the way.",
        model=StripeEvent,
        where=lambda at: (
            Q(handled_at=None) & (Q(tries__gte=STUCK_AFTER_TRIES) | Q(received_at__lt=at - INBOX_LATE))
        ),
    ),
)

VIOLATION_QUEUES = (
    Queue(
        key="broken",
        title="Books that contradict themselves",
        hint="Something is so that must never be. Each says what, and what to do; nothing is mended by itself.",
        model=OpenViolation,
        where=lambda at: Q(found_at__lte=at),
    ),
)

BRAKE_QUEUES = (
    Queue(
        key="pulled",
        title="Brakes that hold",
        hint="All charging is stopped, or a customer is parked. It stays so until somebody lets it go.",
        model=Brake,
        where=lambda at: Q(released_at=None),
    ),
)

DIFFERENCE_QUEUES = (
    Queue(
        key="open",
        title="Differences with Stripe",
        hint="Found by the last comparison, and not safe to mend by itself. Each says what to do.",
        model=Difference,
        where=lambda at: Q(
            mended=False,
            reconciliation__in=Reconciliation.objects.filter(finished_at__lte=at)
            .order_by("-began_at", "-pk")
            .values("pk")[:1],
        ),
    ),
)
