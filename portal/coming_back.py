"""Whoever comes back with a session: the person and their places, in one query."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend

from licensing.models import Customer, Member
from licensing.rows import ask, columns, instance, width
from portal.models import User

_PERSON = f"""
SELECT {columns(User, of="person")}, {columns(Member, of="member")}, {columns(Customer, of="customer")}
FROM portal_user person
LEFT JOIN (licensing_member member
           JOIN licensing_customer customer ON customer.id = member.customer_id AND customer.closed_at IS NULL)
    ON member.user_id = person.id
WHERE person.id = %s
ORDER BY member.joined_at, member.id
"""


class AuthenticationBackend(AllauthBackend):
    """Signing in is allauth's; it asks for an address, which is verified."""

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session, with `places`: a Member in each open customer, the first they joined first."""
        rows = ask(_PERSON, [user_id])
        user = instance(User, rows[0][: width(User)]) if rows else None
        if user is None or not self.user_can_authenticate(user):
            return None
        user.places = [place for row in rows if (place := _place(row[width(User) :], user=user))]
        return user


def _place(row: Any, *, user: User) -> Member | None:
    member = instance(Member, row[: width(Member)])
    if member is not None:
        member.user, member.customer = user, instance(Customer, row[width(Member) :])
    return member
