"""Doors that ask Stripe answer as often as people press buttons, not as often as a program can."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as words

from licensing.reasons import Clause
from portal.views.errors import too_many_requests

PRESSES = 30
MINUTES = 10

HUMAN_PACE = Clause(
    "human-pace",
    words(
        "Buttons that ask the payment processor answer an organisation %(presses)d times in %(minutes)d minutes, and "
        "then again when these are over."
    ),
    lambda _today: {"presses": PRESSES, "minutes": MINUTES},
)


def at_human_pace(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """At most 30 presses (POST) in ten minutes by a customer's people, at all such doors together; then 429.

    Stands below the guard that knows the member. Only presses of those who may spend count, so that nobody else can
    use the customer's share up.
    """

    @wraps(view)
    def paced(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        presses = request.method == "POST" and request.member.may_spend
        if presses and is_too_fast(request.member.customer_id):
            return too_many_requests(request, minutes=MINUTES)
        return view(request, *args, **kwargs)

    return paced


def is_too_fast(whose: int | str) -> bool:
    """Count one press for a customer, by number, or for whatever else has a share of its own; whether it is one too
    many.
    """
    return _count(whose) > PRESSES


def _count(whose: int | str) -> int:
    """How many presses there were since the first one, this one among them; after ten minutes it begins anew."""
    key = f"pace:{whose}"
    cache.add(key, 0, timeout=MINUTES * 60)
    try:
        return int(cache.incr(key))
    except ValueError:  # The ten minutes ended between the two lines.
        return 1
