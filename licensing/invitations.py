"""Inviting people into an organisation, and their coming in.

The link's token is the invitation's number, signed: it can be made again for each mail, so no secret is stored, only
the token's hash. Whoever follows it must have proved the invited address.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.translation import gettext as _

from licensing.history import Actor, entry, record
from licensing.licences import lock_customer
from licensing.models import Customer, Invitation, Member, Role
from licensing.models.customer import INVITATION_LASTS
from licensing.notices import owe
from licensing.reasons import Reason
from licensing.rules.inviting import (
    A_DAY,
    INVITATIONS_A_DAY,
    invitation_is_open,
    invited_address,
    invited_once,
    pace_of_invitations,
    seat_for_invitation,
    seat_for_joining,
)
from licensing.seats import seats_of


class UnableToInvite(Exception):
    """The invitation cannot go out; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


class UnableToJoin(Exception):
    """The invitation cannot be accepted by this person now; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


def invite(*, customer: Customer, email: str, role: str, by: Any, at: datetime) -> Invitation:
    """Invite `email` in with `role` and owe it the mail.

    An open invitation to the same address is renewed instead, with the role now given. Raises UnableToInvite.
    """
    email, role = email.strip().lower(), Role(role)
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        is_in = customer.members.filter(user__email__iexact=email).exists()
        _refuse(invited_once(email, is_in))
        _refuse(pace_of_invitations(_sent_long_ago(customer, at)))
        invitation = (
            customer.invitations.select_for_update()
            .filter(email__iexact=email, accepted_at=None, revoked_at=None)
            .first()
        )
        if invitation is None or not invitation.is_open(at=at):
            _refuse(seat_for_invitation(seats_of(customer, at=at), _next_to_run_out(customer, at)))
        if invitation is None:
            # The token names the row, so the row comes first, with a hash that nothing matches.
            invitation = Invitation(customer=customer, email=email, token_hash=secrets.token_hex(32))
        invitation.role = role
        invitation.invited_by = by
        invitation.invited_at = at
        invitation.expires_at = at + INVITATION_LASTS
        invitation.save()
        invitation.token_hash = _hash(token_of(invitation))
        invitation.save(update_fields=["token_hash"])
        record(
            entry(
                customer=customer,
                kind="member_invited",
                subject=invitation,
                at=at,
                actor=Actor.person(by),
                after={"email": email, "role": role.value},
            )
        )
        _owe_mail(invitation, by=by, at=at)
    return invitation


def resend(*, invitation: Invitation, by: Any, at: datetime) -> Invitation:
    """Send the mail of an invitation again and let it run anew; the earlier link works too. Raises UnableToInvite."""
    if invitation.accepted_at or invitation.revoked_at:
        raise UnableToInvite(
            Reason("invitation-open", _("This invitation is closed."), _("Invite the address again."))
        )
    return invite(customer=invitation.customer, email=invitation.email, role=invitation.role, by=by, at=at)


def revoke(*, invitation: Invitation, by: Any, at: datetime) -> None:
    """Take an invitation back: its link opens nothing any more. Where it is closed already, nothing happens."""
    with transaction.atomic():
        lock_customer(invitation.customer_id)
        if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
            revoked_at=at
        ):
            return
        record(
            entry(
                customer=invitation.customer_id,
                kind="invitation_revoked",
                subject=invitation,
                at=at,
                actor=Actor.person(by),
                before={"email": invitation.email, "role": invitation.role},
            )
        )


def token_of(invitation: Invitation) -> str:
    """The token of the invitation's link, /team/join/<token>/; the same each time it is asked for."""
    return Signer(salt="licensing.invitation").sign(str(invitation.pk))


def invitation_for(token: str) -> Invitation | None:
    """The invitation that a link's token names, open or not; None for a token that we never made."""
    try:
        number = Signer(salt="licensing.invitation").unsign(token)
    except BadSignature:
        return None
    return (
        Invitation.objects.filter(pk=number, token_hash=_hash(token), customer__closed_at=None)
        .select_related("customer", "invited_by")
        .first()
    )


def open_invitations_to(addresses: Iterable[str], *, at: datetime) -> list[Invitation]:
    """The invitations that wait for any of these (proved) addresses."""
    return list(
        Invitation.objects.filter(
            email__in=[address.lower() for address in addresses],
            accepted_at=None,
            revoked_at=None,
            expires_at__gt=at,
            customer__closed_at=None,
        ).select_related("customer", "invited_by")
    )


def join(*, invitation: Invitation, user: Any, addresses: Iterable[str], at: datetime) -> Member:
    """Bring `user` in with the invited role; `addresses` are those the person has proved to be theirs.

    Following the link again after joining is no error and changes nothing. Raises UnableToJoin.
    """
    if reason := invited_address(invitation, addresses, user.email):
        raise UnableToJoin(reason)
    with transaction.atomic():
        customer = lock_customer(invitation.customer_id)
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        member = customer.members.filter(user_id=user.pk).first()
        if member:
            _close(invitation, at)
            return member
        if reason := invitation_is_open(invitation, at) or seat_for_joining(
            seats_of(customer, at=at), customer.name
        ):
            raise UnableToJoin(reason)
        member = Member.objects.create(customer=customer, user_id=user.pk, role=invitation.role, joined_at=at)
        _close(invitation, at)
        record(
            entry(
                customer=customer,
                kind="member_joined",
                subject=member,
                at=at,
                actor=Actor.person(user),
                after={"email": invitation.email, "role": member.role},
            )
        )
    return member


def _close(invitation: Invitation, at: datetime) -> None:
    if invitation.is_open(at=at):
        invitation.accepted_at = at
        invitation.save(update_fields=["accepted_at"])


def _refuse(reason: Reason | None) -> None:
    if reason:
        raise UnableToInvite(reason)


def _sent_long_ago(customer: Customer, at: datetime) -> datetime | None:
    """When the oldest of the last day's invitations was sent, if there are as many as a day may have."""
    sent = customer.events.filter(kind="member_invited", at__gt=at - A_DAY).order_by("-at", "-pk")
    return next(iter(sent.values_list("at", flat=True)[INVITATIONS_A_DAY - 1 : INVITATIONS_A_DAY]), None)


def _next_to_run_out(customer: Customer, at: datetime) -> datetime | None:
    """When the first of the open invitations runs out, and its seat is free again."""
    waiting = customer.invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=at)
    return waiting.order_by("expires_at").values_list("expires_at", flat=True).first()


def _owe_mail(invitation: Invitation, *, by: Any, at: datetime) -> None:
    owe(
        customer=invitation.customer_id,
        kind="invitation",
        subject=invitation,
        period=at.isoformat(timespec="minutes"),
        at=at,
        facts={
            "email": invitation.email,
            "role": invitation.role,
            "invited_by": str(by),
            "expires_at": invitation.expires_at.isoformat(),
        },
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
