"""The menu of staff: everybody sees what they may open, and nothing else."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

# Heading → (title, Material symbol, app, model).
MENU: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        "Customers",
        (
            ("Customers", "apartment", "licensing", "customer"),
            ("Licences", "verified", "licensing", "licence"),
            ("Trials", "hourglass_top", "licensing", "trial"),
            ("Exceptions", "release_alert", "licensing", "waiver"),
            ("Usage", "speed", "licensing", "usagereading"),
            ("Notices", "mail", "licensing", "notice"),
            ("Planned changes", "event_busy", "licensing", "plannedchange"),
            ("History", "history", "licensing", "event"),
            ("Erasures", "ink_eraser", "licensing", "erasure"),
        ),
    ),
    (
        "Billing",
        (
            ("Orders", "shopping_bag", "billing", "order"),
            ("Quotes", "request_quote", "billing", "quote"),
            ("Invoices", "receipt_long", "billing", "invoice"),
            ("Credits", "savings", "billing", "balancecredit"),
            ("Prices of renewals", "price_change", "billing", "pricemove"),
            ("Payers", "credit_card", "billing", "payer"),
            ("Stripe events", "inbox", "billing", "stripeevent"),
            ("Promises", "handshake", "licensing", "promisecheck"),
            ("Broken invariants", "rule", "billing", "openviolation"),
            ("Differences with Stripe", "difference", "billing", "difference"),
            ("Reconciliations", "balance", "billing", "reconciliation"),
            ("Brakes", "front_hand", "billing", "brake"),
        ),
    ),
    (
        "Catalogue",
        (
            ("Editions", "menu_book", "licensing", "edition"),
            ("Rehearsals", "theater_comedy", "licensing", "rehearsal"),
            ("Approvals", "how_to_reg", "licensing", "approval"),
            ("Exceptions to promises", "assignment_late", "licensing", "promiseexception"),
            ("Products", "category", "licensing", "product"),
            ("Sunsets", "wb_twilight", "licensing", "sunset"),
            ("Notice periods", "event_upcoming", "licensing", "noticerule"),
            ("Versions of the rules", "gavel", "portal", "policyversion"),
        ),
    ),
    (
        "People",
        (
            ("People", "person", "portal", "user"),
            ("Groups", "group", "auth", "group"),
        ),
    ),
)


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu as the theme wants it, cut to what `request.user` may view."""
    first = {"items": [{"title": "What needs a person", "icon": "home", "link": reverse("admin:index")}]}
    groups = [
        {
            "title": heading,
            "separator": True,
            "items": [
                {"title": title, "icon": icon, "link": reverse(f"admin:{app}_{model}_changelist")}
                for title, icon, app, model in items
                if request.user.has_perm(f"{app}.view_{model}")
            ],
        }
        for heading, items in MENU
    ]
    return [first, *(group for group in groups if group["items"])]


def stylesheet(_request: HttpRequest) -> str:
    """What our own pages of staff need beyond the theme's styles."""
    return static("staff/staff.css")
