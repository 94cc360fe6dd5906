"""Inviting, and coming in by an invitation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.signing import Signer

from licensing.invitations import (
    UnableToInvite,
    UnableToJoin,
    invitation_for,
    invite,
    join,
    open_invitations_to,
    resend,
    revoke,
    token_of,
)
from licensing.models import Event, Invitation, Licence, Notice, Role
from licensing.seats import seats_of
from tests.cast import NOON, Party, ada, cy, eve, fay, person

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
GUS = "gus@demo.test"


def invited(party: Party, email: str = GUS, role: str = Role.MEMBER) -> Invitation:
    return invite(customer=party.customer, email=email, role=role, by=party.user, at=NOON)


def test_an_invitation_owes_its_mail_and_keeps_no_secret() -> None:
    party = ada()
    invitation = invited(party, " Gus@Demo.test ")
    assert invitation.email == GUS
    notice = Notice.objects.get(kind="invitation")
    token = token_of(invitation)
    assert notice.facts["email"] == GUS
    assert token not in str(notice.facts)
    assert invitation.token_hash not in token
    assert invitation_for(token) == invitation


def test_a_token_that_was_never_sent_opens_nothing() -> None:
    invitation = invited(ada())
    forged = [
        "", "nonsense", str(invitation.pk), token_of(invitation)[:-1], Signer(salt="other").sign(str(invitation.pk)),
        Signer(salt="licensing.invitation").sign(str(invitation.pk + 1)),
    ]  # fmt: skip
    assert [invitation_for(token) for token in forged] == [None] * len(forged)


def test_the_invited_person_joins_with_the_invited_role_once() -> None:
    party = ada()
    invitation = invited(party, role=Role.BILLING)
    gus = person("Gus")
    member = join(invitation=invitation, user=gus, addresses=["GUS@demo.test"], at=LATER)
    assert (member.role, member.joined_at) == (Role.BILLING, LATER)
    assert join(invitation=invitation, user=gus, addresses=[GUS], at=LATER) == member
    assert party.customer.members.filter(user=gus).count() == 1
    assert Event.objects.filter(customer=party.customer, kind="member_joined").count() == 1


def test_somebody_else_cannot_use_an_invitation() -> None:
    invitation = invited(ada())
    with pytest.raises(UnableToJoin) as refused:
        join(invitation=invitation, user=person("Mal"), addresses=["mal@demo.test"], at=LATER)
    assert refused.value.reason.rule == "invited-address"


def test_an_address_that_is_not_proved_is_not_theirs() -> None:
    invitation = invited(ada())
    with pytest.raises(UnableToJoin):
        join(invitation=invitation, user=person("Gus"), addresses=[], at=LATER)


def test_a_revoked_invitation_opens_nothing() -> None:
    party = ada()
    invitation = invited(party)
    revoke(invitation=invitation, by=party.user, at=NOON)
    revoke(invitation=invitation, by=party.user, at=LATER)
    with pytest.raises(UnableToJoin) as refused:
        join(invitation=invitation, user=person("Gus"), addresses=[GUS], at=LATER)
    assert refused.value.reason.text == "This invitation was taken back."
    assert Event.objects.filter(kind="invitation_revoked").count() == 1


def test_an_invitation_runs_out_at_its_instant() -> None:
    invitation = invited(ada())
    ends = invitation.expires_at
    assert open_invitations_to([GUS], at=ends - timedelta(seconds=1)) == [invitation]
    assert open_invitations_to([GUS], at=ends) == []
    with pytest.raises(UnableToJoin) as refused:
        join(invitation=invitation, user=person("Gus"), addresses=[GUS], at=ends)
    assert refused.value.reason.rule == "invitation-open"


def test_sending_again_renews_the_same_invitation_and_owes_another_mail() -> None:
    party = ada()
    invitation = invited(party)
    again = resend(invitation=invitation, by=party.user, at=LATER)
    assert again.pk == invitation.pk
    assert again.expires_at == invitation.expires_at + timedelta(hours=1)
    assert Notice.objects.filter(kind="invitation").count() == 2


def test_two_clicks_owe_one_mail() -> None:
    party = ada()
    invited(party)
    invited(party)
    assert Invitation.objects.count() == 1
    assert Notice.objects.filter(kind="invitation").count() == 1


def test_a_member_is_not_invited_again() -> None:
    party, member = ada(), eve()
    with pytest.raises(UnableToInvite) as refused:
        invited(party, member.user.email)
    assert refused.value.reason.rule == "invited-once"


def test_open_invitations_hold_seats_and_a_full_team_is_told_what_to_do() -> None:
    party = ada()
    Licence.objects.filter(pk=party.licence.pk).update(seats=2)
    invited(party)
    seats = seats_of(party.customer, at=NOON)
    assert (seats.members, seats.invited, seats.limit, seats.left) == (1, 1, 2, 0)
    with pytest.raises(UnableToInvite) as refused:
        invited(party, "hal@demo.test")
    assert refused.value.reason.text == "2 of 2 seats are used."
    assert refused.value.reason.change.startswith("Add a seat")
    # The one who holds the last seat still finds it.
    join(invitation=Invitation.objects.get(), user=person("Gus"), addresses=[GUS], at=LATER)


def test_an_invitation_that_ran_out_holds_no_seat_and_needs_one_to_be_renewed() -> None:
    party = ada()
    Licence.objects.filter(pk=party.licence.pk).update(seats=2)
    invitation = invited(party)
    after = invitation.expires_at
    eve()
    with pytest.raises(UnableToInvite):
        resend(invitation=invitation, by=party.user, at=after)


def test_nobody_joins_beyond_the_seats_that_are_left() -> None:
    party = ada()
    invitation = invited(party)
    eve(), fay()
    Licence.objects.filter(pk=party.licence.pk).update(seats=3)
    with pytest.raises(UnableToJoin) as refused:
        join(invitation=invitation, user=person("Gus"), addresses=[GUS], at=LATER)
    assert refused.value.reason.rule == "seat-free"


def test_our_mails_cannot_be_used_to_write_to_crowds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("licensing.invitations.INVITATIONS_A_DAY", 3)
    party = ada()
    Licence.objects.filter(pk=party.licence.pk).update(seats=500)
    for number in range(3):
        invited(party, f"p{number}@demo.test")
    with pytest.raises(UnableToInvite) as refused:
        invited(party, "one-more@demo.test")
    assert refused.value.reason.when == NOON + timedelta(days=1)
    invite(
        customer=party.customer,
        email=GUS,
        role=Role.MEMBER,
        by=party.user,
        at=NOON + timedelta(days=1, seconds=1),
    )


def test_a_free_team_is_held_to_what_its_tier_allows() -> None:
    party = cy()
    tier = party.licence.tier
    assert seats_of(party.customer, at=NOON).limit == tier.max_seats
