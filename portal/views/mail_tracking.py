"""Where mail providers tell us what became of a mail."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from licensing import deliveries
from licensing.models import Delivery

Outcome = Delivery.Outcome
# What a provider would not send, or could not, has come back as far as a reader is concerned.
OUTCOMES = {
    EventType.DEFERRED: Outcome.DEFERRED,
    EventType.DELIVERED: Outcome.DELIVERED,
    EventType.BOUNCED: Outcome.BOUNCED,
    EventType.REJECTED: Outcome.BOUNCED,
    EventType.FAILED: Outcome.BOUNCED,
    EventType.COMPLAINED: Outcome.COMPLAINED,
}
LONGEST = 100_000
log = logging.getLogger(__name__)


class _Tracking:
    """Anymail checks the secret and reads the provider's words. Who opened or clicked what is not kept."""

    http_method_names = ("post", "options")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Without a secret nobody could be believed, so there is no door."""
        if not settings.EMAIL_WEBHOOK_SECRET:
            raise Http404
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep what it says, and answer. What is not a report is a 400, and is not kept."""
        at = timezone.now()
        try:
            self.run_validators(request)  # type: ignore[attr-defined]
        except AnymailWebhookValidationFailure:
            return HttpResponse("The secret does not fit.\n", status=400, content_type="text/plain")
        try:
            if len(request.body) > LONGEST:
                raise ValueError("longer than any report")
            for event in self.parse_events(request):  # type: ignore[attr-defined]
                _keep(event, at=at)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as fault:
            log.warning("mail_report_unreadable", extra={"why": type(fault).__name__})
            return HttpResponse("This is not a report.\n", status=400, content_type="text/plain")
        return HttpResponse("Kept.\n", content_type="text/plain")


def _keep(event: AnymailTrackingEvent, *, at: datetime) -> None:
    """Only words and times of the right kind are kept; a NUL no database takes."""
    outcome = OUTCOMES.get(event.event_type)
    if outcome is None:
        return
    words = [event.message_id, event.recipient or "", event.mta_response or event.description or ""]
    if not event.message_id or not all(isinstance(each, str) and "\0" not in each for each in words):
        raise ValueError("no id, or not words")
    deliveries.report(
        provider_id=words[0],
        address=words[1],
        outcome=outcome.value,
        reported_at=event.timestamp if event.timestamp and event.timestamp.tzinfo else None,
        why=words[2],
        at=at,
    )


class Resend(_Tracking, ResendTrackingWebhookView):  # type: ignore[misc]
    """Resend's reports: email.delivered, email.bounced, email.delivery_delayed, email.complained."""


class Brevo(_Tracking, BrevoTrackingWebhookView):  # type: ignore[misc]
    """Brevo's reports: delivered, hard and soft bounce, blocked, deferred, spam."""
