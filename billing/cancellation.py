"""Cancelling at the end of what was paid for, and undoing it. Nothing is lost before the last paid day."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing import gateway
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Order, Subscription
from billing.subscriptions import StillMoving, follow
from licensing.history import Actor
from licensing.licences import change_licence, lock_live_licence
from licensing.models import Customer, Licence
from licensing.reasons import Reason


class UnableToCancel(Exception):
    """There is nothing to cancel, or to undo; `reasons` say why."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(" ".join(reason.text for reason in reasons))
        self.reasons = reasons


def cancel_at_period_end(*, customer: Customer, actor: Actor, at: datetime) -> Licence:
    """Let the licence end with its paid period. Raises UnableToCancel, StripeUnavailable."""
    return _set(customer=customer, cancels=True, actor=actor, at=at)


def undo_cancellation(*, customer: Customer, actor: Actor, at: datetime) -> Licence:
    """Let the licence renew again, as if it had never been cancelled. Raises UnableToCancel, StripeUnavailable."""
    return _set(customer=customer, cancels=False, actor=actor, at=at)


def _set(*, customer: Customer, cancels: bool, actor: Actor, at: datetime) -> Licence:
    subscription = Subscription.objects.filter(licence__customer=customer, licence__ended_at=None).first()
    if subscription is None:
        raise UnableToCancel([Reason("cancelling", _("Your plan is free: there is nothing to cancel."))])
    if Order.objects.filter(customer=customer, state=Order.State.PENDING).exists():
        raise UnableToCancel(
            [
                Reason(
                    "nothing-is-on-its-way",
                    _("An order is still on its way."),
                    _("Finish its payment or withdraw it first."),
                )
            ]
        )
    seen = gateway.set_cancels_at_period_end(subscription_id=subscription.stripe_id, cancels=cancels)
    with transaction.atomic():
        licence = lock_live_licence(customer.pk)
        # It may have ended since Stripe answered; then there is nothing left that could be cancelled.
        if Subscription.objects.filter(licence=licence, stripe_id=subscription.stripe_id).exists():
            change_licence(
                licence=licence,
                kind="licence_cancelled" if cancels else "licence_resumed",
                at=at,
                actor=actor,
                cancels_at_period_end=seen.cancels_at_period_end,
            )
    # Another tab may have asked for the opposite since Stripe answered: what Stripe shows now is what counts. It is
    # done all the same where that cannot be seen now; an event brings it later.
    with suppress(StripeUnavailable, StripeRefused, StillMoving):
        follow(subscription_id=subscription.stripe_id, at=at)
    return Licence.objects.get(pk=licence.pk)
