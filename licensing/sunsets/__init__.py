"""Retiring a feature or an edition by an announced plan: each touched customer is told, and nothing changes for them
before their own day.
"""

from licensing.sunsets.announcing import SUNSETS, UnableToAnnounce, UnableToWithdraw, announce, withdraw
from licensing.sunsets.carrying_out import carry_out_due
from licensing.sunsets.faults import faults
from licensing.sunsets.following import follow_notices, put_off_passed
from licensing.sunsets.planning import plan_open, remind_due, tell_due, void_moved, void_withdrawn
from licensing.sunsets.ramp import UnreadableRamp, day_for, steps_of

__all__ = [
    "SUNSETS",
    "UnableToAnnounce",
    "UnableToWithdraw",
    "UnreadableRamp",
    "announce",
    "carry_out_due",
    "day_for",
    "faults",
    "follow_notices",
    "plan_open",
    "put_off_passed",
    "remind_due",
    "steps_of",
    "tell_due",
    "void_moved",
    "void_withdrawn",
    "withdraw",
]
