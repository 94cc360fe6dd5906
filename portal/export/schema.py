"""What an export holds: its parts in order, and what of a customer's rows is left out, with the reason.

The version counts up when a column goes, is renamed or means something else. A part or column that is added keeps it:
whoever reads an export passes over what they do not know.
"""

from __future__ import annotations

from portal.export import billing_parts, history_parts, people_parts, rights_parts
from portal.export.part import Made, Part

SCHEMA = "customer-export/1"

PARTS: tuple[Part | Made, ...] = (
    *people_parts.PARTS,
    *rights_parts.PARTS,
    *history_parts.PARTS,
    *billing_parts.PARTS,
)

# Rows that lead to a customer and are in no part.
LEFT_OUT = {
    "licensing.DeliveryReport": "what the mail provider said of each mail; what came of it is in “deliveries”",
    "licensing.Rehearsed": "what a draft of new terms would mean, played through before anything is decided",
    "licensing.Erasure": "that it was asked for is in the history; an export is fetched before it is done",
    "billing.PayerAttempt": "our question to Stripe while it has no answer; what came of it is in “payment”",
    "billing.Subscription": "Stripe’s numbers of what pays for the licence; the licence itself is in “licences”",
    "billing.Attempt": "our questions to Stripe, with the keys that keep us from charging twice",
    "billing.BalanceCredit": "our question to Stripe about a credit; the credit is in “exceptions” and in the history",
    "billing.PriceMove": "our question to Stripe about a renewal; what came of it is in “planned_changes”",
    "billing.Brake": "that charging was paused is in the history; the note of staff is about our own care",
    "billing.OpenViolation": "a contradiction in our own books, until it is mended",
    "billing.Difference": "a difference between our books and Stripe’s",
}
