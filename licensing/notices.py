"""The outbox: what we owe somebody to say, written in the same transaction as its cause.

A notice is owed at most once: (customer, kind, subject, period) is unique, so writing it again does nothing. Whether it
is still true is asked at sending; sending is the portal's part.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction

from licensing.history import Actor, entry, record, subject_of
from licensing.licences import lock_customer
from licensing.models import Customer, Delivery, Notice


class UnableToResend(ValueError):
    """The notice has nothing that could go out again."""


def owe(
    *,
    customer: Customer | int,
    kind: str,
    subject: models.Model,
    at: datetime,
    period: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Owe `customer` one notice of `kind` about `subject`; `period` tells its turns apart (7d:2026-12-14)."""
    owe_all([notice(customer=customer, kind=kind, subject=subject, at=at, period=period, facts=facts)])


def notice(
    *,
    customer: Customer | int,
    kind: str,
    subject: models.Model,
    at: datetime,
    period: str = "",
    facts: dict[str, Any] | None = None,
) -> Notice:
    """A notice, not yet written; `owe_all` writes it."""
    return Notice(
        customer_id=customer if isinstance(customer, int) else customer.pk,
        kind=kind,
        subject=subject_of(subject),
        period=period,
        facts=facts or {},
        owed_at=at,
    )


def owe_all(notices: Iterable[Notice]) -> None:
    """Write many at once; those owed already are left as they are."""
    Notice.objects.bulk_create(list(notices), batch_size=1000, ignore_conflicts=True)


def resend(*, notice: Notice, actor: Actor, reason: str, at: datetime) -> Notice:
    """Send a notice again, because a person asked for it: from `at` on, with every try ahead of it.

    Where deliveries failed, came back or still wait, those go again and whoever has it is spared; where all were sent,
    all go again, each as a message of its own. Whether the notice is still true is asked at sending as ever.
    Raises UnableToResend where it was dropped as no longer true, or where nothing was ever addressed.
    """
    with transaction.atomic():
        lock_customer(notice.customer_id)
        notice = Notice.objects.select_for_update().get(pk=notice.pk)
        if notice.state == Notice.State.DROPPED:
            raise UnableToResend("When its turn came it was no longer true, so there is nothing to send.")
        deliveries = list(Delivery.objects.select_for_update().filter(notice=notice).order_by("pk"))
        again = [d for d in deliveries if not _has_it(d)] or deliveries
        if not again:
            raise UnableToResend(
                "It is not addressed to anybody yet; if it is waiting, it goes out by itself."
            )
        before = {"state": notice.state, "deliveries": {d.address: d.state for d in again}}
        for delivery in again:
            if delivery.state == Delivery.State.SENT:
                delivery.message_id = _another_message_id(delivery.message_id, at=at)
            delivery.state, delivery.tries, delivery.next_try_at = Delivery.State.WAITING, 0, at
            delivery.sent_at, delivery.error = None, ""
            delivery.provider_id, delivery.expects_word = "", False
            delivery.outcome, delivery.outcome_at, delivery.outcome_why = "", None, ""
        Delivery.objects.bulk_update(again, _AGAIN, batch_size=1000)
        notice.state, notice.closed_at = Notice.State.WAITING, None
        notice.save(update_fields=["state", "closed_at"])
        record(
            entry(
                customer=notice.customer_id,
                kind="notice_resent",
                subject=notice,
                at=at,
                actor=actor,
                before=before,
                after={"state": notice.state, "deliveries": {d.address: d.state for d in again}},
                reason=reason,
            )
        )
    return notice


# When it first arrived stays: sent again, somebody who was told has been told.
_AGAIN = [
    "message_id", "state", "tries", "next_try_at", "sent_at", "error", "provider_id", "expects_word", "outcome",
    "outcome_at", "outcome_why",
]  # fmt: skip


def _has_it(delivery: Delivery) -> bool:
    """Whether this address was sent it, and it has not come back."""
    return delivery.state == Delivery.State.SENT and delivery.outcome != Delivery.Outcome.BOUNCED


def _another_message_id(message_id: str, *, at: datetime) -> str:
    """A mailbox shows a message it has already got only once; the same words sent anew need a name of their own."""
    name, _, host = message_id.rpartition("@")
    return f"{name.split('.again-')[0]}.again-{at:%Y%m%d%H%M%S}@{host}"
