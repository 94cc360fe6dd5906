"""The health doors answer before anything else is asked: no session, no host name, no way to https."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.views.health import healthz, readyz

DOORS = {"/healthz": healthz, "/readyz": readyz}


class HealthMiddleware:
    """Stands first, so that a load balancer may ask by IP address and over plain HTTP."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return DOORS.get(request.path, self.get_response)(request)
