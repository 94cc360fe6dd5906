"""Erases what is due: organisations that were closed, and people's accounts. A sweep; safe to break off and repeat.

The address that the last mail goes to is the last thing to be forgotten. So an organisation is erased first, told of
second, and finished third; a person is told in the very moment in which their account goes.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from billing import erasing as billing
from licensing import erasure as licensing
from licensing.erasure import UnableToErase
from licensing.history import CLOCK, entry, record
from licensing.models import (
    ERASURE_WAITS,
    Customer,
    Delivery,
    Erasure,
    Event,
    Invitation,
    Member,
    Notice,
    OptOut,
    Role,
    UpgradeRequest,
)
from licensing.notices import owe
from licensing.reasons import Reason
from portal.mails.links import link

AT_ONCE = 100  # erasures a sweep
SHORTEST = 3  # letters; a shorter name is not looked for in the log of the admin
log = logging.getLogger(__name__)


def ask_to_be_forgotten(user: Any, *, at: datetime) -> Erasure:
    """Ask for one's own account to be erased when the waiting time is over. Asked again, it stays as it is.

    Raises UnableToErase for the last owner of an open organisation, and for staff.
    """
    if user.is_staff:
        raise UnableToErase(
            Reason(
                "erasing", _("This is an account of staff."), _("Whoever runs the portal can take it away.")
            )
        )
    for place in Member.objects.filter(user=user, role=Role.OWNER, customer__closed_at=None):
        if not Member.objects.filter(customer=place.customer_id, role=Role.OWNER).exclude(user=user).exists():
            raise UnableToErase(
                Reason(
                    "one-owner",
                    _("You are the only owner of %(name)s.") % {"name": place.customer},
                    _("Make somebody else an owner, or close it."),
                )
            )
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)
        erasure, made = Erasure.objects.get_or_create(
            person=user.pk,
            withdrawn_at=None,
            defaults={"user": user, "contact": user.email, "asked_at": at, "due_at": at + ERASURE_WAITS},
        )
    if made:
        about = {"user": user, "due_at": erasure.due_at, "data_url": link("data")}
        get_adapter().send_without_a_request("account/email/erasure_asked", user.email, about)
    return erasure


def erase_due(*, at: datetime) -> dict[str, int]:
    """Erase what has waited its time, tell of what was erased, and forget the address of that last mail."""
    counts = {"erased": 0, "finished": 0, "put_off": 0}
    due = Erasure.objects.filter(withdrawn_at=None, finished_at=None, due_at__lte=at).order_by("due_at", "pk")
    for erasure in due[:AT_ONCE]:
        try:
            counts[_carry_on(erasure, at=at)] += 1
        except Exception:
            # One that cannot be carried on holds up no other; the next sweep begins it again.
            log.exception("erasure_not_carried_on", extra={"what": erasure.pk})
            counts["put_off"] += 1
    Session.objects.filter(expire_date__lt=at).delete()
    return {name: count for name, count in counts.items() if count}


def _carry_on(erasure: Erasure, *, at: datetime) -> str:
    if erasure.person is not None:
        return _erase_person(erasure, at=at)
    assert erasure.customer_id is not None
    if erasure.erased_at is None:
        return _erase_organisation(erasure, erasure.customer_id, at=at)
    return _finish(erasure, at=at)


def _erase_organisation(erasure: Erasure, customer_id: int, *, at: datetime) -> str:
    if billing.stands_in_the_way(customer_id) is not None or not licensing.begin(erasure, at=at):
        return "put_off"
    billing.let_go(customer_id, at=at)
    words = names_of(customer_id)
    done = licensing.erase_words(customer_id) | billing.erase_words(customer_id)
    done["log of the admin"] = _erase_log(words)
    with transaction.atomic():
        licensing.erase_customer(customer_id, at=at)
        erasure.erased_at = at
        erasure.save(update_fields=["erased_at"])
        record(
            entry(
                customer=customer_id,
                kind="customer_erased",
                subject=erasure,
                at=at,
                actor=CLOCK,
                after={what: count for what, count in done.items() if count},
            )
        )
        owe(customer=customer_id, kind="erasure_done", subject=erasure, at=at)
    return "erased"


def _finish(erasure: Erasure, *, at: datetime) -> str:
    """Once the last mail is over, sent or given up, nothing is left to need the address for."""
    told = Notice.objects.filter(
        customer_id=erasure.customer_id, kind="erasure_done", subject=f"erasure:{erasure.pk}"
    )
    if told.filter(state=Notice.State.WAITING).exists():
        return "put_off"
    with transaction.atomic():
        licensing.erase_deliveries(Delivery.objects.filter(notice__customer_id=erasure.customer_id))
        erasure.contact, erasure.finished_at = "", at
        erasure.save(update_fields=["contact", "finished_at"])
    return "finished"


def _erase_person(erasure: Erasure, *, at: datetime) -> str:
    """What they did stays in the history of each organisation, done by "person 12". Their last mail goes first."""
    user = get_user_model().objects.filter(pk=erasure.person).first()
    if not licensing.begin(erasure, at=at):
        return "put_off"
    if user is not None:
        addresses = {user.email, *user.emailaddress_set.values_list("email", flat=True)}
        _erase_traces(user, addresses)
        _erase_log([user.name, *addresses])
        get_adapter().send_without_a_request("account/email/erasure_done", user.email, {"user": user})
        with transaction.atomic():
            for place in Member.objects.filter(user=user):
                record(
                    entry(
                        customer=place.customer_id,
                        kind="member_left",
                        subject=place,
                        at=at,
                        actor=CLOCK,
                        before={"user": user.pk, "role": place.role},
                    )
                )
            user.delete()
            _note_finished(erasure, at=at)
    else:
        _note_finished(erasure, at=at)
    return "finished"


def _note_finished(erasure: Erasure, *, at: datetime) -> None:
    Erasure.objects.filter(pk=erasure.pk).update(contact="", erased_at=at, finished_at=at)


def _erase_traces(user: Any, addresses: set[str]) -> None:
    """In every organisation: events they did or that name them, mails to them, invitations and opt-outs of theirs."""
    theirs = Q()
    for address in addresses:
        theirs |= Q(address__iexact=address)
    licensing.erase_deliveries(Delivery.objects.filter(theirs))
    OptOut.objects.filter(theirs).delete()
    for address in addresses:
        Invitation.objects.filter(email__iexact=address).delete()
    places = {
        *Event.objects.filter(actor_id=user.pk).values_list("customer_id", flat=True),
        *Member.objects.filter(user=user).values_list("customer_id", flat=True),
    }
    words = [word.lower() for word in (user.name, *addresses) if len(word) >= SHORTEST]
    UpgradeRequest.objects.filter(asked_by=user).update(note="")
    with connection.cursor() as cursor:
        for customer_id in places:
            for statement in _WORDS_ABOUT_A_PERSON:
                cursor.execute(statement, {"customer": customer_id, "person": user.pk, "words": words})


# What others wrote of them goes too. Of a customer, whatever speaks of one of the words.
_SPEAKS_OF = "EXISTS (SELECT FROM unnest(%(words)s::text[]) word WHERE strpos(lower({}), word) > 0)"
_WORDS_ABOUT_A_PERSON = (
    "UPDATE licensing_event SET before = licensing_without_names(before), after = licensing_without_names(after),"
    " by = licensing_without_name(by, actor_id), reason = licensing_without_words(reason, actor_id)"
    " WHERE customer_id = %(customer)s AND (actor_id = %(person)s OR "
    + _SPEAKS_OF.format("before::text || after::text || reason")
    + ")",
    "UPDATE licensing_notice SET facts = licensing_without_names(facts)"
    " WHERE customer_id = %(customer)s AND " + _SPEAKS_OF.format("facts::text"),
    "UPDATE licensing_upgraderequest SET note = 'erased'"
    " WHERE customer_id = %(customer)s AND " + _SPEAKS_OF.format("note"),
)


def names_of(customer_id: int) -> list[str]:
    """How an organisation, and the people who ever acted for it, are called."""
    customer = Customer.objects.get(pk=customer_id)
    people = get_user_model().objects.filter(
        pk__in=Event.objects.filter(customer_id=customer_id, actor_id__isnull=False).values("actor_id"),
        is_staff=False,
    )
    return [
        customer.name,
        customer.slug,
        *(word for pair in people.values_list("name", "email") for word in pair),
    ]


def _erase_log(words: list[str]) -> int:
    """What staff did stays in the log of the admin; whom it names there goes."""
    named = Q(pk__in=())
    for word in words:
        if len(word) >= SHORTEST:
            named |= Q(object_repr__icontains=word) | Q(change_message__icontains=word)
    rows: QuerySet[LogEntry] = LogEntry.objects.filter(named)
    return rows.update(object_repr="erased", change_message="")
