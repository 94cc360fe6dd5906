"""Gathers, at the door, all that the rules and the pages about one customer look at: three queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress

from billing.brakes import STOP_OF
from billing.given_credits import GIVEN_CREDITS, GivenCredit, read_given
from billing.looking import over_at
from billing.models import Invoice, Order, Payer
from licensing.counting import usage_now
from licensing.models import Customer, Licence, Role
from licensing.rows import ask, columns, instance, width
from licensing.rules.situation import Situation
from licensing.standing import CHOSEN, SELECTED, SOURCE, WIDTH, Standing, read_standing
from licensing.terms import EditionTerms
from licensing.trials import trials_used
from licensing.usage import usage_of


@dataclass(frozen=True)
class Facts:
    """`order` is the one whose payment is on its way, `unpaid` the invoice that a past due licence waits for, where we
    have seen it.

    `questions` counts the members' questions for an upgrade that wait for an answer; `given` are credits that were made
    for them.
    """

    situation: Situation
    members: int
    invited: int
    payer: Payer | None
    order: Order | None
    unpaid: Invoice | None
    questions: int
    given: tuple[GivenCredit, ...]

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


_AROUND = f"""
SELECT {SELECTED}, {columns(Payer, of="payer")}, {columns(Order, of="placed")}, {columns(Invoice, of="unpaid")},
    (SELECT count(*) FROM licensing_member member WHERE member.customer_id = licence.customer_id),
    (SELECT count(*) FROM licensing_invitation invitation
     WHERE invitation.customer_id = licence.customer_id AND accepted_at IS NULL AND revoked_at IS NULL
         AND expires_at > %(at)s),
    (SELECT count(*) FROM licensing_upgraderequest request
     WHERE request.customer_id = licence.customer_id AND answered_at IS NULL),
    ARRAY(SELECT address.email FROM account_emailaddress address
        JOIN licensing_member owner ON owner.user_id = address.user_id
        WHERE owner.customer_id = licence.customer_id AND owner.role = %(owner)s AND address.verified
        ORDER BY address.id),
    {STOP_OF.format(customer="licence.customer_id")},
    {GIVEN_CREDITS}
FROM {SOURCE}
LEFT JOIN billing_payer payer ON payer.customer_id = licence.customer_id
LEFT JOIN billing_order placed ON placed.customer_id = licence.customer_id AND placed.state = %(pending)s
LEFT JOIN LATERAL (
    SELECT * FROM billing_invoice invoice
    WHERE licence.state = %(past_due)s AND invoice.customer_id = licence.customer_id
        AND invoice.status = ANY(%(unpaid)s) AND invoice.amount_due > invoice.amount_paid
    ORDER BY invoice.issued_at DESC, invoice.id DESC LIMIT 1
) unpaid ON true
WHERE {CHOSEN}
"""


def facts_of(customer: Customer, *, today: EditionTerms, at: datetime) -> Facts:
    """One customer at one moment, with today's terms beside. Raises Licence.DoesNotExist where none is live."""
    words = {
        "pending": Order.State.PENDING.value,
        "owner": Role.OWNER.value,
        "past_due": Licence.State.PAST_DUE.value,
        "unpaid": list(Invoice.UNPAID),
    }
    rows = ask(_AROUND, {"customer": customer.pk, "at": at, **words})
    standing, rest = read_standing(rows, customer=customer, at=at), rows[0][WIDTH:]
    payer, rest = instance(Payer, rest[: width(Payer)]), rest[width(Payer) :]
    order, rest = instance(Order, rest[: width(Order)]), rest[width(Order) :]
    unpaid, rest = instance(Invoice, rest[: width(Invoice)]), rest[width(Invoice) :]
    members, invited, questions, addresses, stopped, given = rest
    return Facts(
        situation=Situation(
            standing=standing,
            today=today,
            people=members + invited,
            usage=usage_now(usage_of(customer, at=at), standing=standing),
            trials_used=trials_used(customer=customer, addresses=addresses, at=at),
            addresses=tuple(addresses),
            order_pending=order is not None,
            order_over_at=over_at(order, at=at) if order else None,
            stopped=stopped,
        ),
        members=members,
        invited=invited,
        payer=payer,
        order=order,
        unpaid=unpaid,
        questions=questions,
        given=read_given(given),
    )


def owner_addresses(customer: Customer) -> list[str]:
    """The confirmed addresses of the customer's owners: who a trial counts for."""
    owners = {"user__memberships__customer": customer, "user__memberships__role": Role.OWNER}
    return list(EmailAddress.objects.filter(verified=True, **owners).values_list("email", flat=True))
