"""What is sent to the webhooks' door by others than Stripe, and by Stripe for others than us: refused, and not kept."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from billing import gateway, handlers, inbox
from billing.answers import EventSeen, StripeForged
from billing.models import StripeEvent
from billing.reading import read_event
from tests.hostile.digest import changed, digest
from tests.infra.environment import WEBHOOK_SECRET
from tests.infra.proof import size
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


@pytest.mark.parametrize(
    "payload",
    [b"null", b"[]", b"{}", b'"evt_1"', b'{"object": "event"}', b'{"id": 1, "data": []}'],
)
def test_even_signed_nonsense_is_refused(payload: bytes) -> None:
    at = stamp()
    assert deliver(payload, _signed(payload, at)) == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 7},
        {"id": None},
        {"id": "evt_\x00"},
        {"id": "evt_" + "x" * 300},
        {"id": ""},
        {"type": ["invoice.paid"]},
        {"type": "x" * 81},
        {"created": "now"},
        {"created": -1},
        {"created": 10**30},
        {"created": 1e300},
        {"data": {"object": "in_1"}},
        {"data": {"object": {"id": {"a": 1}, "object": "invoice"}}},
        {"data": {"object": {"id": "in_1", "object": "invoice", "customer": 5}}},
        {"data": {"object": {"id": "in_1", "object": "invoice", "customer": {"name": "no id"}}}},
        {"account": {"id": "acct_1"}},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_signed_and_still_no_event_that_could_be_kept(wrong: dict[str, Any]) -> None:
    at, payload = stamp(), event(**wrong)
    assert deliver(payload, _signed(payload, at)) == 400
    assert not StripeEvent.objects.exists()


def test_signed_and_nested_beyond_reading() -> None:
    at, payload = stamp(), b'{"data": ' + b"[" * 100_000
    assert deliver(payload, _signed(payload, at)) == 400


# Forged in every other way: each changes what Stripe would have sent, and none is kept. ways → (body, header, more)

Sent = tuple[bytes, str, dict[str, str]]


def _another_secret(payload: bytes, at: int) -> Sent:
    return payload, f"t={at},v1={signature(payload, at=at, secret='whsec_of_another_endpoint')}", {}


def _two_signatures_of_others(payload: bytes, at: int) -> Sent:
    ours = [signature(payload, at=at, secret=f"whsec_{number}") for number in range(2)]
    return payload, f"t={at},v1={ours[0]},v1={ours[1]}", {}


def _two_times(payload: bytes, at: int) -> Sent:
    """The first time counts, and it is not the signed one."""
    return payload, f"t={at + 1},t={at},v1={signature(payload, at=at)}", {}


def _old_scheme_only(payload: bytes, at: int) -> Sent:
    return payload, f"t={at},v0={signature(payload, at=at)}", {}


def _unknown_scheme(payload: bytes, at: int) -> Sent:
    return payload, f"t={at},v2={signature(payload, at=at)},v11={signature(payload, at=at)}", {}


def _capital_letters(payload: bytes, at: int) -> Sent:
    return payload, f"T={at},V1={signature(payload, at=at)}", {}


def _signed_without_its_time(payload: bytes, at: int) -> Sent:
    digest = hmac.new(WEBHOOK_SECRET.encode(), payload, hashlib.sha256).hexdigest()
    return payload, f"t={at},v1={digest}", {}


def _by_another_hash(payload: bytes, at: int) -> Sent:
    digest = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.".encode() + payload, hashlib.sha512).hexdigest()
    return payload, f"t={at},v1={digest}", {}


def _unicode(payload: bytes, at: int) -> Sent:
    return payload, f"t={at},v1=é{signature(payload, at=at)}", {}


def _digits_of_another_script(payload: bytes, at: int) -> Sent:
    return payload, f"t={at + 1},v1=" + signature(payload, at=at).replace("1", "１"), {}


def _a_byte_order_mark(payload: bytes, at: int) -> Sent:
    return b"\xef\xbb\xbf" + payload, _signed(payload, at), {}


def _written_anew(payload: bytes, at: int) -> Sent:
    return json.dumps(json.loads(payload), sort_keys=True).encode(), _signed(payload, at), {}


def _with_a_line_more(payload: bytes, at: int) -> Sent:
    return payload + b"\n", _signed(payload, at), {}


def _compressed(payload: bytes, at: int) -> Sent:
    return gzip.compress(payload), _signed(payload, at), {"content-encoding": "gzip"}


def _in_chunks(payload: bytes, at: int) -> Sent:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(payload), payload)
    return chunks, _signed(payload, at), {"transfer-encoding": "chunked"}


def _utf_16(payload: bytes, at: int) -> Sent:
    written = payload.decode().encode("utf-16")
    return written, _signed(written, at), {}


def _five_megabytes(payload: bytes, at: int) -> Sent:
    """Signed by Stripe it would be; but no event is so long."""
    long = event(padding="x" * 5_000_000)
    return long, _signed(long, at), {}


def _of_live_mode(payload: bytes, at: int) -> Sent:
    live = event(livemode=True)
    return live, _signed(live, at), {}


def _past(payload: bytes, at: int) -> Sent:
    return payload, _signed(payload, at - 301), {}


def _future(payload: bytes, at: int) -> Sent:
    return payload, _signed(payload, at + 310), {}


def _far_future(payload: bytes, at: int) -> Sent:
    return payload, _signed(payload, 10**15), {}


def _negative_time(payload: bytes, at: int) -> Sent:
    return payload, _signed(payload, -at), {}


FORGERIES = [
    _another_secret, _two_signatures_of_others, _two_times, _old_scheme_only, _unknown_scheme, _capital_letters,
    _signed_without_its_time, _by_another_hash, _unicode, _digits_of_another_script, _a_byte_order_mark,
    _written_anew, _with_a_line_more, _compressed, _in_chunks, _utf_16,
    _five_megabytes, _of_live_mode, _past, _future, _far_future, _negative_time,
]  # fmt: skip


def knock(forge: Callable[[bytes, int], Sent]) -> int:
    body, header, more = forge(event(), stamp())
    headers = {"Stripe-Signature": header, **more}
    return (
        Client()
        .post(reverse("stripe_webhook"), body, content_type="application/json", headers=headers)
        .status_code
    )


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.strip("_"))
def test_forged_it_is_refused_and_nothing_changes(forge: Callable[[bytes, int], Sent]) -> None:
    before = digest()
    assert knock(forge) == 400
    assert not changed(before)


def test_one_good_signature_among_others_is_enough_while_a_secret_is_changed() -> None:
    at, payload = stamp(), event()
    both = f"t={at},v1={signature(payload, at=at, secret='whsec_new')},v1={signature(payload, at=at)}"
    assert deliver(payload, both) == 200


@pytest.mark.proof
def test_thousands_of_forged_events_are_refused(figure: Callable[[str], None]) -> None:
    tries = size(short=300, long=4000)
    before = digest()
    forge_at_random(tries)
    assert not changed(before)
    figure(f"{tries} webhooks forged at random, {len(FORGERIES)} forged on purpose: none kept, no fault")


def forge_at_random(tries: int) -> None:
    """What Stripe might have sent, with body, header, time or secret turned. Each is refused."""
    good = event()

    @settings(
        max_examples=tries,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        place=st.integers(0, len(good) - 1),
        put=st.binary(max_size=4),
        drop=st.integers(0, 4),
        shift=st.sampled_from([0, 0, 1, -1, -301, 10**6, -(10**9)]),
        secret=st.one_of(st.just(WEBHOOK_SECRET), st.text(max_size=20)),
        scheme=st.sampled_from(["v1", "v1", "v1", "v0", "v1 ", "", "v1="]),
        garnish=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    )
    def forged(place: int, put: bytes, drop: int, shift: int, secret: str, scheme: str, garnish: str) -> None:
        body, at = good[:place] + put + good[place + drop :], stamp()
        assume(body != good or shift or secret != WEBHOOK_SECRET or scheme != "v1")
        header = f"t={at + shift},{scheme}={signature(good, at=at, secret=secret)},{garnish}"
        assert deliver(body, header) == 400

    forged()


def test_control_a_door_that_trusts_everything_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def trusts(*, payload: bytes, signature: str) -> EventSeen:
        try:
            return read_event(json.loads(payload))
        except (ValueError, KeyError, TypeError) as error:
            raise StripeForged from error

    monkeypatch.setattr(gateway, "verify_event", trusts)
    monkeypatch.setattr(inbox, "_signed_at", lambda _: datetime.now(UTC))
    before = digest()
    found = {forge.__name__ for forge in FORGERIES if knock(forge) == 200}
    assert {"_another_secret", "_old_scheme_only", "_written_anew", "_past", "_far_future"} <= found
    assert changed(before) == {"billing_stripeevent"}
    with pytest.raises(AssertionError):
        forge_at_random(300)


# Real events that are not for us, or not new


def test_another_accounts_event_is_kept_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any) -> None:
        raise AssertionError("it was acted on")

    monkeypatch.setitem(handlers.HANDLERS, "invoice.paid", (nobody, "object_id"))
    at, payload = stamp(), event(account="acct_of_another")
    assert deliver(payload, _signed(payload, at)) == 200
    assert inbox.drain(at=datetime.now(UTC)) == {"handled": 0, "put_off": 0}
    assert StripeEvent.objects.get().handled_at is not None


def test_another_content_under_a_known_id_is_not_taken_in() -> None:
    at, first = stamp(), event()
    other = event(
        type="customer.subscription.deleted", data={"object": {"id": "sub_1", "object": "subscription"}}
    )
    assert [deliver(each, _signed(each, at)) for each in (first, other)] == [200, 200]
    assert StripeEvent.objects.get().type == "invoice.paid"


def test_a_replay_of_what_is_done_does_nothing_again() -> None:
    at, payload = stamp(), event()
    assert deliver(payload, _signed(payload, at)) == 200
    StripeEvent.objects.update(handled_at=datetime.now(UTC))
    before = digest()
    assert deliver(payload, _signed(payload, at)) == 200
    assert not changed(before)
    assert inbox.drain(at=datetime.now(UTC)) == {"handled": 0, "put_off": 0}


def _signed(payload: bytes, at: int) -> str:
    return f"t={at},v1={signature(payload, at=at)}"
