"""The inbox of webhooks: only Stripe's own, each stored once, and none that holds up the others."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

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
