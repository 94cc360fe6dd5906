"""Who may look at the portal as somebody else does."""

from __future__ import annotations

from typing import Any


def may_look_as(*, hijacker: Any, hijacked: Any) -> bool:
    """Support staff may look as customers' people; never as other staff."""
    return bool(hijacker.is_staff and hijacker.has_perm("licensing.view_customer") and not hijacked.is_staff)
