"""What staff see and do of licensing. The customer's one page is the portal's, because it shows payment too."""

from licensing.admin import (
    catalogue,
    erasures,
    licences,
    notice_rules,
    notices,
    planned_changes,
    promise_exceptions,
    publishing,
    rehearsals,
    sunsets,
    trials,
    usage,
    waivers,
)

__all__ = [
    "catalogue",
    "erasures",
    "licences",
    "notice_rules",
    "notices",
    "planned_changes",
    "promise_exceptions",
    "publishing",
    "rehearsals",
    "sunsets",
    "trials",
    "usage",
    "waivers",
]
