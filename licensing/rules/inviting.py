"""The rules of inviting somebody and of coming in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.models import Invitation
from licensing.models.customer import INVITATION_LASTS
from licensing.reasons import Example, Reason, Rule
from licensing.rules.example import AT
from licensing.seats import Seats

# So that nobody can use our mails to write to strangers.
INVITATIONS_A_DAY = 50
A_DAY = timedelta(days=1)


def invited_once(email: str, is_in: bool) -> Reason | None:
    if not is_in:
        return None
    return Reason(
        "invited-once",
        _("%(email)s is in your team already.") % {"email": email},
        _("You can change their role in the list of members."),
    )


def seat_for_invitation(seats: Seats, next_runs_out: datetime | None) -> Reason | None:
    """`next_runs_out`: when the first of the open invitations gives its seat back."""
    if not seats.is_full:
        return None
    return Reason(
        "seat-free",
        _("%(taken)s of %(limit)s seats are used.") % {"taken": seats.taken, "limit": seats.limit},
        _("Add a seat, take back an open invitation, or remove a member."),
        when=next_runs_out if seats.limit is not None and seats.taken == seats.limit else None,
    )


def seat_for_joining(seats: Seats, name: str) -> Reason | None:
    """People may have come in, or seats been given up, since the invitation was sent."""
    if seats.limit is None or seats.members < seats.limit:
        return None
    return Reason(
        "seat-free",
        _("All %(limit)s seats of %(name)s are used.") % {"limit": seats.limit, "name": name},
        _("Ask an owner to add a seat; your invitation stays open."),
    )


def invitation_is_open(invitation: Invitation, at: datetime) -> Reason | None:
    if invitation.is_open(at=at):
        return None
    text = _("This invitation has run out.")
    if invitation.accepted_at:
        text = _("This invitation has been used.")
    elif invitation.revoked_at:
        text = _("This invitation was taken back.")
    return Reason("invitation-open", text, _("Ask an owner for a new one."))


def invited_address(invitation: Invitation, addresses: Iterable[str], yours: str) -> Reason | None:
    """`addresses`: those that the person has proved to be theirs; `yours`: the one they signed in with."""
    if invitation.email.lower() in {address.lower() for address in addresses}:
        return None
    return Reason(
        "invited-address",
        _("This invitation is for %(email)s, and you are signed in as %(yours)s.")
        % {"email": invitation.email, "yours": yours},
        _("Sign in with the invited address, or ask for an invitation to yours."),
    )


def pace_of_invitations(oldest: datetime | None) -> Reason | None:
    """`oldest`: when the first of so many invitations was sent; None where fewer were in the last 24 hours."""
    if oldest is None:
        return None
    return Reason(
        "invitations-a-day",
        _("Your organisation has sent %(count)s invitations in a day.") % {"count": INVITATIONS_A_DAY},
        _("You can send more when a day has passed."),
        when=oldest + A_DAY,
    )


def _invitation(**fields: datetime) -> Invitation:
    return Invitation(email="gus@example.org", expires_at=AT + INVITATION_LASTS, **fields)


INVITING_RULES: list[Rule] = [
    Rule(
        "seat-free",
        words("An invitation holds a seat, so there is one free for whoever is invited."),
        check=seat_for_invitation,
        examples=(
            Example(
                words("You are four, one is invited until 16 March, and you have five seats"),
                lambda: (Seats(members=4, invited=1, limit=5), AT + INVITATION_LASTS),
                "5 of 5 seats are used.",
                when=AT + INVITATION_LASTS,
            ),
            Example(
                words("You are five on five seats"),
                lambda: (Seats(members=5, invited=0, limit=5), None),
                "5 of 5 seats are used.",
            ),
            Example(words("You have six seats"), lambda: (Seats(members=5, invited=0, limit=6), None)),
        ),
    ),
    Rule(
        "invitation-open",
        words("An invitation holds for %(days)d days, until it is accepted or taken back."),
        numbers=lambda _today: {"days": INVITATION_LASTS.days},
        check=invitation_is_open,
        examples=(
            Example(
                words("Gus follows the link when its days are over"),
                lambda: (_invitation(), AT + INVITATION_LASTS),
                "This invitation has run out.",
            ),
            Example(
                words("An owner has taken it back"),
                lambda: (_invitation(revoked_at=AT), AT),
                "This invitation was taken back.",
            ),
            Example(
                words("Somebody has come in by it"),
                lambda: (_invitation(accepted_at=AT), AT),
                "This invitation has been used.",
            ),
            Example(words("Gus follows it at once"), lambda: (_invitation(), AT)),
        ),
    ),
    Rule(
        "invited-address",
        words("An invitation is accepted by the address it was sent to, once that is confirmed."),
        check=invited_address,
        examples=(
            Example(
                words("Gus was invited, and Hal follows the link"),
                lambda: (_invitation(), ["hal@example.org"], "hal@example.org"),
                "This invitation is for gus@example.org, and you are signed in as hal@example.org.",
            ),
            Example(
                words("Gus follows it, and writes his address with a capital"),
                lambda: (_invitation(), ["Gus@example.org"], "Gus@example.org"),
            ),
        ),
    ),
    Rule(
        "invited-once",
        words("Nobody is invited who is in the team already."),
        check=invited_once,
        examples=(
            Example(
                words("You invite Eve, who is in your team"),
                lambda: ("eve@example.org", True),
                "eve@example.org is in your team already.",
            ),
            Example(words("You invite Gus, who is not"), lambda: ("gus@example.org", False)),
        ),
    ),
    Rule(
        "invitations-a-day",
        words("An organisation sends at most %(count)d invitations in a day."),
        numbers=lambda _today: {"count": INVITATIONS_A_DAY},
        check=pace_of_invitations,
        examples=(
            Example(
                words("The first of so many was sent at noon"),
                lambda: (AT,),
                f"Your organisation has sent {INVITATIONS_A_DAY} invitations in a day.",
                when=AT + A_DAY,
            ),
            Example(words("There were fewer"), lambda: (None,)),
        ),
    ),
]
