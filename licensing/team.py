"""Roles in a team, and leaving it. An organisation always keeps an owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.history import Actor, entry, record
from licensing.licences import lock_customer
from licensing.models import Member, Role
from licensing.reasons import Example, Reason, Rule


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
        if reason := an_owner_stays(str(member.user), member.role, _owners(member)):
            raise UnableToChangeRole(reason)
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
        if reason := an_owner_stays(str(found.user), found.role, _owners(found)):
            raise UnableToLeave(reason)
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


def _owners(member: Member) -> int:
    return Member.objects.filter(customer_id=member.customer_id, role=Role.OWNER).count()


def an_owner_stays(person: str, role: str, owners: int) -> Reason | None:
    """Whether `person`, who has `role` in a team with so many owners, may give it up."""
    if role != Role.OWNER or owners > 1:
        return None
    return Reason(
        "one-owner",
        _("%(user)s is the only owner.") % {"user": person},
        _("Make somebody else an owner first."),
    )


def role_allows(role: str, what: str) -> Reason | None:
    """`what`: to "spend" (buy, try, cancel, see bills), or to "manage" the team."""
    if role == Role.OWNER or (role == Role.BILLING and what == "spend"):
        return None
    return Reason(
        "roles",
        _("Only an owner or a billing member can do this.")
        if what == "spend"
        else _("Only an owner can do this."),
        _("You can ask them to."),
    )


ROLES = Rule(
    "roles",
    words(
        "Owners do everything. Billing members can spend. Members see the plan, and can ask for an upgrade."
    ),
    check=role_allows,
    examples=(
        Example(
            words("Eve, a member, wants to buy"),
            lambda: (Role.MEMBER, "spend"),
            "Only an owner or a billing member can do this.",
        ),
        Example(
            words("Fay pays the bills, and wants to invite somebody"),
            lambda: (Role.BILLING, "manage"),
            "Only an owner can do this.",
        ),
        Example(words("Fay wants to buy"), lambda: (Role.BILLING, "spend")),
        Example(words("Ada, an owner, wants to invite somebody"), lambda: (Role.OWNER, "manage")),
    ),
)
ONE_OWNER = Rule(
    "one-owner",
    words("An organisation always has an owner."),
    check=an_owner_stays,
    examples=(
        Example(
            words("Ada, the only owner, wants to leave"),
            lambda: ("Ada", Role.OWNER, 1),
            "Ada is the only owner.",
        ),
        Example(words("Fay is an owner too"), lambda: ("Ada", Role.OWNER, 2)),
        Example(words("Eve, a member, wants to leave"), lambda: ("Eve", Role.MEMBER, 1)),
    ),
)
