"""How a reason is told, and which of several are worth it."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from licensing.reasons import Reason

# Each of these makes the others idle: cancelling asks for no seats, and of what is held nothing more need be said.
ENOUGH = {"leaving-is-cancelling", "tier-is-higher"}


def telling(reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons without those that do not matter beside a stronger one."""
    return [reason for reason in reasons if reason.rule in ENOUGH] or list(reasons)


def told(*reasons: Reason) -> SafeString:
    """Reasons in whole sentences, each with the link to its clause; for messages and the errors of forms."""
    return format_html_join(" ", "{}", [(_told(reason),) for reason in reasons])


def _told(reason: Reason) -> SafeString:
    return mark_safe(render_to_string("_reason.html", {"reason": reason}, using="compiled").strip())
