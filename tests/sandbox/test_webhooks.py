"""Events reach the endpoint signed, at least once, and as late, doubled or shuffled as one asks."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.actors import Door, Receiver, eventually
from tests.sandbox.cast import Cast


def test_events_are_signed_and_complete(sdk: Any, cast: Cast, receiver: Receiver) -> None:
    sdk.customers.create({"name": "Ada"}, {"idempotency_key": "hello"})
    eventually(lambda: len(receiver.got) == 1)
    payload, header = receiver.got[0]
    event = stripe.Webhook.construct_event(payload, header, "whsec_test")
    assert (event.type, event.livemode, event.api_version) == ("customer.created", False, stripe.api_version)
    assert event["request"]["idempotency_key"] == "hello"
    assert event.data.object.name == "Ada"
    assert sdk.events.retrieve(event.id).id == event.id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(payload, header, "whsec_other")


def test_a_subscription_tells_its_story(cast: Cast, receiver: Receiver) -> None:
    cast.subscription()
    told = {
        "customer.created",
        "payment_method.attached",
        "customer.subscription.created",
        "customer.subscription.updated",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
    }
    eventually(lambda: told <= set(receiver.types))


def test_a_refusal_is_retried_until_it_is_taken(sdk: Any, door: Door, receiver: Receiver) -> None:
    receiver.status = 500
    sdk.customers.create({"name": "Ada"})
    eventually(lambda: len(receiver.got) == 1)
    receiver.status = 200
    door.post("clock", advance=10)
    eventually(lambda: len(receiver.got) == 2)
    eventually(lambda: door.get("webhooks")["data"][0]["state"] == "delivered")
    assert door.get("webhooks")["data"][0]["attempts"] == 2


def test_retries_end_after_three_days(sdk: Any, door: Door, receiver: Receiver) -> None:
    receiver.status = 503
    sdk.customers.create({"name": "Ada"})
    for attempt in range(40):
        eventually(lambda seen=attempt: len(receiver.got) > seen)
        eventually(lambda seen=attempt: door.get("webhooks")["data"][0]["attempts"] > seen)
        if door.get("webhooks")["data"][0]["state"] == "failed":
            break
        door.advance(days=0.5)
    row = door.get("webhooks")["data"][0]
    assert (row["state"], row["status"]) == ("failed", 503)


def test_held_lost_and_doubled(sdk: Any, door: Door, receiver: Receiver) -> None:
    door.post("webhooks", mode="hold")
    sdk.customers.create({"name": "held"})
    assert door.get("webhooks")["data"][0]["state"] == "held"
    assert receiver.got == []
    assert door.post("webhooks/release")["released"] == 1
    eventually(lambda: len(receiver.got) == 1)
    door.post("webhooks", mode="lose")
    sdk.customers.create({"name": "lost"})
    door.post("webhooks", mode="normal", duplicate=2)
    sdk.customers.create({"name": "thrice"})
    eventually(lambda: len(receiver.got) == 4)
    assert [row["state"] for row in door.get("webhooks")["data"]].count("lost") == 1


def test_delayed_and_shuffled(sdk: Any, cast: Cast, receiver: Receiver) -> None:
    cast.door.post("webhooks", mode="normal", delay=3600)
    sdk.customers.create({"name": "late"})
    assert cast.door.get("health")["webhooks_pending"] == 1
    cast.door.post("clock", advance=3601)
    eventually(lambda: receiver.types == ["customer.created"])
    cast.door.post("webhooks", mode="normal", shuffle=True)
    cast.subscription()
    eventually(lambda: cast.door.get("health")["webhooks_pending"] == 0)
    told = [event.type for event in sdk.events.list({"limit": 100}).data][::-1]
    assert sorted(receiver.types) == sorted(told)


def test_without_an_endpoint_nothing_is_owed(sdk: Any, door: Door) -> None:
    sdk.customers.create({"name": "Ada"})
    assert door.get("webhooks")["data"] == []
    assert [event.type for event in sdk.events.list({"type": "customer.*"}).data] == ["customer.created"]
