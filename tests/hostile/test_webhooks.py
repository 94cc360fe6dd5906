"""What is sent to the webhooks' door by others than Stripe, and by Stripe for others than us: refused, and not kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import StripeEvent
from tests.infra.environment import WEBHOOK_SECRET
from tests.money_pages.test_webhook_door import event

pytestmark = pytest.mark.django_db


def stamp(*, after: float = 0) -> int:
    return int(time.time() + after)


def signature(payload: bytes, *, at: int, secret: str = WEBHOOK_SECRET) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()


def deliver(payload: bytes, header: str) -> int:
    answer = Client().post(
        reverse("stripe_webhook"),
        payload,
        content_type="application/json",
        headers={"Stripe-Signature": header},
    )
    return answer.status_code


def test_what_stripe_signs_is_kept() -> None:
    at = stamp()
    assert deliver(event(), f"t={at},v1={signature(event(), at=at)},v0=abc") == 200
    assert StripeEvent.objects.count() == 1


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "t={at}",
        "v1={good}",
        "t={at},v0={good}",
        "t={at},v1=",
        "t={at},v1={unsigned}",
        "t={at},v1={other}",
        "t=abc,v1={good}",
        "t=-1,v1={good}",
        "t=99999999999999999999,v1={good}",
        "t={at};v1={good}",
        "t={at},v1=\xff\xfe",
        "v1={good}," * 500,
    ],
)
def test_no_other_signature_will_do(header: str) -> None:
    at, payload = stamp(), event()
    header = header.format(
        at=at,
        good=signature(payload, at=at),
        unsigned=hashlib.sha256(payload).hexdigest(),
        other=signature(payload, at=at, secret=""),
    )
    assert deliver(payload, header) == 400
    assert not StripeEvent.objects.exists()


def test_the_words_are_what_is_signed_not_their_meaning() -> None:
    at, payload = stamp(), event()
    again = json.dumps(json.loads(payload), indent=2).encode()
    assert deliver(again, f"t={at},v1={signature(payload, at=at)}") == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("after", [-3600, -301, 310, 3600, 10**8, 10**14])
def test_a_signature_of_another_time_is_refused(after: float) -> None:
    at = stamp(after=after)
    assert deliver(event(), f"t={at},v1={signature(event(), at=at)}") == 400
    assert not StripeEvent.objects.exists()


def test_clocks_may_differ_a_little() -> None:
    for after in (-240, 240):
        at = stamp(after=after)
        assert deliver(event(id=f"evt_{after}"), _signed(event(id=f"evt_{after}"), at)) == 200


def test_a_time_with_something_after_it_breaks_nothing() -> None:
    at = stamp()
    assert deliver(event(), f"t={at}=x,v1={signature(event(), at=at)}") in (200, 400)


def test_a_replay_is_the_same_event() -> None:
    at, payload = stamp(), event()
    for _ in range(3):
        assert deliver(payload, _signed(payload, at)) == 200
    assert StripeEvent.objects.count() == 1


def test_an_event_of_the_other_mode_is_not_for_us() -> None:
    at, payload = stamp(), event(livemode=True)
    assert deliver(payload, _signed(payload, at)) == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "payload",
    [b"null", b"[]", b"{}", b'"evt_1"', b'{"object": "event"}', b'{"id": 1, "data": []}'],
)
def test_even_signed_nonsense_is_refused(payload: bytes) -> None:
    at = stamp()
    assert deliver(payload, _signed(payload, at)) == 400
    assert not StripeEvent.objects.exists()


def _signed(payload: bytes, at: int) -> str:
    return f"t={at},v1={signature(payload, at=at)}"
