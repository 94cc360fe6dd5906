"""Roles in a team, and leaving it. An organisation always keeps an owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from licensing.history import Actor, entry, record
from licensing.licences import lock_customer
from licensing.models import Member, Role
from licensing.reasons import Reason


class UnableToChangeRole(Exception):
    """The role must stay; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


class UnableToLeave(Exception):
    """The member must stay; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


def change_role(*, member: Member, role: str, by: Any, at: datetime) -> Member:
    """Give a member another role. Raises UnableToChangeRole where that would leave nobody as owner."""
    role = Role(role)
    with transaction.atomic():
        lock_customer(member.customer_id)
        member = Member.objects.select_related("user").get(pk=member.pk)
        if member.role == role:
            return member
        if _is_last_owner(member):
            raise UnableToChangeRole(_last_owner(member))
        before, member.role = member.role, role
        member.save(update_fields=["role"])
        record(
            entry(
                customer=member.customer_id,
                kind="member_role_changed",
                subject=member,
                at=at,
                actor=Actor.person(by),
                before={"user": member.user_id, "role": before},
                after={"user": member.user_id, "role": role.value},
            )
        )
    return member


def remove_member(*, member: Member, by: Any, at: datetime) -> None:
    """Take a member out of the team: by an owner, or by themselves. Raises UnableToLeave for the last owner."""
    with transaction.atomic():
        lock_customer(member.customer_id)
        found = Member.objects.select_related("user").filter(pk=member.pk).first()
        if found is None:
            return
        if _is_last_owner(found):
            raise UnableToLeave(_last_owner(found))
        record(
            entry(
                customer=found.customer_id,
                kind="member_left" if by.pk == found.user_id else "member_removed",
                subject=found,
                at=at,
                actor=Actor.person(by),
                before={"user": found.user_id, "person": str(found.user), "role": found.role},
            )
        )
        found.delete()


def _is_last_owner(member: Member) -> bool:
    others = Member.objects.filter(customer_id=member.customer_id, role=Role.OWNER).exclude(pk=member.pk)
    return member.role == Role.OWNER and not others.exists()


def _last_owner(member: Member) -> Reason:
    return Reason(
        "one-owner",
        _("%(user)s is the only owner.") % {"user": member.user},
        _("Make somebody else an owner first."),
    )
