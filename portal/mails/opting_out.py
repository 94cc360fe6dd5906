"""Asking to hear no more of one kind of notice, and taking that back. The link in the mail is the proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db import models
from django.utils.translation import gettext_lazy as words

from licensing.models import Customer, OptOut
from licensing.reasons import Clause
from portal.mails.kind import Kind
from portal.mails.kinds import KINDS

SALT = "portal.opt_out"


NOTICES = Clause(
    "notices",
    words(
        "We write before a trial ends and when it has, before a renewal and when it is paid, after a purchase, when a "
        "payment fails and when a plan ends. Reminders and receipts of monthly renewals can be switched off in each "
        "mail; what you must know cannot."
    ),
)


@dataclass(frozen=True)
class Door:
    """What an opt-out link opens: one address, one customer, one kind."""

    customer: Customer
    address: str
    kind: Kind[object]

    @property
    def is_out(self) -> bool:
        """Whether this address hears no more of it."""
        return self._rows().exists()

    def opt_out(self, *, at: datetime) -> None:
        """Hear no more of it. The second time changes nothing."""
        OptOut.objects.bulk_create(
            [OptOut(customer=self.customer, address=self.address, kind=self.kind.key, at=at)],
            ignore_conflicts=True,
        )

    def opt_in(self) -> None:
        """Hear of it again."""
        self._rows().delete()

    def _rows(self) -> models.QuerySet[OptOut]:
        return OptOut.objects.filter(customer=self.customer, address=self.address, kind=self.kind.key)


def opt_out_token(*, customer_id: int, address: str, kind: str) -> str:
    """The token of an opt-out link. It never runs out: a mail may be read years later."""
    return signing.Signer(salt=SALT).sign_object([customer_id, address.lower(), kind])


def door_for(token: str) -> Door | None:
    """What a link's token opens; None for a token that we never made, or a kind without an opt-out."""
    try:
        customer_id, address, key = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    kind = KINDS.get(key)
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None or kind is None or not kind.opt_out_words:
        return None
    return Door(customer, address, kind)
