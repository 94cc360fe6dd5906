"""Jobs, commands, staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from billing import gateway
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Invoice, StripePrice
from licensing.models import Price
from portal.demo.buying import catch_up
from tests.billing.conftest import Buyer
from tests.doors.people import browser_of, superuser
from tests.stripe_at_its_worst.scenes.reconciling import forget_all_but
from tests.stripe_at_its_worst.scenes.scene import Scene, Seen, delivered, ends_of_order, pressed, worked_off


def working_off_events(kind: str) -> Callable[[Buyer], Scene]:
    """Stripe tells of a renewal that happened; the event of one kind is worked off."""

    def scene(buyer: Buyer) -> Scene:
        buyer.with_card().buy("team")
        due = buyer.charged()[0]
        at = buyer.let_pass(days=32)
        event = [each for each in buyer.events() if each["type"] == kind][-1]

        def ends() -> str:
            assert buyer.licence.period_end > at, "the period moved"
            assert buyer.charged() == [due, due]
            return "renewed"

        return Scene(
            buyer,
            press=lambda: delivered(event, at=at),
            ends=ends,
            heal=lambda: worked_off(at=at + timedelta(minutes=3)),
            due=lambda: due,
            is_paid=True,
        )

    scene.__name__ = f"working_off_{kind}"
    return scene


def hearing_of_a_failed_renewal(buyer: Buyer) -> Scene:
    """Stripe tells of the subscription before it tells of its unpaid invoice."""
    buyer.with_card().buy("team")
    buyer.with_card("pm_card_chargeCustomerFail")
    at = buyer.let_pass(days=32)
    event = [each for each in buyer.events() if each["type"] == "customer.subscription.updated"][-1]

    def ends() -> str:
        assert len(buyer.charged()) == 1, "nothing more was charged"
        return str(buyer.licence.state)

    return Scene(
        buyer,
        press=lambda: delivered(event, at=at),
        ends=ends,
        heal=lambda: worked_off(at=at + timedelta(minutes=3)),
    )


def hearing_of_an_end_that_was_never_paid(buyer: Buyer) -> Scene:
    """The last try failed, and the subscription has ended with its invoice open."""
    buyer.with_card().buy("team")
    buyer.with_card("pm_card_chargeCustomerFail")
    buyer.receive(*buyer.events(), at=buyer.let_pass(days=32))
    owed = Invoice.objects.get(customer=buyer.customer, status="open")
    at = buyer.let_pass(days=40)
    event = [each for each in buyer.events() if each["type"] == "customer.subscription.deleted"][-1]

    def ends() -> str:
        assert len(buyer.charged()) == 1, "nothing more was charged"
        if not buyer.licence.is_free:
            return str(buyer.licence.state)
        return f"ended with its invoice {gateway.fetch_invoice(owed.stripe_id).status}"

    return Scene(
        buyer,
        press=lambda: delivered(event, at=at),
        ends=ends,
        heal=lambda: worked_off(at=at + timedelta(minutes=3)),
    )


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


def catching_up_in_the_demo(buyer: Buyer) -> Scene:
    buyer.with_card().buy("team")
    Invoice.objects.all().delete()
    forget_all_but(buyer)

    def press() -> Seen:
        try:
            catch_up(at=timezone.now())
        except (StripeUnavailable, StripeRefused) as error:
            return Seen("said", str(error))
        return Seen("done")

    return Scene(buyer, press, ends=lambda: f"{Invoice.objects.count()} invoices")
