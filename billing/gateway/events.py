"""What happened, as Stripe tells it: by webhook, or in its list."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

import stripe
from django.conf import settings

from billing.answers import EventSeen, StripeForged
from billing.gateway import client
from billing.reading import read_event

# Stripe takes no more kinds of events than these in one question for them.
TYPES_AT_ONCE = 20


def events_page(*, since: datetime, types: Iterable[str], after: str) -> tuple[tuple[EventSeen, ...], str]:
    """Up to a hundred events of these types (`TYPES_AT_ONCE` at most) since a moment, newest first.

    Stripe keeps them for 30 days.
    """
    asked = {**client.hundred_after(after), "created": {"gte": client.seconds(since)}, "types": sorted(types)}
    with client.asking() as v1:
        return client.page(v1.events.list(asked), read_event)


def verify_event(*, payload: bytes, signature: str) -> EventSeen:
    """Check Stripe's signature (its time stamp may be five minutes off) and read the event. Raises StripeForged.

    The signature is the SDK's to check. The event is read as plain JSON: making the SDK's objects of all that is in it
    would cost more than everything else the door does.
    """
    try:
        stripe.WebhookSignature.verify_header(
            payload, signature, settings.STRIPE_WEBHOOK_SECRET, stripe.Webhook.DEFAULT_TOLERANCE
        )
        return read_event(json.loads(payload))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StripeForged("It is signed, and no event.") from error
    except stripe.SignatureVerificationError as error:
        raise StripeForged("The signature does not fit.") from error
