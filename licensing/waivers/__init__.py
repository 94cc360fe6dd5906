"""Exceptions for one customer: asked for by one person, above a threshold approved by another, ended by the clock.

Each is dated and reasoned, and each step is in the history. Nothing that was granted changes; it can only be ended.
What is in force is read by licensing/waived.py.
"""

from licensing.waivers.asking import (
    EXCEPTIONS,
    LONGEST,
    UnableToAsk,
    ask_for_waiver,
    credit_room,
    value_without,
)
from licensing.waivers.clock import REMINDERS, close_due, remind_due
from licensing.waivers.granting import (
    UnableToApprove,
    UnableToEnd,
    approve,
    end_waiver,
    refuse,
    use_another_trial,
    use_credit,
)

__all__ = [
    "EXCEPTIONS",
    "LONGEST",
    "REMINDERS",
    "UnableToApprove",
    "UnableToAsk",
    "UnableToEnd",
    "approve",
    "ask_for_waiver",
    "close_due",
    "credit_room",
    "end_waiver",
    "refuse",
    "remind_due",
    "use_another_trial",
    "use_credit",
    "value_without",
]
