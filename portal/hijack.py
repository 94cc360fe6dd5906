"""Looking at the portal as somebody else does: who may, and that it is on record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest

from licensing.history import Actor, entry, record
from licensing.models import Member


def may_look(person: Any) -> bool:
    """Whether this person may look as anybody at all."""
    return bool(person.is_active and person.is_staff and person.has_perm("licensing.view_customer"))


def may_look_as(*, hijacker: Any, hijacked: Any) -> bool:
    """Support staff may look as customers' people; never as other staff, nor as somebody whose account is shut."""
    return bool(
        may_look(hijacker) and hijacked.is_active and not hijacked.is_staff and not hijacked.is_superuser
    )


def is_looking_as(request: HttpRequest) -> bool:
    """Whether staff look through this session as somebody else."""
    return bool(request.session.get("hijack_history"))


def may_still_look(request: HttpRequest) -> bool:
    """Whether the staff behind this session may look as this person even now: they may be staff no more."""
    behind = get_user_model().objects.filter(pk=request.session["hijack_history"][-1]).first()
    return behind is not None and may_look_as(hijacker=behind, hijacked=request.user)


def put_on_record(*, staff: Any, person: Any, at: datetime) -> None:
    """Each customer of the person looked as gets an event, and the admin's log an entry."""
    with transaction.atomic():
        record(
            *(
                entry(
                    customer=member.customer_id,
                    kind="looked_as",
                    subject=member,
                    at=at,
                    actor=Actor.person(staff),
                    after={"person": str(person)},
                )
                for member in Member.objects.filter(user_id=person.pk)
            )
        )
        LogEntry.objects.log_actions(
            staff.pk,
            get_user_model().objects.filter(pk=person.pk),
            CHANGE,
            "Looked at the portal as this person, read-only.",
            single_object=True,
        )
