"""Inviting people into an organisation, and their coming in.

The link's token is the invitation's number, signed: it can be made again for each mail, so no secret is stored, only
the token's hash. Whoever follows it must have proved the invited address.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
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
from licensing.seats import seats_of

# So that nobody can use our mails to write to strangers.
INVITATIONS_A_DAY = 50


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
        if customer.members.filter(user__email__iexact=email).exists():
            raise UnableToInvite(
                Reason(
                    "invited-once",
                    _("%(email)s is in your team already.") % {"email": email},
                    _("You can change their role below."),
                )
            )
        _check_pace(customer, at)
        invitation = (
            customer.invitations.select_for_update()
            .filter(email__iexact=email, accepted_at=None, revoked_at=None)
            .first()
        )
        if invitation is None or not invitation.is_open(at=at):
            _check_seat(customer, at)
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
    if invitation.email.lower() not in {address.lower() for address in addresses}:
        raise UnableToJoin(
            Reason(
                "invited-address",
                _("This invitation is for %(email)s, and you are signed in as %(yours)s.")
                % {"email": invitation.email, "yours": user.email},
                _("Sign in with the invited address, or ask for an invitation to yours."),
            )
        )
    with transaction.atomic():
        customer = lock_customer(invitation.customer_id)
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        member = customer.members.filter(user_id=user.pk).first()
        if member:
            _close(invitation, at)
            return member
        if not invitation.is_open(at=at):
            raise UnableToJoin(_why_closed(invitation))
        seats = seats_of(customer, at=at)
        if seats.limit is not None and seats.members >= seats.limit:
            raise UnableToJoin(
                Reason(
                    "seat-free",
                    _("All %(limit)s seats of %(name)s are used.")
                    % {"limit": seats.limit, "name": customer.name},
                    _("Ask an owner to add a seat; your invitation stays open."),
                )
            )
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


def _why_closed(invitation: Invitation) -> Reason:
    text = _("This invitation has run out.")
    if invitation.accepted_at:
        text = _("This invitation has been used.")
    elif invitation.revoked_at:
        text = _("This invitation was taken back.")
    return Reason("invitation-open", text, _("Ask an owner for a new one."))


def _check_seat(customer: Customer, at: datetime) -> None:
    seats = seats_of(customer, at=at)
    if seats.is_full:
        raise UnableToInvite(
            Reason(
                "seat-free",
                _("%(taken)s of %(limit)s seats are used.") % {"taken": seats.taken, "limit": seats.limit},
                _("Add a seat, take back an open invitation, or remove a member."),
            )
        )


def _check_pace(customer: Customer, at: datetime) -> None:
    oldest = (
        customer.events.filter(kind="member_invited", at__gt=at - timedelta(days=1))
        .order_by("-at", "-pk")
        .values_list("at", flat=True)[INVITATIONS_A_DAY - 1 : INVITATIONS_A_DAY]
    )
    if oldest:
        raise UnableToInvite(
            Reason(
                "invitations-a-day",
                _("Your organisation has sent %(count)s invitations in a day.")
                % {"count": INVITATIONS_A_DAY},
                _("You can send more when a day has passed."),
                oldest[0] + timedelta(days=1),
            )
        )


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
