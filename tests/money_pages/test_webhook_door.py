"""The door for Stripe's webhooks: verified, stored once, answered at once."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import StripeEvent
from tests.infra.environment import WEBHOOK_SECRET

pytestmark = pytest.mark.django_db


def event(**facts: Any) -> bytes:
    body = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "created": int(time.time()),
        "livemode": False,
        "api_version": "2026-08-26.dahlia",
        "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}},
        **facts,
    }
    return json.dumps(body).encode()


def deliver(payload: bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> int:
    """Deliver as Stripe does, signed, by a client that holds no cookie and checks CSRF as a browser's would be."""
    stamp = int(at or time.time())
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        reverse("stripe_webhook"),
        payload,
        content_type="application/json",
        headers={"Stripe-Signature": f"t={stamp},v1={signed}"},
    )
    return answer.status_code


def test_an_event_is_stored_once_however_often_it_is_delivered() -> None:
    assert [deliver(event()), deliver(event())] == [200, 200]
    stored = StripeEvent.objects.get()
    assert (stored.type, stored.object_id) == ("invoice.paid", "in_1")


def test_a_forged_event_is_refused_and_not_stored() -> None:
    assert deliver(event(), secret="whsec_somebody_elses") == 400
    assert not StripeEvent.objects.exists()


def test_an_old_signature_is_refused() -> None:
    assert deliver(event(), at=time.time() - 3600) == 400


@pytest.mark.parametrize("payload", [b"", b"nonsense", b"[]", b"\xff\xfe"])
def test_what_is_not_an_event_is_refused(payload: bytes) -> None:
    assert deliver(payload) == 400


def test_without_a_signature_it_is_refused() -> None:
    assert (
        Client().post(reverse("stripe_webhook"), event(), content_type="application/json").status_code == 400
    )


def test_it_is_not_a_page() -> None:
    assert Client().get(reverse("stripe_webhook")).status_code == 405
