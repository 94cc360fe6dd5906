"""The same key does the work once; faults come when they are asked for; the door keeps the records."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.sandbox.actors import Door
from tests.sandbox.cast import Cast, upgrade


def _key(key: str) -> dict[str, str]:
    return {"idempotency_key": key}


def test_a_key_replays_the_first_answer(sdk: Any, cast: Cast) -> None:
    first = sdk.customers.create({"name": "Ada"}, _key("once"))
    again = sdk.customers.create({"name": "Ada"}, _key("once"))
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.body == first.last_response.body
    assert len(sdk.customers.list().data) == 1


def test_a_key_replays_errors_too(sdk: Any, cast: Cast) -> None:
    customer = cast.customer("pm_card_chargeCustomerFail")
    wish = {
        "customer": customer.id,
        "items": [{"price": cast.price("team")}],
        "payment_behavior": "error_if_incomplete",
    }
    messages = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refused:
            sdk.subscriptions.create(wish, _key("declined"))
        messages.append(refused.value.headers.get("Idempotent-Replayed"))
        good = sdk.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        sdk.customers.update(customer.id, {"invoice_settings": {"default_payment_method": good.id}})
    assert messages == [None, "true"]
    assert cast.charges() == []


def test_a_request_that_never_began_may_be_sent_again(sdk: Any, cast: Cast) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param"):
        sdk.prices.create({"unit_amount": 5, "currency": "usd"}, _key("again"))
    cast.price("team")
    made = sdk.prices.create({"unit_amount": 5, "currency": "usd", "product": "portal"}, _key("again"))
    assert made.unit_amount == 5


def test_a_key_serves_one_request_only(sdk: Any) -> None:
    customer = sdk.customers.create({"name": "Ada"}, _key("mine"))
    with pytest.raises(stripe.IdempotencyError) as changed:
        sdk.customers.create({"name": "Bo"}, _key("mine"))
    assert changed.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        sdk.customers.update(customer.id, {"name": "Ada"}, _key("mine"))


def test_a_key_is_forgotten_after_a_day(sdk: Any, door: Door) -> None:
    first = sdk.customers.create({"name": "Ada"}, _key("day"))
    door.advance(days=0.99)
    assert sdk.customers.create({"name": "Ada"}, _key("day")).id == first.id
    door.advance(days=0.02)
    assert sdk.customers.create({"name": "Ada"}, _key("day")).id != first.id


def test_a_key_in_use_is_409(sdk: Any, door: Door) -> None:
    """Whichever of the two comes first has it."""
    door.post("faults", match={"method": "POST", "path": "^/v1/customers$"}, fault="slow", seconds=2)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(sdk.customers.create, {"name": "Ada"}, _key("busy")) for _ in range(2)]
    (busy,) = (error for each in asked if (error := each.exception()))
    assert isinstance(busy, stripe.APIError)
    assert busy.http_status == 409
    assert busy.json_body["error"]["code"] == "idempotency_key_in_use"
    assert sdk.customers.create({"name": "Ada"}, _key("busy")).name == "Ada"
    assert len(sdk.customers.list().data) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [("500_before", stripe.APIError), ("429", stripe.RateLimitError), ("409", stripe.APIError)],
)
def test_a_fault_before_the_work_leaves_nothing(
    sdk: Any, door: Door, exchange: Any, fault: str, error: type[Exception]
) -> None:
    door.post("faults", match={"path": "/v1/customers"}, fault=fault, times=2)
    for _ in range(2):
        with pytest.raises(error):
            sdk.customers.create({"name": "Ada"}, _key("k"))
    sdk.customers.create({"name": "Ada"}, _key("k"))
    assert len(sdk.customers.list().data) == 1


def test_500_after_the_work_is_replayed_as_stripe_does(sdk: Any, door: Door) -> None:
    door.post("faults", match={"method": "POST"}, fault="500_after")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            sdk.customers.create({"name": "Ada"}, _key("k"))
    assert len(sdk.customers.list().data) == 1


def test_500_after_the_work_may_be_forgotten(sdk: Any, door: Door) -> None:
    door.post("faults", match={"method": "POST"}, fault="500_after", remember=False)
    with pytest.raises(stripe.APIError):
        sdk.customers.create({"name": "Ada"}, _key("k"))
    made = sdk.customers.create({"name": "Ada"}, _key("k"))
    assert [row.id for row in sdk.customers.list().data] == [made.id]


@pytest.mark.parametrize("fault", ["timeout_after", "close_connection"])
def test_an_answer_that_never_came_can_be_asked_for_again(sdk: Any, cast: Cast, fault: str) -> None:
    subscription = cast.subscription()
    wish = upgrade(cast, subscription, proration_date=cast.door.now())
    cast.door.post(
        "faults",
        match={"method": "POST", "path": f"^/v1/subscriptions/{subscription.id}$"},
        fault=fault,
        seconds=0.2,
    )
    with pytest.raises(stripe.APIConnectionError):
        sdk.subscriptions.update(subscription.id, wish, _key("upgrade"))
    done = sdk.subscriptions.update(subscription.id, {**wish}, _key("upgrade"))
    assert done.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(cast.charges()) == 2


def test_a_fault_can_let_some_requests_through_first(sdk: Any, door: Door) -> None:
    door.post("faults", match={"method": "GET"}, fault="500_before", after=1)
    sdk.customers.list()
    with pytest.raises(stripe.APIError):
        sdk.customers.list()
    sdk.customers.list()
    assert door.get("faults")["data"] == []


def test_the_door_keeps_a_log_of_requests(sdk: Any, door: Door) -> None:
    sdk.customers.create({"name": "Ada"}, _key("k"))
    row = door.get("requests")["data"][-1]
    assert (row["method"], row["path"], row["form"]) == ("POST", "/v1/customers", "name=Ada")
    assert (row["idempotency_key"], row["status"]) == ("k", 200)
