"""The inbox of webhooks: only Stripe's own, each stored once, and none that holds up the others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from billing import inbox
from billing.answers import StripeForged, StripeUnavailable
from billing.handlers import HANDLERS
from billing.models import StripeEvent
from licensing.models import Event
from tests.billing.conftest import Buyer, Died, sign

EVENT = {
    "id": "evt_1",
    "object": "event",
    "api_version": "2026-08-26.dahlia",
    "type": "invoice.paid",
    "created": 1780000000,
    "livemode": False,
    "data": {"object": {"id": "in_unknown", "object": "invoice", "customer": "cus_unknown"}},
}


def payload(**changes: object) -> bytes:
    return json.dumps(EVENT | changes).encode()


def receive(body: bytes, signature: str | None = None) -> None:
    at = timezone.now()
    inbox.receive(payload=body, signature=signature or sign(body, at=at), at=at)


@pytest.mark.django_db
def test_an_event_is_stored_once_however_often_it_comes() -> None:
    for _ in range(3):
        receive(payload())
    assert StripeEvent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "signature",
    ["t=,v1=", "t=1,v1=abc", "nonsense", sign(payload(), at=timezone.now(), secret="whsec_other")],
    ids=["empty", "old and wrong", "nonsense", "of another secret"],
)
def test_a_forged_event_changes_nothing(signature: str) -> None:
    with pytest.raises(StripeForged):
        receive(payload(), signature)
    assert not StripeEvent.objects.exists()


@pytest.mark.django_db
def test_an_old_signature_is_refused() -> None:
    body = payload()
    with pytest.raises(StripeForged):
        receive(body, sign(body, at=timezone.now() - timedelta(minutes=6)))


@pytest.mark.django_db
def test_a_changed_body_is_refused() -> None:
    with pytest.raises(StripeForged):
        receive(payload(id="evt_2"), sign(payload(), at=timezone.now()))


@pytest.mark.django_db
def test_an_event_of_live_mode_is_not_for_a_test_key() -> None:
    with pytest.raises(StripeForged):
        receive(payload(livemode=True))


def test_the_docs_list_every_kind_that_we_act_on() -> None:
    page = (Path(__file__).parents[2] / "docs" / "07-paying.md").read_text()
    listed = {line.strip() for line in page.splitlines() if re.fullmatch(r"    [a-z_]+(\.[a-z_]+)+", line)}
    assert listed == set(HANDLERS)


@pytest.mark.django_db
def test_kinds_we_do_not_act_on_are_stored_as_done() -> None:
    receive(payload(type="charge.updated"))
    assert StripeEvent.objects.get().handled_at is not None


def test_one_that_cannot_be_handled_is_put_off_and_the_others_are_not(ada: Buyer) -> None:
    receive(payload())
    ada.with_card().buy("team")
    ada.receive(*ada.events())
    poison = StripeEvent.objects.get(stripe_id="evt_1")
    assert (poison.handled_at, poison.tries) == (None, 1)
    assert "No such invoice" in poison.error
    assert not StripeEvent.objects.exclude(pk=poison.pk).filter(handled_at=None).exists()
    inbox.drain(at=timezone.now() + timedelta(minutes=1))
    poison.refresh_from_db()
    assert poison.tries == 2


def test_while_stripe_is_silent_the_rest_waits_and_is_handled_afterwards(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        receive(payload(id=f"evt_{number}", data={"object": {"id": f"in_{number}", "object": "invoice"}}))
    looked = []

    def silent(invoice_id: str) -> None:
        looked.append(invoice_id)
        raise StripeUnavailable("no answer")

    monkeypatch.setattr("billing.gateway.fetch_invoice", silent)
    inbox.drain(at=timezone.now())
    assert len(looked) == inbox.SILENT_AFTER
    inbox.drain(at=timezone.now() + timedelta(minutes=3))
    assert len(looked) == 2 * inbox.SILENT_AFTER
    assert StripeEvent.objects.filter(handled_at=None).count() == 8


def test_what_was_bought_is_not_taken_for_a_renewal_when_its_webhook_comes_first(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.with_card().buy("team")
    quote = ada.quote("team", interval="year")

    def dies(**_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("billing.orders.settle", dies)
        with pytest.raises(Died):
            ada.accept(quote)
    ada.receive(*ada.events())
    assert ada.licence.price.interval == "year"
    assert not Event.objects.filter(kind="licence_renewed").exists()


def _invoices_wait(count: int) -> None:
    for number in range(count):
        receive(payload(id=f"evt_{number}", data={"object": {"id": f"in_{number}", "object": "invoice"}}))


def test_a_batch_about_nobody_here_is_four_statements(
    db: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    """Claim, learn whom it concerns, mark as done, find that no more waits."""
    for number in range(40):
        session = {"id": f"cs_{number}", "object": "checkout.session"}
        receive(payload(id=f"evt_{number}", type="checkout.session.expired", data={"object": session}))
    with django_assert_num_queries(4):
        assert inbox.drain(at=timezone.now()) == {"handled": 40, "put_off": 0}
    assert not StripeEvent.objects.filter(handled_at=None).exists()


@pytest.mark.django_db
def test_in_a_batch_only_the_one_that_failed_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(invoice_id: str, at: datetime) -> None:
        if invoice_id == "in_7":
            raise ValueError("no such thing")

    monkeypatch.setitem(HANDLERS, "invoice.paid", (look, "object_id"))
    _invoices_wait(12)
    assert inbox.drain(at=timezone.now()) == {"handled": 11, "put_off": 1}
    left = StripeEvent.objects.get(handled_at=None)
    assert (left.stripe_id, left.error) == ("evt_7", "ValueError: no such thing")


@pytest.mark.django_db
def test_what_was_handled_before_stripe_fell_silent_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look(invoice_id: str, at: datetime) -> None:
        looked.append(invoice_id)
        if len(looked) > 7:
            raise StripeUnavailable("no answer")

    monkeypatch.setitem(HANDLERS, "invoice.paid", (look, "object_id"))
    _invoices_wait(20)
    assert inbox.drain(at=timezone.now()) == {"handled": 7, "put_off": 3}
    done = StripeEvent.objects.exclude(handled_at=None).values_list("object_id", flat=True)
    assert set(done) == set(looked[:7])


@pytest.mark.django_db
def test_a_worker_that_dies_in_mid_batch_leaves_the_rest_to_their_lease(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it handled and had not yet marked is handled once more: handlers are safe to run twice."""
    looked: list[str] = []

    def look(invoice_id: str, at: datetime) -> None:
        if len(looked) == 8:
            raise Died
        looked.append(invoice_id)

    monkeypatch.setitem(HANDLERS, "invoice.paid", (look, "object_id"))
    _invoices_wait(12)
    at = timezone.now()
    with pytest.raises(Died):
        inbox.drain(at=at)
    done = StripeEvent.objects.exclude(handled_at=None).values_list("object_id", flat=True)
    assert set(done) == set(looked[: inbox.MARKED_TOGETHER])
    assert inbox.drain(at=at + timedelta(seconds=90)) == {"handled": 0, "put_off": 0}
    looked.extend(["one more", "so that it lives"])
    assert inbox.drain(at=at + inbox.LEASE) == {"handled": 7, "put_off": 0}
    assert {f"in_{number}" for number in range(12)} <= set(looked)
