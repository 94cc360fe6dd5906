"""The process: what it refuses to start with, and what it keeps across a restart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.actors import ROOT, Door, client, free_port, running
from tests.sandbox.cast import Cast, item


def _start(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "billing.sandbox", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=20,
    )


@pytest.mark.parametrize("name", ["STRIPE_SECRET_KEY", "STRIPE_API_KEY"])
@pytest.mark.parametrize("key", ["sk_live_123", "rk_live_123"])
def test_it_does_not_start_where_a_live_key_is_set(name: str, key: str) -> None:
    refused = _start("--port", str(free_port()), **{name: key})
    assert refused.returncode == 2
    assert refused.stderr == f"The sandbox does not start where {name} holds a live key.\n"


def test_it_does_not_start_on_a_port_that_is_taken(address: str) -> None:
    refused = _start("--port", address.rsplit(":", 1)[1])
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "cannot listen on" in refused.stderr


def test_it_does_not_start_from_a_file_that_is_not_its_own(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"half')
    refused = _start("--port", str(free_port()), "--state", str(state))
    assert refused.returncode == 2
    assert "delete it to begin anew" in refused.stderr
    assert state.read_text() == '{"half'


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    state = tmp_path / "data" / "state.json"
    port = free_port()
    with running("--state", str(state), port=port) as address:
        sdk, door = client(address)[0].v1, Door(address)
        cast = Cast(sdk, door)
        subscription = cast.subscription()
        door.advance(days=3)
        sdk.customers.create({"name": "Bo"}, {"idempotency_key": "kept"})
    with running("--state", str(state), port=port) as address:
        sdk, door = client(address)[0].v1, Door(address)
        assert door.get("health")["offset"] == 3 * 86400
        kept = sdk.subscriptions.retrieve(subscription.id)
        assert item(kept).to_dict() == item(subscription).to_dict()
        again = sdk.customers.create({"name": "Bo"}, {"idempotency_key": "kept"})
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        door.advance(days=30)
        assert len(door.get("charges")["data"]) == 2
    assert not list(state.parent.glob("*.new"))


def test_a_reset_may_keep_the_catalogue(door: Door, cast: Cast, sdk: Any) -> None:
    cast.subscription()
    price = cast.price("team")
    door.post("reset", keep_catalogue=True)
    shown = door.post("objects", customer=0, subscription=0, price=0)
    assert (shown["customer"], shown["subscription"]) == ([], [])
    assert price in [row["id"] for row in shown["price"]]
    assert sdk.prices.retrieve(price).active
    door.post("reset")
    assert door.post("objects", price=0) == {"price": []}


def test_objects_are_told_from_which_one_on(door: Door, cast: Cast) -> None:
    cast.subscription()
    events = door.post("objects", event=0)["event"]
    assert door.post("objects", event=len(events) - 1)["event"] == events[-1:]


def test_it_imports_nothing_of_the_product_nor_of_django() -> None:
    script = (
        "import sys, billing.sandbox.__main__;"
        "found = [m for m in sys.modules if m.split('.')[0] in ('django', 'stripe', 'licensing', 'portal')"
        " or (m.startswith('billing.') and not m.startswith('billing.sandbox'))];"
        "print(found)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=20
    )
    assert shown.stdout.strip() == "[]", shown.stderr
