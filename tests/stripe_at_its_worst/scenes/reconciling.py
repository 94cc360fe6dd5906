"""Holding the books against Stripe's."""

from __future__ import annotations

from io import StringIO

from django.core.management import CommandError, call_command

from billing import gateway
from billing.models import Payer, Reconciliation, Subscription
from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes.scene import Scene, Seen


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
    forget_all_but(buyer)

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


def forget_all_but(buyer: Buyer) -> None:
    """What earlier scenes made is gone at Stripe, and must not be looked for."""
    Subscription.objects.exclude(licence__customer=buyer.customer).delete()
    Payer.objects.exclude(customer=buyer.customer).delete()
