"""What the parts of an export are called where people read of them; in the file they have their keys."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as words

from licensing.reasons import Words

TITLES: dict[str, Words] = {
    "organisation": words("Your organisation"),
    "members": words("Team"),
    "invitations": words("Invitations"),
    "upgrade_requests": words("Questions to owners"),
    "licences": words("Licences"),
    "entitlements": words("What you may do"),
    "trials": words("Trials"),
    "exceptions": words("Exceptions"),
    "planned_changes": words("What is announced"),
    "usage": words("Usage"),
    "history": words("History"),
    "notices": words("Notices"),
    "deliveries": words("Mails"),
    "opt_outs": words("Mails you switched off"),
    "payment": words("Payment"),
    "quotes": words("Quotes"),
    "orders": words("Orders"),
    "invoices": words("Invoices"),
}
