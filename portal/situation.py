"""Gathers, at the door, the facts that rules look at."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import Q

from billing.models import Order
from licensing.eligibility import Situation
from licensing.models import Customer, Invitation, Member, Role
from licensing.standing import standing_of
from licensing.terms import EditionTerms
from licensing.trials import trials_used
from licensing.usage import usage_of


def verified_addresses(customer: Customer) -> list[str]:
    """The confirmed addresses of the customer's owners: who a trial counts for."""
    return list(
        EmailAddress.objects.filter(
            verified=True, user__memberships__customer=customer, user__memberships__role=Role.OWNER
        ).values_list("email", flat=True)
    )


def people_in(customer: Customer, *, at: datetime) -> int:
    """Members and open invitations: who needs a seat."""
    members = Member.objects.filter(customer=customer).count()
    open_invitations = Q(customer=customer, accepted_at=None, revoked_at=None, expires_at__gt=at)
    return members + Invitation.objects.filter(open_invitations).count()


def situation_of(
    customer: Customer, *, today: EditionTerms, at: datetime, addresses: list[str] | None = None
) -> Situation:
    """Everything that the rules of change and trial ask, for one customer at one moment."""
    if addresses is None:
        addresses = verified_addresses(customer)
    return Situation(
        standing=standing_of(customer, at=at),
        today=today,
        people=people_in(customer, at=at),
        usage=usage_of(customer, at=at),
        trials_used=trials_used(customer=customer, addresses=addresses, at=at),
        verified=bool(addresses),
        order_pending=Order.objects.filter(customer=customer, state=Order.State.PENDING).exists(),
    )
