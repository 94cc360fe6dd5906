"""Gathers, at the door, all that the rules and the pages about one customer look at: four queries."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from billing.brakes import stop_of
from billing.models import Order, Payer
from licensing.eligibility import Situation
from licensing.models import Customer, Invitation, Member, Role, UpgradeRequest
from licensing.standing import Standing, standing_of
from licensing.terms import EditionTerms
from licensing.trials import trials_used
from licensing.usage import usage_of


@dataclass(frozen=True)
class Facts:
    """`pending_quote` is the quote whose payment is on its way.

    `questions` counts the members' questions for an upgrade that wait for an answer.
    """

    situation: Situation
    members: int
    invited: int
    payer: Payer | None
    pending_quote: uuid.UUID | None
    questions: int

    @property
    def standing(self) -> Standing:
        return self.situation.standing

    @property
    def tax_percent(self) -> str:
        return self.payer.tax_percent if self.payer else ""

    @property
    def credit(self) -> int:
        """What we owe the customer, in minor units; below zero, what the customer owes."""
        return self.payer.credit if self.payer else 0


def facts_of(customer: Customer, *, today: EditionTerms, at: datetime) -> Facts:
    """One customer at one moment, with today's terms beside. Raises Licence.DoesNotExist where none is live."""
    around = (
        Customer.objects.filter(pk=customer.pk)
        .select_related("payer")
        .annotate(
            member_count=_how_many(Member.objects.filter(customer=OuterRef("pk"))),
            invited_count=_how_many(
                Invitation.objects.filter(
                    customer=OuterRef("pk"), accepted_at=None, revoked_at=None, expires_at__gt=at
                )
            ),
            question_count=_how_many(
                UpgradeRequest.objects.filter(customer=OuterRef("pk"), answered_at=None)
            ),
            owner_addresses=ArraySubquery(_of_owners(OuterRef("pk")).values("email")),
            pending=Subquery(
                Order.objects.filter(customer=OuterRef("pk"), state=Order.State.PENDING).values("quote_id")[
                    :1
                ]
            ),
            stopped=stop_of(OuterRef("pk")),
        )
        .get()
    )
    return Facts(
        situation=Situation(
            standing=standing_of(customer, at=at),
            today=today,
            people=around.member_count + around.invited_count,
            usage=usage_of(customer, at=at),
            trials_used=trials_used(customer=customer, addresses=around.owner_addresses, at=at),
            addresses=tuple(around.owner_addresses),
            order_pending=around.pending is not None,
            stopped=around.stopped,
        ),
        members=around.member_count,
        invited=around.invited_count,
        payer=getattr(around, "payer", None),
        pending_quote=around.pending,
        questions=around.question_count,
    )


def owner_addresses(customer: Customer) -> list[str]:
    """The confirmed addresses of the customer's owners: who a trial counts for."""
    return list(_of_owners(customer.pk).values_list("email", flat=True))


def _of_owners(customer_id: Any) -> QuerySet[Any]:
    owners = {"user__memberships__customer": customer_id, "user__memberships__role": Role.OWNER}
    return EmailAddress.objects.filter(verified=True, **owners)


def _how_many(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("customer").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
