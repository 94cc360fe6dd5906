"""No call to Stripe from inside a transaction; a call site that is new is seen; and the table finds what it is for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from billing import asking, orders
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Order
from tests.billing.conftest import Buyer, ada, catalogue
from tests.infra.sandbox import Sandbox
from tests.stripe_at_its_worst.faults import Fault
from tests.stripe_at_its_worst.rows import ROWS
from tests.stripe_at_its_worst.sites import call_sites, functions_of_the_gateway
from tests.stripe_at_its_worst.test_table import ASKS_NOBODY, play

__all__ = ["ada", "catalogue"]

ASK = {name: asks for name, asks in functions_of_the_gateway().items() if name != "verify_event"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ASK)
def test_no_function_of_the_gateway_asks_inside_a_transaction(name: str) -> None:
    takes = inspect.signature(ASK[name]).parameters
    kinds: dict[Any, Any] = {"datetime": timezone.now(), "int": 1, "bool": True, "Sequence[str]": ["x"]}
    given = {parameter: kinds.get(takes[parameter].annotation, "x") for parameter in takes}
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a database transaction"):
        list(ASK[name](**given))


@pytest.mark.django_db
def test_no_request_is_a_transaction_by_itself() -> None:
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False
    assert connection.settings_dict["AUTOCOMMIT"] is True


def test_a_new_call_site_is_seen_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "billing").mkdir()
    (tmp_path / "billing" / "new.py").write_text(
        "from billing import gateway as stripe\n"
        "from billing.gateway import fetch_payer\n"
        "from billing.gateway.refunds import fetch_refund\n"
        "def journey():\n"
        "    each = [stripe.fetch_invoice(one) for one in ()]\n"
        "    return later(stripe.fetch_invoice), fetch_payer('cus_1'), fetch_refund('re_1')\n"
    )
    assert set(call_sites(tmp_path)) == {
        "billing.new.journey → fetch_invoice",
        "billing.new.journey → fetch_invoice (2)",
        "billing.new.journey → fetch_payer",
        "billing.new.journey → fetch_refund",
    }
    assert not set(call_sites(tmp_path)) & ({row.site for row in ROWS} | ASKS_NOBODY)


def takes_unknown_for_no(patch: pytest.MonkeyPatch) -> None:
    def ask(order: Order, *, at: datetime) -> None:
        try:
            asking.ask(order, at=at)
        except StripeUnavailable as silence:
            raise StripeRefused(str(silence)) from silence

    patch.setattr(orders, "ask", ask)


def asks_under_a_new_key_each_time(patch: pytest.MonkeyPatch) -> None:
    step = asking._step

    def anew(order: Order, name: str, question: Callable[[str], Any], *, at: datetime) -> None:
        step(order, name, lambda key: question(f"{key}-{uuid4()}"), at=at)

    patch.setattr(asking, "_step", anew)


def asks_inside_a_transaction(patch: pytest.MonkeyPatch) -> None:
    def ask(order: Order, *, at: datetime) -> None:
        with transaction.atomic():
            asking.ask(order, at=at)

    patch.setattr(orders, "ask", ask)


def forgets_the_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("tests.stripe_at_its_worst.scenes.scene.settle_left_behind", lambda **_: {})


@pytest.mark.parametrize(
    "plant",
    [takes_unknown_for_no, asks_under_a_new_key_each_time, asks_inside_a_transaction, forgets_the_order],
)
def test_control_the_table_finds_it(
    ada: Buyer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    row = next(
        row for row in ROWS if row.scene.__name__ == "accepting_without_a_card" and "create" in row.site
    )
    plant(monkeypatch)
    with pytest.raises((AssertionError, RuntimeError)):
        play(row, Fault("close_connection"), sandbox, monkeypatch)
