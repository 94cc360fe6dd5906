"""Cancelling at the end of what was paid for, and undoing it. Nothing is lost before the last paid day."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from billing import gateway
from billing.answers import StripeRefused, StripeUnavailable
from billing.looking import over_at
from billing.models import Order, Subscription
from billing.subscriptions import StillMoving, follow
from licensing.giving_up import ask_whether_agreed, given_up, keys_of
from licensing.grandfathering import Difference
from licensing.history import Actor
from licensing.licences import change_licence, lock_live_licence
from licensing.models import Customer, Licence
from licensing.reasons import Example, Reason, Rule
from licensing.rules.changing import order_on_its_way
from licensing.standing import standing_of
from licensing.terms import edition_terms


class UnableToCancel(Exception):
    """There is nothing to cancel, or to undo; `reasons` say why."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(" ".join(reason.text for reason in reasons))
        self.reasons = reasons


def cancel_at_period_end(
    *, customer: Customer, actor: Actor, at: datetime, gives_up: bool = False
) -> Licence:
    """Let the licence end with its paid period.

    `gives_up`: the customer has agreed to give up what is better in the terms they hold. Raises NotAgreed where that is
    needed and missing, UnableToCancel, StripeUnavailable.
    """
    return _set(customer=customer, cancels=True, actor=actor, at=at, gives_up=gives_up)


def undo_cancellation(*, customer: Customer, actor: Actor, at: datetime) -> Licence:
    """Let the licence renew again, as if it had never been cancelled. Raises UnableToCancel, StripeUnavailable."""
    return _set(customer=customer, cancels=False, actor=actor, at=at)


def _set(*, customer: Customer, cancels: bool, actor: Actor, at: datetime, gives_up: bool = False) -> Licence:
    subscription = Subscription.objects.filter(licence__customer=customer, licence__ended_at=None).first()
    if reason := there_is_something_to_cancel(subscription):
        raise UnableToCancel([reason])
    assert subscription is not None, "the rule asks for it"
    if order := Order.objects.filter(customer=customer, state=Order.State.PENDING).first():
        raise UnableToCancel([order_on_its_way(over_at=over_at(order, at=at))])
    lost = _given_up(customer, at=at) if cancels else ()
    ask_whether_agreed(lost, agreed=gives_up)
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
                reason=f"Agreed to give up: {', '.join(keys_of(lost))}." if lost else "",
                cancels_at_period_end=seen.cancels_at_period_end,
            )
    # Another tab may have asked for the opposite since Stripe answered: what Stripe shows now is what counts. It is
    # done all the same where that cannot be seen now; an event brings it later.
    with suppress(StripeUnavailable, StripeRefused, StillMoving):
        follow(subscription_id=subscription.stripe_id, at=at)
    return Licence.objects.get(pk=licence.pk)


def _given_up(customer: Customer, *, at: datetime) -> tuple[Difference, ...]:
    """What would not come back; nothing more where it is cancelled already."""
    standing = standing_of(customer, at=at)
    if standing.licence.cancels_at_period_end:
        return ()
    return given_up(standing, today=edition_terms(standing.newest_id))


def there_is_something_to_cancel(subscription: Subscription | None) -> Reason | None:
    if subscription is not None:
        return None
    return Reason(
        "cancelling",
        _("Your plan is free: there is nothing to cancel."),
        _("There is nothing to do: nothing will be charged."),
    )


CANCELLING = Rule(
    "cancelling",
    words(
        "You cancel on the billing page, at any time, for the end of what is paid. Until then you can undo it. "
        "An invoice that is open stays open: its card is tried as before, and nothing is charged beyond it. "
        "A free plan has nothing to cancel."
    ),
    check=there_is_something_to_cancel,
    examples=(
        Example(
            words("You have Free, and press “Cancel” on a page left open since you paid"),
            lambda: (None,),
            "Your plan is free: there is nothing to cancel.",
        ),
        Example(words("You pay for Team"), lambda: (Subscription(),)),
    ),
)
