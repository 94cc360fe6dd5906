"""What happens at a site when all is well: how it is got to, the door that gets to it, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing import gateway, inbox
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import (
    Attempt,
    Invoice,
    Order,
    Payer,
    PayerAttempt,
    Quote,
    Reconciliation,
    StripePrice,
    Subscription,
)
from billing.settling import close_failed, settle
from billing.tasks import give_back_left_behind, settle_left_behind
from licensing.models import Price
from portal.demo.buying import catch_up
from tests.billing.conftest import Buyer, sign
from tests.doors.people import browser_of, superuser

CARD = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123", "name": "Ada", "saved": ""}
FAILS, ASKS = "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"


@dataclass(frozen=True)
class Seen:
    """`what` is the status of a press and, on a quote's page, its state; else what a job said. `text` is the page."""

    what: str
    text: str = ""


@dataclass
class Scene:
    """`press` gets to the site. `heal` is what happens next by itself or by the same button; `ends` how it must end.

    `between`: what happens just before a function of the gateway asks, as another person or Stripe itself would.
    """

    buyer: Buyer
    press: Callable[[], Seen]
    ends: Callable[[], str]
    heal: Callable[[], Any] | None = None
    between: dict[str, Callable[[], Any]] = field(default_factory=dict)
    # What its payment is, where it ends in one.
    due: Callable[[], int] = lambda: 0
    # Whether that was charged before the press: it only has to be seen.
    is_paid: bool = False

    def heals(self) -> None:
        (self.heal or self.press)()


def client_of(buyer: Buyer) -> Client:
    client = Client()
    client.force_login(buyer.user)
    return client


def pressed(client: Client, method: str, address: str, form: dict[str, Any] | None = None) -> Seen:
    """Press, and read the page that it leads to where that is one of ours."""
    answer = getattr(client, method)(address, form or {})
    what, page = str(answer.status_code), answer
    if answer.status_code == 302 and answer["Location"].startswith("/"):
        page = client.get(answer["Location"])
    text = page.content.decode() if page.status_code in (200, 409, 422, 503) else ""
    if 'data-state="' in text:
        what += " " + text.split('data-state="')[1].split('"')[0]
    elif answer.status_code == 302 and not text:
        what += " to Stripe"
    return Seen(what, text)


def sweep(later: timedelta = timedelta(minutes=1)) -> Seen:
    counts = settle_left_behind(at=timezone.now() + later)
    return Seen(", ".join(f"{name} {count}" for name, count in counts.items() if count))


def newest_quote(buyer: Buyer) -> Quote:
    return Quote.objects.filter(customer=buyer.customer).latest("quoted_at", "pk")


def ends_of_order(buyer: Buyer, quote: Quote) -> Callable[[], str]:
    """How the order of `quote` ended: "settled" only with licence, subscription and one charge to match."""

    def ends() -> str:
        order = Order.objects.filter(quote=quote).first()
        if order is None:
            return "no order"
        if order.state != Order.State.SETTLED:
            return f"{order.state} {order.failure}".strip()
        assert (buyer.licence.price_id, buyer.licence.seats) == (quote.price_id, quote.seats)
        assert order.charged == quote.due
        assert len(buyer.subscriptions()) == 1
        return order.state if not order.needs_staff else f"settled, but {order.needs_staff}"

    return ends


# Quotes


def first_quote(buyer: Buyer) -> Scene:
    return _quote(buyer, "team")


def first_quote_a_day_after_one_without_an_answer(buyer: Buyer) -> Scene:
    scene = _quote(buyer, "team")
    buyer.fault("close_connection", path="/v1/customers$", method="POST")
    scene.press()
    PayerAttempt.objects.update(first_asked_at=timezone.now() - timedelta(hours=21))
    return scene


def quote_of_a_price_unknown_here(buyer: Buyer) -> Scene:
    """Neither we nor Stripe know the price yet."""
    return _quote(buyer, "team")


def quote_of_a_change(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _quote(buyer, "business")


def _quote(buyer: Buyer, tier: str) -> Scene:
    client = client_of(buyer)
    before = Quote.objects.count()

    def press() -> Seen:
        return pressed(client, "post", reverse("upgrade"), {"tier": tier, "seats": "3", "interval": "month"})

    def ends() -> str:
        assert not Order.objects.filter(quote__customer=buyer.customer, quote__tier__key="business").exists()
        return f"{Quote.objects.count() - before} quoted"

    return Scene(buyer, press, ends)


# Accepting


def _accepting(buyer: Buyer, quote: Quote, heal: Callable[[], Any] = sweep, **more: Any) -> Scene:
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "post", reverse("quote_accept", args=[quote.pk])),
        ends=ends_of_order(buyer, quote),
        heal=heal,
        due=lambda: quote.due,
        **more,
    )


def accepting_with_a_card(buyer: Buyer) -> Scene:
    return _pressing_twice(buyer, buyer.with_card().quote("team"))


def accepting_a_change(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _pressing_twice(buyer, buyer.quote("business"))


def _pressing_twice(buyer: Buyer, quote: Quote) -> Scene:
    """Whoever got no answer presses again, and the sweep comes by."""
    client = client_of(buyer)

    def heal() -> None:
        pressed(client, "post", reverse("quote_accept", args=[quote.pk]))
        sweep()

    return _accepting(buyer, quote, heal)


def accepting_a_change_whose_answer_is_lost(buyer: Buyer) -> Scene:
    scene = accepting_a_change(buyer)
    buyer.fault("close_connection", path="/v1/subscriptions/.*", method="POST", after=1)
    return scene


def accepting_without_a_card(buyer: Buyer) -> Scene:
    quote = buyer.quote("team")

    def heal() -> None:
        sweep()
        order = Order.objects.get(quote=quote)
        if order.is_pending and order.pay_url:
            buyer.pay_at_checkout(order)
            sweep()

    return _accepting(buyer, quote, heal)


def accepting_what_is_closed_meanwhile(buyer: Buyer) -> Scene:
    """While Stripe opens its page, the order is closed in another tab: the page must be closed there too."""
    quote = buyer.quote("team")
    return _accepting(
        buyer,
        quote,
        between={
            "create_checkout": lambda: close_failed(
                order_id=Order.objects.get(quote=quote).pk, failure="withdrawn", words="", at=timezone.now()
            )
        },
    )


def accepting_with_a_card_that_fails(buyer: Buyer) -> Scene:
    return _accepting(buyer, buyer.with_card(FAILS).quote("team"))


def accepting_a_change_with_a_card_that_fails(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _accepting(buyer, buyer.with_card(FAILS).quote("business"))


def paid_on_the_invoices_page_meanwhile(buyer: Buyer) -> Scene:
    """The card fails; before we take the invoice back, the customer pays it on Stripe's page."""
    quote = buyer.with_card(FAILS).quote("team")

    def pays() -> None:
        with_url = [each["hosted_invoice_url"] for each in _invoices(buyer) if each["status"] == "open"]
        buyer.fill_in(with_url[0], **CARD)

    return _accepting(buyer, quote, between={"void_invoice": pays})


def _invoices(buyer: Buyer) -> list[dict[str, Any]]:
    with gateway.client.asking() as v1:
        return [each.to_dict() for each in v1.invoices.list({"customer": buyer.payer.stripe_id}).data]


def accepting_with_a_card_whose_bank_asks(buyer: Buyer) -> Scene:
    quote = buyer.with_card(ASKS).quote("team")

    def heal() -> None:
        sweep()
        order = Order.objects.get(quote=quote)
        if order.is_pending and order.pay_url:
            if "/invoice" in order.pay_url:
                buyer.fill_in(order.pay_url, **CARD)
            else:
                buyer.fill_in(order.pay_url, decision="approve")
            sweep()

    return _accepting(buyer, quote, heal)


# Giving back what was paid a second time


def paid_twice(buyer: Buyer) -> Scene:
    """Two pages were open, and both are paid. Whoever comes back from the second gets its payment back."""
    return _paid_twice(buyer)


def given_back_by_hand_meanwhile(buyer: Buyer) -> Scene:
    def by_hand() -> None:
        charge = max(buyer.sandbox.charges(), key=lambda each: each["amount"])
        with gateway.client.asking() as v1:
            v1.refunds.create({"charge": charge["id"]})

    scene = _paid_twice(buyer)
    scene.between["refund_payment"] = by_hand
    return scene


def paid_twice_with_credit(buyer: Buyer) -> Scene:
    return _paid_twice(buyer, credit=5000)


def still_to_be_given_back_a_day_later(buyer: Buyer) -> Scene:
    """It was asked for, nobody answered, and its key is too old by now."""
    return _given_back_late(buyer, "/v1/refunds", "refund")


def credit_still_to_be_given_back_a_day_later(buyer: Buyer) -> Scene:
    return _given_back_late(buyer, "/balance_transactions", "credit", credit=5000)


def _paid_twice(buyer: Buyer, credit: int = 0) -> Scene:
    first = buyer.buy("team")
    close_failed(order_id=first.pk, failure="abandoned", words="", at=timezone.now())
    second = buyer.buy("business")
    buyer.pay_at_checkout(first)
    if credit:
        buyer.credited(credit)
    buyer.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    scene = _returning(buyer, second)

    def ends() -> str:
        order = Order.objects.get(pk=second.pk)
        if order.refunded is None or len(buyer.subscriptions()) != 1:
            return f"waits: {order.needs_staff}"
        if order.refunded != order.charged:
            return f"for staff: {order.needs_staff}"
        with gateway.client.asking() as v1:
            back = [each.amount for each in v1.refunds.list({"limit": 100}).auto_paging_iter()]
        assert back == [order.charged], "once, and whole"
        assert gateway.fetch_payer(buyer.payer.stripe_id).credit == credit
        return "given back"

    scene.ends, scene.heal = ends, _give_back_left_behind
    return scene


def _give_back_left_behind() -> Seen:
    counts = give_back_left_behind(at=timezone.now() + timedelta(minutes=2))
    return Seen(", ".join(f"{name} {count}" for name, count in counts.items() if count))


def _given_back_late(buyer: Buyer, path: str, step: str, credit: int = 0) -> Scene:
    scene = _paid_twice(buyer, credit)
    buyer.fault("500_before", path=path, method="POST")
    scene.press()
    Attempt.objects.filter(step=step).update(first_asked_at=timezone.now() - timedelta(hours=21))
    scene.press = _give_back_left_behind
    return scene


def hearing_of_a_failed_refund(buyer: Buyer) -> Scene:
    """What was given back comes back from the bank, and Stripe tells of it."""
    scene = _paid_twice(buyer)
    scene.press()
    attempt = Attempt.objects.get(order__customer=buyer.customer, step="refund")
    buyer.sandbox.control("refunds/fail", refund=attempt.answer["refund"])
    (event,) = [each for each in buyer.events() if each["type"] == "refund.failed"]

    def work_off(at: datetime) -> Seen:
        counts = inbox.drain(at=at)
        return Seen(", ".join(f"{name} {count}" for name, count in counts.items() if count))

    def press() -> Seen:
        payload = json.dumps(event, default=str).encode()
        inbox.receive(payload=payload, signature=sign(payload, at=timezone.now()), at=timezone.now())
        return work_off(timezone.now())

    def ends() -> str:
        order = Order.objects.get(pk=attempt.order_id)
        assert order.refunded in (0, order.charged)
        return "owed again" if order.refunded == 0 else "not heard yet"

    scene.press, scene.ends = press, ends
    scene.heal = lambda: work_off(timezone.now() + timedelta(minutes=3))
    return scene


# Coming back, withdrawing


def coming_back_from_checkout(buyer: Buyer) -> Scene:
    order = buyer.buy("team")
    buyer.pay_at_checkout(order)
    return _returning(buyer, order)


def _returning(buyer: Buyer, order: Order) -> Scene:
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "get", reverse("quote_return", args=[order.quote_id])),
        ends=ends_of_order(buyer, order.quote),
        heal=sweep,
        due=lambda: order.quote.due,
        is_paid=True,
    )


def withdrawing(buyer: Buyer) -> Scene:
    order = buyer.buy("team")
    return _withdrawing(buyer, order)


def withdrawing_what_is_paid_meanwhile(buyer: Buyer) -> Scene:
    order = buyer.buy("team")
    scene = _withdrawing(buyer, order)
    scene.between["expire_checkout"] = lambda: buyer.pay_at_checkout(order)
    scene.due = lambda: order.quote.due
    return scene


def _withdrawing(buyer: Buyer, order: Order) -> Scene:
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "post", reverse("quote_withdraw", args=[order.quote_id])),
        ends=ends_of_order(buyer, order.quote),
    )


# Money pages


def cancelling(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _renewal_button(buyer, "billing_cancel")


def undoing_a_cancellation(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    client_of(buyer).post(reverse("billing_cancel"))
    return _renewal_button(buyer, "billing_undo_cancel")


def _renewal_button(buyer: Buyer, door: str) -> Scene:
    client = client_of(buyer)

    def ends() -> str:
        (there,) = buyer.subscriptions()
        if there.cancels_at_period_end != buyer.licence.cancels_at_period_end:
            return "differs from Stripe"
        return "ends with its period" if there.cancels_at_period_end else "renews"

    return Scene(buyer, press=lambda: pressed(client, "post", reverse(door)), ends=ends)


def opening_the_billing_portal(buyer: Buyer) -> Scene:
    buyer.with_card()
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "post", reverse("billing_portal")),
        ends=lambda: "opened",
    )


def coming_back_from_the_billing_portal(buyer: Buyer) -> Scene:
    buyer.with_card()
    client = client_of(buyer)
    return Scene(
        buyer,
        press=lambda: pressed(client, "get", f"{reverse('billing')}?back="),
        ends=lambda: buyer.payer.card_last4,
    )


# Jobs, commands, staff


def working_off_events(kind: str) -> Callable[[Buyer], Scene]:
    """Stripe tells of a renewal that happened; the event of one kind is worked off."""

    def scene(buyer: Buyer) -> Scene:
        buyer.with_card().buy("team")
        due = buyer.charged()[0]
        at = buyer.let_pass(days=32)
        event = [each for each in buyer.events() if each["type"] == kind][-1]

        def work_off(at: datetime) -> Seen:
            counts = inbox.drain(at=at)
            return Seen(", ".join(f"{name} {count}" for name, count in counts.items() if count))

        def press() -> Seen:
            payload = json.dumps(event, default=str).encode()
            inbox.receive(payload=payload, signature=sign(payload, at=at), at=at)
            return work_off(at)

        def ends() -> str:
            assert buyer.licence.period_end > at, "the period moved"
            assert buyer.charged() == [due, due]
            return "renewed"

        return Scene(
            buyer,
            press,
            ends,
            heal=lambda: work_off(at + timedelta(minutes=3)),
            due=lambda: due,
            is_paid=True,
        )

    scene.__name__ = f"working_off_{kind}"
    return scene


def settling_by_hand(buyer: Buyer) -> Scene:
    order = buyer.buy("team")
    buyer.pay_at_checkout(order)
    staff = browser_of(superuser())
    door = reverse("admin:billing_order_settle", args=[order.pk])
    return Scene(
        buyer,
        press=lambda: pressed(staff, "post", door, {"reason": "Ada called."}),
        ends=ends_of_order(buyer, order.quote),
        due=lambda: order.quote.due,
        is_paid=True,
    )


def synchronising_prices(buyer: Buyer) -> Scene:
    def press() -> Seen:
        try:
            call_command("catalogue", "sync", stdout=StringIO())
        except CommandError as error:
            return Seen("said", str(error))
        return Seen("done")

    def ends() -> str:
        published = Price.objects.filter(tier__edition__published_at__isnull=False)
        known = StripePrice.objects.values("lookup_key")
        return f"{published.exclude(lookup_key__in=known).count()} unknown"

    return Scene(buyer, press, ends)


def _forget_all_but(buyer: Buyer) -> None:
    """What earlier scenes made is gone at Stripe, and must not be looked for."""
    Subscription.objects.exclude(licence__customer=buyer.customer).delete()
    Payer.objects.exclude(customer=buyer.customer).delete()


def reconciling(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    return _reconciling(buyer)


def reconciling_what_has_ended(buyer: Buyer) -> Scene:
    """Its subscription was ended at Stripe by hand, and no event came."""
    buyer.with_card().buy("team")
    with gateway.client.asking() as v1:
        v1.subscriptions.cancel(buyer.subscriptions()[0].stripe_id)
    return _reconciling(buyer)


def reconciling_what_differs(buyer: Buyer) -> Scene:
    """It was cancelled at Stripe by hand, and no event came."""
    buyer.with_card().buy("team")
    gateway.set_cancels_at_period_end(subscription_id=buyer.subscriptions()[0].stripe_id, cancels=True)
    return _reconciling(buyer)


def _reconciling(buyer: Buyer) -> Scene:
    _forget_all_but(buyer)

    def press() -> Seen:
        try:
            call_command("reconcile", stdout=StringIO())
        except CommandError as error:
            return Seen("said", str(error))
        except SystemExit:
            return Seen("open")
        return Seen("done")

    def ends() -> str:
        there, licence = buyer.subscriptions(), buyer.licence
        ended = not there and licence.is_free
        same = there and there[0].cancels_at_period_end == licence.cancels_at_period_end
        newest = Reconciliation.objects.latest("pk")
        return "reconciled" if newest.finished_at and (ended or same) else "differs"

    return Scene(buyer, press, ends)


def catching_up_in_the_demo(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    Invoice.objects.all().delete()
    _forget_all_but(buyer)

    def press() -> Seen:
        try:
            catch_up(at=timezone.now())
        except (StripeUnavailable, StripeRefused) as error:
            return Seen("said", str(error))
        return Seen("done")

    return Scene(buyer, press, ends=lambda: f"{Invoice.objects.count()} invoices")
