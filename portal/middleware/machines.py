"""The doors of machines answer before anything else is asked: no session, no host name, no way to https.

A load balancer may ask for health by IP address and over plain HTTP. A webhook is believed for its signature or
secret alone, and comes by the thousand: what is done for a browser's request would cost several times what keeping the
event does.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.views import mail_tracking
from portal.views.health import healthz, readyz
from portal.views.webhooks import stripe

DOORS = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/webhooks/stripe/": stripe,
    "/webhooks/mail/resend/": mail_tracking.Resend.as_view(),
    "/webhooks/mail/brevo/": mail_tracking.Brevo.as_view(),
}


class MachineDoorsMiddleware:
    """Stands first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return DOORS.get(request.path, self.get_response)(request)
