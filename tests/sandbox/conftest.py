"""One sandbox process for the whole folder, begun anew for each test; every exchange checked afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.sandbox import contract
from tests.sandbox.actors import Browser, Checked, Door, Receiver, client, running
from tests.sandbox.cast import Cast


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with running() as address:
        yield address


@pytest.fixture
def door(address: str) -> Door:
    door = Door(address)
    door.post("reset")
    door.post("webhooks/target", url="", secret="")
    return door


@pytest.fixture
def exchange(address: str, door: Door) -> Iterator[tuple[stripe.StripeClient, Checked]]:
    """The SDK and its watcher. The test fails where anything sent or answered was off Stripe's description."""
    sdk, checked = client(address)
    yield sdk, checked
    off = list(checked.off_contract)
    if contract.PRESENT:
        sdk.v1.events.list({"limit": 100})
        for event in checked.last["data"]:
            off += [f"{event['type']}: {problem}" for problem in contract.event_problems(event)]
    assert not off, "\n".join(sorted(set(off)))


@pytest.fixture
def sdk(exchange: tuple[stripe.StripeClient, Checked]) -> Any:
    return exchange[0].v1


@pytest.fixture
def cast(sdk: Any, door: Door) -> Cast:
    return Cast(sdk, door)


@pytest.fixture
def browser(address: str, door: Door) -> Browser:
    return Browser(address)


@pytest.fixture
def receiver(door: Door) -> Iterator[Receiver]:
    receiver = Receiver()
    door.post("webhooks/target", url=receiver.url, secret="whsec_test")
    yield receiver
    door.post("webhooks/target", url="", secret="")
    receiver.close()
