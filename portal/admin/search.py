"""Finding a customer by whatever a support case names: a word of its name, an address, or an id at Stripe."""

from __future__ import annotations

import re

from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet

from billing.models import Invoice, Order, Payer, Subscription
from licensing.models import Customer, Invitation, Member

STRIPE_ID = re.compile(r"(cus|sub|in|cs)_\S+")


def customers_matching(term: str, *, among: QuerySet[Customer]) -> QuerySet[Customer]:
    """The customers that `term` means.

    An id of Stripe (customer, subscription, invoice, Checkout session) is looked up exactly; anything with an @ is
    part of a member's or an invited person's address; anything else is part of a name, a slug, an address or a whole
    invoice number.
    """
    term = term.strip()
    if not term:
        return among
    if STRIPE_ID.fullmatch(term):
        return among.filter(_by_stripe_id(term))
    found = _by_address(term)
    if "@" not in term:
        found |= Q(name__icontains=term) | Q(slug__icontains=term)
        found |= Q(pk__in=Invoice.objects.filter(number__iexact=term).values("customer_id"))
    return among.filter(found)


def _by_stripe_id(term: str) -> Q:
    return (
        Q(pk__in=Payer.objects.filter(stripe_id=term).values("customer_id"))
        | Q(pk__in=Subscription.objects.filter(stripe_id=term).values("licence__customer_id"))
        | Q(pk__in=Invoice.objects.filter(stripe_id=term).values("customer_id"))
        | Q(pk__in=Order.objects.filter(stripe_session_id=term).values("customer_id"))
        | Q(pk__in=Order.objects.filter(stripe_invoice_id=term).values("customer_id"))
    )


def _by_address(term: str) -> Q:
    others = EmailAddress.objects.filter(email__icontains=term).values("user_id")
    members = Member.objects.filter(Q(user__email__icontains=term) | Q(user_id__in=others))
    invited = Invitation.objects.filter(email__icontains=term, accepted_at=None, revoked_at=None)
    return Q(pk__in=members.values("customer_id")) | Q(pk__in=invited.values("customer_id"))
