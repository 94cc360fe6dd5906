"""Brakes: one switch stops all charging, and a customer asked to pay unusually often is parked.

While a brake holds, Stripe is not asked to move money, and what waits unpaid is closed there. Looking goes on: what was
paid is settled, webhooks are stored and worked off. A person lets a brake go, and says why. Renewals are Stripe's own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from billing.models import Attempt, Brake
from licensing import restores
from licensing.history import CLOCK, Actor, entry, record
from licensing.licences import lock_customer
from licensing.models import Customer, Restore
from licensing.rows import ask

A_DAY = timedelta(days=1)


class UnableToBrake(ValueError):
    """It is pulled already, or was let go already; nothing has changed."""


def stop_charging(*, actor: Actor, reason: str, at: datetime) -> Brake:
    """Ask Stripe for no more money, of anybody, until it is let go. Raises UnableToBrake where that is so already."""
    return _pull(customer=None, actor=actor, reason=reason, at=at)


def park(*, customer: Customer, actor: Actor, reason: str, at: datetime) -> Brake:
    """Ask Stripe for no more money of one customer. Raises UnableToBrake where they are parked already."""
    return _pull(customer=customer, actor=actor, reason=reason, at=at)


def let_go(*, brake: Brake, actor: Actor, reason: str, at: datetime) -> Brake:
    """Let charging go on; a parked customer's day counts anew. Raises UnableToBrake where it goes on already."""
    with transaction.atomic():
        if brake.customer_id:
            lock_customer(brake.customer_id)
        brake = Brake.objects.select_for_update().get(pk=brake.pk)
        if brake.released_at:
            raise UnableToBrake("It was let go already.")
        brake.released_at, brake.released_by_id = at, actor.user_id
        brake.released_by_words, brake.release_reason = actor.words[:160], reason[:400]
        brake.save()
        _record(brake, kind="customer_released", actor=actor, reason=reason, at=at)
    return brake


def is_pulled(customer_id: int) -> bool:
    """Whether all charging is stopped, or this customer is parked."""
    return brakes_of(customer_id).exists()


# As part of a query: why `customer` cannot pay now, a word of `Situation.stopped`; empty where they can.
STOP_OF = f"""
CASE WHEN EXISTS (SELECT FROM {Restore._meta.db_table} restored WHERE restored.reconciled_at IS NULL) THEN 'books'
     WHEN EXISTS (SELECT FROM {Brake._meta.db_table} brake
                  WHERE brake.released_at IS NULL AND brake.customer_id IS NULL) THEN 'everybody'
     WHEN EXISTS (SELECT FROM {Brake._meta.db_table} brake
                  WHERE brake.released_at IS NULL AND brake.customer_id = {{customer}}) THEN 'customer'
     ELSE '' END
"""


def stop_for(customer_id: int) -> str:
    """The same for one customer, now."""
    return str(ask(f"SELECT {STOP_OF.format(customer='%(customer)s')}", {"customer": customer_id})[0][0])


def may_move_money(customer_id: int, *, at: datetime) -> bool:
    """Whether Stripe may be asked to move this customer's money at all, to us or back."""
    return not is_pulled(customer_id) and not restores.is_held(at=at)


def may_charge(customer_id: int, *, anew: bool, at: datetime) -> bool:
    """Whether Stripe may be asked for this customer's money. Called under the customer's lock, before each asking.

    `anew` is an asking that was not made before. Whoever was asked settings.CHARGES_A_DAY times within a day is parked
    instead of being asked once more.
    """
    if not may_move_money(customer_id, at=at):
        return False
    if not anew or _asked_since(customer_id, at - A_DAY) < settings.CHARGES_A_DAY:
        return True
    park(
        customer=Customer.objects.get(pk=customer_id),
        actor=CLOCK,
        reason=f"Asked to pay {settings.CHARGES_A_DAY} times within a day, and once more.",
        at=at,
    )
    return False


def _pull(*, customer: Customer | None, actor: Actor, reason: str, at: datetime) -> Brake:
    try:
        with transaction.atomic():
            brake = Brake.objects.create(
                customer=customer,
                pulled_at=at,
                pulled_by_id=actor.user_id,
                pulled_by_words=actor.words[:160],
                reason=reason[:400],
            )
            _record(brake, kind="customer_parked", actor=actor, reason=reason, at=at)
    except IntegrityError as error:
        raise UnableToBrake("It is stopped already.") from error
    return brake


def _record(brake: Brake, *, kind: str, actor: Actor, reason: str, at: datetime) -> None:
    if brake.customer_id:
        record(entry(customer=brake.customer_id, kind=kind, subject=brake, at=at, actor=actor, reason=reason))


def brakes_of(customer_id: int) -> QuerySet[Brake]:
    """The brakes that hold this customer's charging back: their own, and the one for everybody."""
    return Brake.objects.filter(Q(customer=None) | Q(customer=customer_id), released_at=None)


def _asked_since(customer_id: int, since: datetime) -> int:
    """How often Stripe was asked for the customer's money, not counting what was before they were last let go."""
    released = Brake.objects.filter(customer=customer_id).exclude(released_at=None)
    last = released.order_by("-released_at").values_list("released_at", flat=True).first()
    return Attempt.objects.filter(
        order__customer=customer_id,
        step__in=Attempt.CHARGING,
        first_asked_at__gt=max(since, last or since),
    ).count()
