"""Races for money: one order, one charge, one subscription, one Stripe customer, one word about it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from threading import Barrier
from typing import Any
from unittest import mock
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from billing import gateway
from billing.models import Order, PayerAttempt
from billing.settling import close_failed
from billing.tasks import give_back_left_behind, settle_left_behind
from licensing.models import Event, Notice, Role
from tests.billing.conftest import Buyer, Died, newcomer
from tests.cast import joins, person
from tests.infra.sandbox import Sandbox
from tests.races.at_stripe import charges, deliver, events_of, rows
from tests.races.browser import Browser
from tests.races.racing import Race, Round, no_guard, no_row_locks, without

Counts = dict[str, tuple[int, int]]


def accept(browser: Browser, quote: Any) -> None:
    browser.post(reverse("quote_accept", args=[quote.pk]))


def come_back(browser: Browser, quote: Any) -> None:
    browser.get(reverse("quote_return", args=[quote.pk]))


def swept() -> None:
    """The sweeps, a minute later."""
    later = timezone.now() + timedelta(minutes=1)
    settle_left_behind(at=later)
    give_back_left_behind(at=later)


def bought_once(buyer: Buyer, url: str) -> Counts:
    """After all the webhooks and the sweeps came too."""
    deliver(url, events_of(buyer))
    swept()
    orders = Order.objects.filter(customer=buyer.customer)
    events = Event.objects.filter(customer=buyer.customer)
    return {
        "orders": (orders.count(), 1),
        "settled": (orders.filter(state=Order.State.SETTLED).count(), 1),
        "charges": (len(charges(buyer)), 1),
        "subscriptions": (len(buyer.subscriptions()), 1),
        "settlings": (events.filter(kind="order_settled").count(), 1),
        "moves": (events.filter(kind="licence_moved").count(), 1),
        "receipts": (Notice.objects.filter(customer=buyer.customer, kind="receipt").count(), 1),
    }


def click_click(sandbox: Sandbox, url: str) -> Round:
    """Two tabs, two sessions, one quote."""
    buyer = newcomer(sandbox).with_card()
    quote = buyer.quote("team")
    tabs = [Browser(url, buyer.user) for _ in range(2)]
    return Round(
        [buyer.customer.pk],
        [lambda tab=tab: accept(tab, quote) for tab in tabs],
        lambda: bought_once(buyer, url),
    )


def click_webhook(sandbox: Sandbox, url: str) -> Round:
    """Paid, and then the worker died: the customer clicks again while Stripe's webhooks come in."""
    buyer = newcomer(sandbox).with_card()
    quote = buyer.quote("team")
    with mock.patch("billing.orders.settle", side_effect=Died), suppress(Died):
        buyer.accept(quote)
    tab, events = Browser(url, buyer.user), events_of(buyer, "invoice.paid")
    return Round(
        [buyer.customer.pk],
        [lambda: accept(tab, quote), lambda: deliver(url, events)],
        lambda: bought_once(buyer, url),
    )


def webhook_return(sandbox: Sandbox, url: str) -> Round:
    """Paid on Stripe's page: the browser comes back while Stripe's webhooks come in."""
    buyer = newcomer(sandbox)
    order = buyer.buy("team")
    buyer.pay_at_checkout(order)
    tab, events = Browser(url, buyer.user), events_of(buyer, "invoice.paid")
    return Round(
        [buyer.customer.pk],
        [lambda: come_back(tab, order.quote), lambda: deliver(url, events)],
        lambda: bought_once(buyer, url),
    )


def two_owners(sandbox: Sandbox, url: str) -> Round:
    """Two owners of an organisation that never bought ask for a quote, and accept it, at once."""
    buyer = newcomer(sandbox)
    other = person(f"Second{buyer.user.pk}")
    joins(other, buyer.customer, role=Role.OWNER, at=timezone.now())
    people = [buyer.user, other]

    def buys(browser: Browser) -> None:
        answer = browser.post(reverse("upgrade"), tier="team", seats=3, interval="month")
        assert answer.status == 302, answer.body[:2000]
        browser.post(f"{answer.leads_to}accept/")

    def counts() -> Counts:
        known = [each for user in people for each in rows("customers", email=user.email)]
        pages = [
            page
            for each in known
            for page in rows("checkout.sessions", customer=each["id"])
            if page["status"] == "open"
        ]
        return {
            "Stripe customers": (len(known), 1),
            "payment pages": (len(pages), 1),
            "orders": (Order.objects.filter(customer=buyer.customer).count(), 1),
        }

    browsers = [Browser(url, user) for user in people]
    return Round([buyer.customer.pk], [lambda browser=browser: buys(browser) for browser in browsers], counts)


def two_pages(sandbox: Sandbox, url: str) -> Round:
    """A page that was taken for lost here, and the one that took its place, are both paid."""
    buyer = newcomer(sandbox)
    lost = buyer.buy("team")
    close_failed(order_id=lost.pk, failure="abandoned", words="", at=timezone.now())
    known = buyer.buy("business")
    tab = Browser(url, buyer.user)

    paid = Barrier(2)

    def pays_the_lost_one() -> None:
        buyer.pay_at_checkout(lost)
        told = [event for event in events_of(buyer, "invoice.paid") if str(lost.pk) in str(event)]
        paid.wait(timeout=60)
        deliver(url, told)

    def pays_the_known_one() -> None:
        buyer.pay_at_checkout(known)
        paid.wait(timeout=60)
        come_back(tab, known.quote)

    def counts() -> Counts:
        deliver(url, events_of(buyer))
        swept()
        orders = {order.pk: order for order in Order.objects.filter(customer=buyer.customer)}
        settled = [order for order in orders.values() if order.state == Order.State.SETTLED]
        back = [order for order in orders.values() if order.refunded and "given back" in order.needs_staff]
        charged = charges(buyer)
        refunds = [each for charge in charged for each in rows("refunds", charge=charge["id"])]
        living = {each.order_id for each in buyer.subscriptions()}
        events = Event.objects.filter(customer=buyer.customer)
        return {
            "charges": (len(charged), 2),
            "living subscriptions": (len(living), 1),
            "settled orders": (len(settled), 1),
            "orders given back and flagged": (len(back), 1),
            "refunds": (len(refunds), 1),
            "money kept": (
                sum(each["amount"] for each in charged) - sum(each["amount"] for each in refunds),
                sum(order.charged or 0 for order in settled),
            ),
            "subscription of the settled order": (len(living & {str(each.pk) for each in settled}), 1),
            "words to the customer": (
                Notice.objects.filter(customer=buyer.customer, kind="payment_given_back").count(),
                1,
            ),
            "moves": (events.filter(kind="licence_moved").count(), 1),
        }

    return Round([buyer.customer.pk], [pays_the_lost_one, pays_the_known_one], counts)


def new_keys() -> Any:
    """Each request carries an idempotency key of its own."""
    return mock.patch.object(gateway.client, "key", side_effect=lambda _: {"idempotency_key": str(uuid4())})


def askings_of_their_own() -> Any:
    """Whoever buys first asks Stripe in their own words, under a key of their own."""

    def own(customer: Any, *, email: str, at: Any) -> PayerAttempt:
        said = {
            "name": customer.name,
            "email": email,
            "country": customer.country,
            "reference": customer.slug,
        }
        return PayerAttempt(customer=customer, said=said, first_asked_at=at)

    return mock.patch("billing.payers._attempt", own)


def no_locks_no_guard() -> Any:
    """Without the locks alone the second settling is refused by the guard: a settled order stays as it is."""
    return without(no_row_locks(), no_guard("billing_order"))


LOCKS_AND_GUARD = "row locks and the database’s guard"
APPLYING = ("billing.settling.change_licence",)
RACES = (
    Race(
        "click/click",
        click_click,
        "the idempotency key",
        new_keys,
        meet=("billing.gateway.create_subscription",),
    ),
    Race("click/webhook", click_webhook, LOCKS_AND_GUARD, no_locks_no_guard, meet=APPLYING),
    Race("webhook/return page", webhook_return, LOCKS_AND_GUARD, no_locks_no_guard, meet=APPLYING),
    Race(
        "two owners buying first",
        two_owners,
        "the committed asking",
        askings_of_their_own,
        meet=("billing.gateway.create_customer",),
    ),
    Race("two pages both paid", two_pages, LOCKS_AND_GUARD, no_locks_no_guard, meet=APPLYING),
)
