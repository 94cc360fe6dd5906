"""Faults that money software is known for, seeded into our own code in a test alone, to see the machine find them.

Most are a changed line: the function's own source with a few words put in place of others. Where those words are no
longer in the source, planting fails and says so: then the fault is to be written anew, not dropped.
"""

from __future__ import annotations
import __future__

import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from billing import asking, gateway, inbox, looking, orders, quotes, settling, subscriptions, tasks
from billing.reading import read_subscription
from licensing import trials

Plant = Callable[[pytest.MonkeyPatch], None]


def rewritten(function: Any, *changes: tuple[str, str]) -> Plant:
    """The function with each first text put in place of the second, wherever it is known by name."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        source = inspect.getsource(function)
        for old, new in changes:
            assert source.count(old) == 1, f"{function.__qualname__} has no single {old!r} any more"
            source = source.replace(old, new)
        code = compile(source, inspect.getfile(function), "exec", __future__.annotations.compiler_flag)
        made: dict[str, Any] = {}
        exec(code, dict(function.__globals__), made)
        patch.setattr(function, "__code__", made[function.__name__].__code__)

    return plant


def together(*plants: Plant) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        for each in plants:
            each(patch)

    return plant


def no_row_is_locked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(QuerySet, "select_for_update", lambda self, **_: self)


def _heard(patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The object of each event as it was last delivered, by its id."""
    heard: dict[str, Any] = {}
    verify = gateway.verify_event

    def hear(*, payload: bytes, signature: str) -> Any:
        thing = json.loads(payload)["data"]["object"]
        heard[thing["id"]] = thing
        if thing["object"] == "invoice":
            heard[thing["parent"]["subscription_details"]["subscription"] + " invoice"] = thing
        return verify(payload=payload, signature=signature)

    patch.setattr(gateway, "verify_event", hear)
    return heard


def events_are_believed(patch: pytest.MonkeyPatch) -> None:
    heard, fetch = _heard(patch), gateway.fetch_subscription

    def believe(id: str) -> Any:
        return read_subscription(heard[id]) if id in heard else fetch(id)

    patch.setattr(
        subscriptions,
        "gateway",
        SimpleNamespace(fetch_subscription=believe, fetch_invoice=gateway.fetch_invoice),
    )


def the_period_is_taken_from_the_event(patch: pytest.MonkeyPatch) -> None:
    heard, fetch = _heard(patch), gateway.fetch_subscription

    def believe(id: str) -> Any:
        seen = fetch(id)
        if invoice := heard.get(f"{id} invoice"):
            end = max(line["period"]["end"] for line in invoice["lines"]["data"])
            return replace(seen, period_end=datetime.fromtimestamp(end, UTC))
        return seen

    patch.setattr(
        subscriptions,
        "gateway",
        SimpleNamespace(fetch_subscription=believe, fetch_invoice=gateway.fetch_invoice),
    )


def an_event_may_be_stored_twice(patch: pytest.MonkeyPatch) -> None:
    """The constraint is dropped in the test's database, and put back by `restore_events`."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE billing_stripeevent DROP CONSTRAINT {_unique_event_id()}")
    assert "ON CONFLICT (stripe_id) DO NOTHING" in inbox._STORE
    patch.setattr(inbox, "_STORE", inbox._STORE.replace("ON CONFLICT (stripe_id) DO NOTHING", ""))


def _unique_event_id() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'billing_stripeevent'::regclass AND contype = 'u'"
        )
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def restore_events() -> None:
    """Put the constraint back, where it was dropped."""
    if _unique_event_id():
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; DELETE FROM billing_stripeevent")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute(
            "ALTER TABLE billing_stripeevent ADD CONSTRAINT billing_stripeevent_stripe_id_key UNIQUE (stripe_id)"
        )


FAULTS: dict[str, Plant] = {
    "events are believed, in the order they come": events_are_believed,
    "the period is taken from the event": the_period_is_taken_from_the_event,
    "no row is locked": no_row_is_locked,
    "asked again, it is asked under a new key": rewritten(
        asking._step, ("question(attempt.idempotency_key)", 'question(f"{attempt.idempotency_key}-{at}")')
    ),
    "granted before it is paid": rewritten(
        looking._judge, ('if invoice.status == "paid":', 'if invoice.status in ("paid", "open"):')
    ),
    "a change that waits for the bank is taken for paid": together(
        rewritten(
            looking._judge,
            (
                'if invoice.payment_status == "requires_action":',
                'if invoice.payment_status == "requires_action":\n        return _paid(invoice)\n    if False:',
            ),
        ),
        rewritten(
            settling._apply,
            ("if order.is_pending and subscription.has_pending_update:", "if False:"),
            ("if conflict := _conflict(quote, licence, subscription):", 'if conflict := "":'),
        ),
    ),
    "an order is forgotten when no answer comes": rewritten(
        orders.pursue,
        (
            "        with suppress(StripeUnavailable):\n            ask(order, at=at)\n",
            "        try:\n            ask(order, at=at)\n        except StripeUnavailable:\n"
            "            raise NotAsked(Order.Failure.ABANDONED) from None\n",
        ),
    ),
    "an order is closed while Stripe is asked for it": rewritten(
        looking._nothing_found,
        (
            "return given_up if waited > KEYS_LAST + gateway.IN_THE_LIST_WITHIN else STILL_OPEN",
            "return given_up",
        ),
    ),
    "settled as often as somebody looks": together(
        rewritten(settling.settle, ("if order.state == Order.State.SETTLED:", "if False:")),
        rewritten(
            settling._apply,
            ("if order.state == Order.State.SETTLED or order.was_paid_twice:", "if order.was_paid_twice:"),
        ),
    ),
    "the version of the licence is ignored": rewritten(
        subscriptions.follow, ("if licence.version != ours.licence.version:", "if False:")
    ),
    "an old quote is accepted as it stands": together(
        rewritten(
            quotes.quote_fits,
            ("if (licence.pk, licence.version) == (quote.licence_id, quote.licence_version):", "if True:"),
        ),
        rewritten(orders._stop_if_changed, ("if fingerprint(seen) != quote.fingerprint:", "if False:")),
        rewritten(
            asking._attempt,
            (
                "if (licence.pk, licence.version) != (order.quote.licence_id, order.quote.licence_version):",
                "if False:",
            ),
        ),
    ),
    "what is given up stays open at Stripe": rewritten(
        looking._take_back, ('if invoice.status != "void":', "if False:")
    ),
    "who has paid up stays past due": rewritten(
        subscriptions._keep_up,
        ("owing = seen.status in OWING", 'owing = seen.status in OWING or licence.state == "past_due"'),
    ),
    "an event is done with though Stripe was silent": rewritten(
        inbox._handle,
        ("except StripeUnavailable:\n        raise\n", "except StripeUnavailable:\n        pass\n"),
    ),
    "a trial writes the licence": rewritten(
        trials.start_trial,
        (
            "        TrialMark.objects.bulk_create(",
            '        licence.tier_id = tier.id\n        licence.save(update_fields=["tier_id"])\n'
            "        TrialMark.objects.bulk_create(",
        ),
    ),
    "an event may be stored twice": an_event_may_be_stored_twice,
    "the sweep passes waiting orders by": rewritten(
        tasks.settle_left_behind,
        (
            "state = orders.pursue(order_id=order_id, at=at).state",
            "state = Order.objects.get(pk=order_id).state",
        ),
    ),
}
