"""Roles, leaving, and the owner there always is."""

from __future__ import annotations

import pytest

from licensing.models import Event, Member, Role
from licensing.team import UnableToChangeRole, UnableToLeave, change_role, remove_member
from tests.cast import NOON, ada, eve

pytestmark = pytest.mark.django_db


def test_last_owner_cannot_leave() -> None:
    party = ada()
    eve()
    with pytest.raises(UnableToLeave) as refused:
        remove_member(member=party.member, by=party.user, at=NOON)
    assert refused.value.reason.rule == "one-owner"
    assert refused.value.reason.change == "Make somebody else an owner first."


def test_last_owner_cannot_step_down() -> None:
    party = ada()
    with pytest.raises(UnableToChangeRole):
        change_role(member=party.member, role=Role.MEMBER, by=party.user, at=NOON)


def test_an_owner_can_leave_when_there_is_another() -> None:
    party, member = ada(), eve()
    change_role(member=member, role=Role.OWNER, by=party.user, at=NOON)
    remove_member(member=party.member, by=party.user, at=NOON)
    assert list(party.customer.members.all()) == [member]
    assert Event.objects.filter(customer=party.customer, kind="member_left").exists()


def test_a_role_change_is_on_record_once() -> None:
    party, member = ada(), eve()
    for _ in range(2):
        change_role(member=member, role=Role.BILLING, by=party.user, at=NOON)
    event = Event.objects.get(customer=party.customer, kind="member_role_changed")
    assert (event.before["role"], event.after["role"], event.actor_id) == ("member", "billing", party.user.pk)


def test_removing_somebody_twice_is_removing_them_once() -> None:
    party, member = ada(), eve()
    remove_member(member=member, by=party.user, at=NOON)
    remove_member(member=member, by=party.user, at=NOON)
    assert not Member.objects.filter(pk=member.pk).exists()
    assert Event.objects.filter(customer=party.customer, kind="member_removed").count() == 1
