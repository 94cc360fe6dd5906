"""The first page of staff: find a customer, and the queues that wait for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from billing.admin.queues import (
    BRAKE_QUEUES,
    CREDIT_QUEUES,
    DIFFERENCE_QUEUES,
    ORDER_QUEUES,
    PRICE_MOVE_QUEUES,
    STRIPE_EVENT_QUEUES,
    VIOLATION_QUEUES,
)
from billing.models import Brake
from licensing.admin.queues import (
    CHANGE_QUEUES,
    EDITION_QUEUES,
    ERASURE_QUEUES,
    EXCEPTION_QUEUES,
    LICENCE_QUEUES,
    NOTICE_QUEUES,
    PROMISE_QUEUES,
    SUNSET_QUEUES,
    WAIVER_QUEUES,
    Queue,
)
from licensing.models import Restore

QUEUES: tuple[Queue, ...] = (
    *BRAKE_QUEUES,
    *VIOLATION_QUEUES,
    *PROMISE_QUEUES,
    *DIFFERENCE_QUEUES,
    *ORDER_QUEUES,
    *CREDIT_QUEUES,
    *PRICE_MOVE_QUEUES,
    *STRIPE_EVENT_QUEUES,
    *WAIVER_QUEUES,
    *NOTICE_QUEUES,
    *CHANGE_QUEUES,
    *LICENCE_QUEUES,
    *ERASURE_QUEUES,
    *EDITION_QUEUES,
    *EXCEPTION_QUEUES,
    *SUNSET_QUEUES,
)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the queues that this person may see: those with rows in them, and the names of the empty ones."""
    counted = _counted(request, at=timezone.now())
    context["busy"] = [(queue, count) for queue, count in counted if count]
    context["quiet"] = [queue for queue, count in counted if not count]
    context["may_find_customers"] = request.user.has_perm("licensing.view_customer")
    context["restore"] = Restore.objects.filter(reconciled_at=None).first()
    context["stopped"] = Brake.objects.filter(customer=None, released_at=None).first()
    context["title"] = "What needs a person"
    return context


def _counted(request: HttpRequest, *, at: datetime) -> list[tuple[Queue, int]]:
    return [(queue, queue.rows(at=at).count()) for queue in QUEUES if request.user.has_perm(queue.permission)]
