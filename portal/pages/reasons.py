"""How a reason is told, and which of several are worth it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from licensing.models import Role
from licensing.reasons import Reason
from licensing.team import role_allows

# Each of these makes the others idle: cancelling asks for no seats, and of what is held nothing more need be said.
ENOUGH = {"leaving-is-cancelling", "tier-is-higher"}
# What these ask for is done on the billing page, which is not open to every role.
AT_BILLING = {"leaving-is-cancelling", "nothing-is-owed", "not-cancelled"}


def telling(reasons: Sequence[Reason], *, role: str = Role.OWNER) -> list[Reason]:
    """The reasons without those that do not matter beside a stronger one, as whoever has `role` is told them."""
    found = [reason for reason in reasons if reason.rule in ENOUGH] or list(reasons)
    closed = role_allows(role, "spend")
    if closed is None:
        return found
    words = f"{closed.text} {closed.change}"
    return [replace(reason, change=words) if reason.rule in AT_BILLING else reason for reason in found]


def told(*reasons: Reason) -> SafeString:
    """Reasons in whole sentences, each with the link to its clause; for messages and the errors of forms."""
    return format_html_join(" ", "{}", [(_told(reason),) for reason in reasons])


def _told(reason: Reason) -> SafeString:
    return mark_safe(render_to_string("_reason.html", {"reason": reason}, using="compiled").strip())
