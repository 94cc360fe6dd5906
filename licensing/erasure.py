"""Erasing what names an organisation: asked for once it is closed, taken back for two weeks, and then done for good.

What must be kept is kept: amounts, dates and tax of what was bought, what changed and when, and that a trial was used
(as a keyed hash). Who it was goes. What is here is licensing's part; `portal/erasing.py` does the whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.customers import closed_by_whom
from licensing.history import Actor, entry, record
from licensing.licences import lock_customer
from licensing.models import (
    ERASURE_WAITS,
    Customer,
    Delivery,
    DeliveryReport,
    Erasure,
    Invitation,
    Member,
    Notice,
    OptOut,
    Trial,
    UpgradeRequest,
    UsageReading,
    Waiver,
)
from licensing.notices import owe
from licensing.reasons import Clause, Reason

BATCH = 1000
NOBODY = "erased.invalid"
ERASED = "erased"

ERASING = Clause(
    "erasing",
    words(
        "Whoever closed an organisation can have it erased. It is done %(days)d days later, and can be taken back "
        "until then. Names, addresses and notes go; amounts, dates and tax of what was bought stay, because the law "
        "wants them, and name nobody."
    ),
    numbers=lambda _today: {"days": ERASURE_WAITS.days},
)


class UnableToErase(Exception):
    """It cannot be erased, or no longer be taken back; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


def ask_for_erasure(
    *, customer: Customer, contact: str, actor: Actor, at: datetime, reason: str = ""
) -> Erasure:
    """Ask for a closed organisation to be erased when the waiting time is over; `contact` hears of it, twice.

    Asked for again while it waits, it stays as it is. `reason`: why, where it is not their own wish that asks. Raises
    UnableToErase.
    """
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        if open_still := _is_open(customer):
            raise UnableToErase(open_still)
        if open_one := Erasure.objects.filter(customer=customer, withdrawn_at=None).first():
            return open_one
        erasure = Erasure.objects.create(
            customer=customer, contact=contact, asked_at=at, due_at=at + ERASURE_WAITS
        )
        record(
            entry(
                customer=customer,
                kind="erasure_asked",
                subject=erasure,
                at=at,
                actor=actor,
                after={"due_at": erasure.due_at.isoformat()},
                reason=reason,
            )
        )
        owe(customer=customer, kind="erasure_asked", subject=erasure, at=at)
    return erasure


def ask_for_owner(*, customer: Customer, reason: str, actor: Actor, at: datetime) -> Erasure:
    """The same on behalf of whoever closed it: they hear of it and can take it back as if they had asked themselves.

    Raises UnableToErase.
    """
    if why_not := why_not_for_owner(customer):
        raise UnableToErase(why_not)
    contact = closed_by_whom(customer).email
    return ask_for_erasure(customer=customer, contact=contact, actor=actor, at=at, reason=reason)


def why_not_for_owner(customer: Customer) -> Reason | None:
    """Why nobody can ask on behalf of whoever closed it; None where somebody can."""
    if open_still := _is_open(customer):
        return open_still
    if closed_by_whom(customer) is None:
        return Reason(
            "erasing",
            _("Whoever closed it can sign in no more."),
            _("Nobody could be told of it, or take it back."),
        )
    return None


def _is_open(customer: Customer) -> Reason | None:
    if customer.closed_at is not None:
        return None
    return Reason(
        "erasing", _("%(name)s is still open.") % {"name": customer}, _("Close it on the team page first.")
    )


def take_back(*, erasure: Erasure, actor: Actor, at: datetime, reason: str = "") -> Erasure:
    """Nothing is erased, and everything is as it was. Taken back again: nothing happens. Raises UnableToErase."""
    with transaction.atomic():
        if erasure.customer_id is not None:
            lock_customer(erasure.customer_id)
        erasure = Erasure.objects.select_for_update().get(pk=erasure.pk)
        if erasure.withdrawn_at is not None:
            return erasure
        if not erasure.may_be_taken_back(at=at):
            raise UnableToErase(
                Reason(
                    "erasing",
                    _("The waiting time is over."),
                    _("What is being erased cannot be brought back."),
                )
            )
        erasure.withdrawn_at, erasure.contact = at, ""
        erasure.save(update_fields=["withdrawn_at", "contact"])
        if erasure.customer_id is not None:
            record(
                entry(
                    customer=erasure.customer_id,
                    kind="erasure_taken_back",
                    subject=erasure,
                    at=at,
                    actor=actor,
                    reason=reason,
                )
            )
    return erasure


def begin(erasure: Erasure, *, at: datetime) -> bool:
    """From now on it cannot be taken back. False where it was, a moment ago."""
    with transaction.atomic():
        if erasure.customer_id is not None:
            lock_customer(erasure.customer_id)
        erasure.refresh_from_db()
        if erasure.withdrawn_at is not None:
            return False
        if erasure.begun_at is None:
            erasure.begun_at = at
            erasure.save(update_fields=["begun_at"])
    return True


def erase_words(customer_id: int) -> dict[str, int]:
    """Take what names somebody out of everything licensing holds of a customer, a batch at a time: what → how many.

    Safe to break off and to begin again. The organisation's own row comes last.
    """
    done = {
        "history": _batches(_WORDS_OF_HISTORY, {"customer": customer_id}),
        "deliveries": erase_deliveries(Delivery.objects.filter(notice__customer_id=customer_id)),
        "notices": _update(Notice.objects.filter(customer_id=customer_id).exclude(facts={}), facts={}),
        "trials": _update(
            Trial.objects.filter(customer_id=customer_id, started_by__isnull=False), started_by=None
        ),
        "exceptions": _waivers(customer_id),
    }
    gone: tuple[type[models.Model], ...] = (Invitation, UpgradeRequest, OptOut, UsageReading, Member)
    for model in gone:
        done[str(model._meta.verbose_name_plural)] = _delete(
            model._default_manager.filter(customer_id=customer_id)
        )
    return done


def erase_customer(customer_id: int, *, at: datetime) -> None:
    """The organisation's own row keeps its number, country and currency: tax was charged by them."""
    Customer.objects.filter(pk=customer_id, erased_at=None).update(
        name=f"Erased organisation {customer_id}",
        slug=f"erased-{customer_id}",
        time_zone="UTC",
        locale="en_US",
        erased_at=at,
    )


def erase_deliveries(deliveries: models.QuerySet[Delivery]) -> int:
    """That each was sent, and when, stays; to whom, goes."""
    done = 0
    while batch := list(
        deliveries.exclude(address__endswith=f"@{NOBODY}").values_list("pk", flat=True)[:BATCH]
    ):
        DeliveryReport.objects.filter(delivery_id__in=batch).delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE licensing_delivery SET address = 'delivery-' || id || %s,"
                " message_id = '<delivery-' || id || %s || '>', provider_id = '', error = '', outcome_why = ''"
                " WHERE id = ANY (%s)",
                [f"@{NOBODY}", f"@{NOBODY}", batch],
            )
        done += len(batch)
    return done


_WORDS_OF_HISTORY = """
WITH named AS (
    SELECT id FROM licensing_event
    WHERE customer_id = %(customer)s AND id > %(beyond)s ORDER BY id LIMIT %(batch)s
), changed AS (
    UPDATE licensing_event e
    SET before = licensing_without_names(e.before), after = licensing_without_names(e.after),
        by = licensing_without_name(e.by, e.actor_id), reason = licensing_without_words(e.reason, e.actor_id)
    FROM named WHERE e.id = named.id
)
SELECT max(id), count(*) FROM named
"""


def _batches(statement: str, values: dict[str, Any]) -> int:
    """Run a statement over and over, each time beyond the last row that it says it came to; how many rows it met."""
    done, beyond = 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {**values, "beyond": beyond, "batch": BATCH})
            last, count = cursor.fetchone()
        if not count:
            return done
        done, beyond = done + count, last


def _waivers(customer_id: int) -> int:
    """Of an exception stays what was granted, and when; the words that were written of it go."""
    written = Waiver.objects.filter(customer_id=customer_id).exclude(reason=ERASED)
    because = models.Case(models.When(ended_because="", then=models.Value("")), default=models.Value(ERASED))
    return written.update(reason=ERASED, words=ERASED, ended_because=because)


def _update(rows: models.QuerySet[Any], **values: Any) -> int:
    done = 0
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        done += rows.model._default_manager.filter(pk__in=batch).update(**values)
    return done


def _delete(rows: models.QuerySet[Any]) -> int:
    done = 0
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=batch).delete()
        done += len(batch)
    return done
