"""What is said when something cannot be answered. None of these pages needs the database."""

from __future__ import annotations

import sys

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

# A part that is away, or too busy to answer in time. The pool's time-out arrives as OperationalError.
AWAY = (OperationalError, InterfaceError, RedisConnectionError, RedisTimeoutError)
RETRY_AFTER = "30"  # seconds


def forbidden(_request: HttpRequest, exception: PermissionDenied | None = None) -> HttpResponse:
    """403, with the words of the refusal where it has any."""
    said = {"words": str(exception or ""), "reason": getattr(exception, "reason", None)}
    return HttpResponse(render_to_string("403.html", said), status=403)


def csrf_failed(_request: HttpRequest, **_reason: str) -> HttpResponse:
    """403 for a form that this session did not get from us, or got too long ago."""
    return HttpResponse(render_to_string("403.html", {"stale_form": True}), status=403)


def not_found(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 (Django passes it)
    """404, the same for what is not there and for what is somebody else's."""
    return HttpResponse(render_to_string("404.html"), status=404)


def too_many_requests(_request: HttpRequest, *, minutes: int = 0) -> HttpResponse:
    """429, for the rate limits of signing in and up; with `minutes`, for those of a member's buttons."""
    headers = {"Retry-After": str(minutes * 60)} if minutes else {}
    return HttpResponse(render_to_string("429.html", {"minutes": minutes}), status=429, headers=headers)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503, to be tried again, where the database or Redis is away.

    Decided here because an error in a middleware never passes another middleware's hands: Django asks this handler.
    """
    if isinstance(sys.exc_info()[1], AWAY):
        return unavailable(request)
    return HttpResponse(render_to_string("500.html"), status=500)


def unavailable(_request: HttpRequest) -> HttpResponse:
    """503, with the hint when to come back. Kept by nobody, and said at once: nothing on its way asks for the user."""
    headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
