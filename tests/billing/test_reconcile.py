"""Our books held against Stripe's: each difference is found, mended where that is safe, and else listed for staff."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from billing import gateway, reconcile
from billing.admin.queues import DIFFERENCE_QUEUES
from billing.answers import StripeUnavailable
from billing.models import Difference, Order, Payer, Reconciliation, StripeEvent, StripePrice, Subscription
from billing.prices import stripe_price_id
from billing.settling import close_failed
from billing.tasks import reconcile_books
from licensing import restores
from licensing.history import COMMAND
from licensing.models import Licence, Price
from tests.billing.conftest import Buyer, newcomer
from tests.billing.test_paid_twice import both_paid

Kinds = dict[str, bool]
SOON = timedelta(hours=1)


def compare(*, at: datetime | None = None, mend: bool = True) -> Kinds:
    """Kind of each difference → whether it was mended. An hour from now: what Stripe told is on its way no more."""
    done = reconcile.reconcile(actor=COMMAND, at=at or timezone.now() + SOON, mend=mend)
    assert done is not None
    assert done.finished_at is not None
    return {each.kind: each.mended for each in done.differences.all()}


def open_for_staff() -> int:
    return DIFFERENCE_QUEUES[0].rows(at=timezone.now() + timedelta(days=60)).count()


@pytest.fixture
def buyer(ada: Buyer) -> Buyer:
    """Ada with Team, and every word of Stripe received."""
    ada.with_card().buy("team")
    ada.receive(*ada.events())
    return ada


def by_hand(buyer: Buyer, **change: Any) -> None:
    """Somebody changes Ada's subscription in Stripe's dashboard."""
    row = Subscription.objects.get(licence=buyer.licence)
    if change.keys() & {"price", "quantity"}:
        change = {"items": [{"id": row.stripe_item_id, **change}], "proration_behavior": "none"}
    with gateway.client.asking() as v1:
        v1.subscriptions.update(row.stripe_id, change)


def test_where_nothing_differs_nothing_is_listed_and_four_requests_are_enough(buyer: Buyer) -> None:
    for _ in range(2):
        newcomer(buyer.sandbox).with_card().buy("team")
    buyer.receive(*buyer.events())
    before = len(buyer.sandbox.requests())
    assert compare() == {}
    asked = [request["path"] for request in buyer.sandbox.requests()[before:]]
    assert asked == ["/v1/subscriptions", "/v1/events", "/v1/events", "/v1/invoices"]
    done = Reconciliation.objects.get()
    assert (done.subscriptions, done.invoices) == (3, 3)
    assert done.events > 10


def test_everything_is_compared_however_many_pages_it_comes_in(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        newcomer(buyer.sandbox).with_card().buy("team")
    buyer.receive(*buyer.events())
    hundred_after = gateway.client.hundred_after
    monkeypatch.setattr(gateway.client, "hundred_after", lambda after: {**hundred_after(after), "limit": 2})
    by_hand(buyer, quantity=7)
    assert compare() == {"seats": False, "event": True}
    assert Reconciliation.objects.get().subscriptions == 3


# What is safe is mended


def renewed(buyer: Buyer) -> datetime:
    return buyer.let_pass(days=32)


def fell_behind(buyer: Buyer) -> datetime:
    buyer.with_card("pm_card_chargeCustomerFail")
    return buyer.let_pass(days=32)


def cancelled(buyer: Buyer) -> datetime:
    by_hand(buyer, cancel_at_period_end=True)
    return timezone.now() + SOON


def ended(buyer: Buyer) -> datetime:
    gateway.cancel_subscription(Subscription.objects.get().stripe_id)
    return timezone.now() + SOON


@pytest.mark.parametrize(
    ("happens", "kinds", "holds"),
    [
        (renewed, {"period"}, lambda licence, at: licence.period_end > at),
        (fell_behind, {"period", "status"}, lambda licence, at: licence.state == Licence.State.PAST_DUE),
        (cancelled, {"cancels"}, lambda licence, at: licence.cancels_at_period_end),
        (ended, {"ended"}, lambda licence, at: licence.is_free),
    ],
    ids=["renewed", "fell behind", "cancelled", "ended"],
)
def test_what_happened_at_stripe_unheard_is_mended_and_without_the_mending_stays_listed(
    buyer: Buyer,
    happens: Callable[[Buyer], datetime],
    kinds: set[str],
    holds: Callable[[Licence, datetime], bool],
) -> None:
    at = happens(buyer) + SOON
    for minute in range(2):
        assert compare(at=at - timedelta(minutes=5 - minute), mend=False) == dict.fromkeys(
            {*kinds, "event"}, False
        )
        assert not holds(buyer.licence, at)
        assert open_for_staff() >= 2
    assert compare(at=at) == dict.fromkeys({*kinds, "event"}, True)
    assert holds(buyer.licence, at)
    assert compare(at=at + SOON) == {}
    assert open_for_staff() == 0


def test_an_event_that_never_came_is_stored_and_worked_off(buyer: Buyer) -> None:
    buyer.with_card("pm_card_mastercard")
    missing = len(buyer.events()) - StripeEvent.objects.count()
    assert missing > 0
    assert compare(at=timezone.now()) == {}, "it may still be on its way"
    assert compare(mend=False) == {"event": False}
    assert compare() == {"event": True}
    assert not StripeEvent.objects.filter(handled_at=None).exists()
    assert compare() == {}


def test_a_payment_whose_answer_was_lost_is_applied_and_charged_once(buyer: Buyer) -> None:
    quote = buyer.quote("business")
    buyer.fault("close_connection", path="/v1/subscriptions/", method="POST", after=1)
    buyer.fault("500_before", path="/v1/invoices", method="GET")
    order = buyer.accept(quote)
    assert order.is_pending
    found = compare(mend=False)
    assert {"price", "invoice"} <= found.keys()
    assert not any(found.values())
    assert compare()["price"] is True
    order.refresh_from_db()
    assert order.state == Order.State.SETTLED
    assert buyer.charged()[-1] == quote.due
    assert len(buyer.charged()) == 2


def test_a_page_paid_for_an_order_that_had_failed_is_applied(ada: Buyer) -> None:
    order = ada.buy("team")
    close_failed(order_id=order.pk, failure="abandoned", words="", at=timezone.now())
    ada.pay_at_checkout(order)
    assert compare(mend=False)["unknown"] is False
    assert compare()["unknown"] is True
    order.refresh_from_db()
    assert order.state == Order.State.SETTLED


# What is not safe is listed


def test_a_price_changed_by_hand_is_listed_and_not_mended(buyer: Buyer) -> None:
    before = buyer.licence.version
    price = Price.objects.get(lookup_key="business-2026-01-month-usd")
    by_hand(buyer, price=stripe_price_id(price, at=timezone.now()))
    buyer.receive(*buyer.events())
    for _ in range(2):
        assert compare() == {"price": False}
    assert buyer.licence.version == before
    assert open_for_staff() == 1
    listed = Difference.objects.latest("pk")
    assert listed.customer == buyer.customer
    by_hand(buyer, price=StripePrice.objects.get(lookup_key=buyer.licence.price.lookup_key).stripe_id)
    buyer.receive(*buyer.events())
    assert compare() == {}
    assert open_for_staff() == 0


def test_seats_changed_by_hand_are_listed_with_both_sides(buyer: Buyer) -> None:
    by_hand(buyer, quantity=9)
    buyer.receive(*buyer.events())
    assert compare() == {"seats": False}
    assert Difference.objects.get().what == "Here 3, at Stripe 9."


def test_a_subscription_of_another_payer_is_listed(buyer: Buyer) -> None:
    Payer.objects.update(stripe_id="cus_another")
    assert compare() == {"payer": False}


def test_what_stripe_does_not_know_and_what_we_do_not_know_is_listed(buyer: Buyer) -> None:
    Subscription.objects.update(stripe_id="sub_gone")
    assert compare() == {"missing": False, "unknown": False}


def test_what_was_paid_for_an_order_that_our_books_lost_is_listed(ada: Buyer) -> None:
    ada.with_card()
    gateway.create_subscription(
        customer_id=ada.payer.stripe_id,
        price_id=stripe_price_id(Price.objects.get(lookup_key="team-2026-01-month-usd"), at=timezone.now()),
        quantity=3,
        order_id=str(uuid4()),
        idempotency_key="lost",
    )
    ada.receive(*ada.events())
    assert compare() == {"unknown": False, "invoice": False}
    assert ada.licence.is_free


def test_a_subscription_that_is_none_of_ours_is_none_of_our_business(buyer: Buyer) -> None:
    with gateway.client.asking() as v1:
        row = Subscription.objects.get()
        price = gateway.fetch_subscription(row.stripe_id).price_id
        v1.subscriptions.create({"customer": buyer.payer.stripe_id, "items": [{"price": price}]})
    buyer.receive(*buyer.events())
    assert compare() == {}


def test_a_second_payment_that_goes_back_is_no_difference(ada: Buyer) -> None:
    both_paid(ada)
    ada.receive(*ada.events())
    ada.receive(*ada.events())
    assert compare() == {}


# When it runs


def test_it_is_due_once_a_night_and_again_where_stripe_was_silent(buyer: Buyer) -> None:
    night = datetime.combine(timezone.now().date(), reconcile.NIGHTLY_AT)
    assert reconcile.is_due(at=night)
    buyer.fault("500_before", path="/v1/events", method="GET")
    with pytest.raises(StripeUnavailable):
        reconcile.reconcile(actor=COMMAND, at=night)
    assert reconcile.is_due(at=night)
    reconcile.reconcile(actor=COMMAND, at=night)
    assert not reconcile.is_due(at=night + timedelta(hours=23, minutes=59))
    assert reconcile.is_due(at=night + timedelta(days=1))
    assert reconcile.is_due(at=night + timedelta(days=1, hours=9))


def test_two_do_not_run_at_once(buyer: Buyer) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [reconcile.LOCK])
            held.set()
            done.wait(30)
            # Closing only gives the connection back to its pool, and a lock of the session with it.
            cursor.execute("SELECT pg_advisory_unlock(%s)", [reconcile.LOCK])
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(30)
    try:
        assert reconcile.reconcile(actor=COMMAND, at=timezone.now()) is None
        with pytest.raises(CommandError, match="Another one is running"):
            call_command("reconcile")
    finally:
        done.set()
        other.join()


def test_after_a_restore_it_runs_at_once_and_lets_go_what_was_held(buyer: Buyer) -> None:
    assert "compared" in reconcile_books.run()
    restores.hold(actor=COMMAND, why="A disk was put back.", at=timezone.now())
    buyer.fault("500_before", path="/v1/subscriptions", method="GET")
    assert reconcile_books.run() == {"stripe_is_silent": True}
    assert restores.is_held(at=timezone.now())
    assert "compared" in reconcile_books.run()
    assert not restores.is_held(at=timezone.now())
    assert reconcile_books.run() == {}


def test_only_looking_does_not_end_the_hold(buyer: Buyer) -> None:
    restores.hold(actor=COMMAND, why="A disk was put back.", at=timezone.now())
    compare(mend=False)
    assert restores.is_held(at=timezone.now())


def test_the_command_lists_what_differs_and_fails_where_a_person_must_look(buyer: Buyer) -> None:
    said = StringIO()
    call_command("reconcile", stdout=said)
    assert "Compared 1 subscriptions" in said.getvalue()
    by_hand(buyer, quantity=9)
    with pytest.raises(SystemExit) as ended_with:
        call_command("reconcile", stdout=said)
    assert ended_with.value.code == 1
    assert "OPEN    other seats, sub_" in said.getvalue()
    assert "Okafor Bakeries: Here 3, at Stripe 9." in said.getvalue()
