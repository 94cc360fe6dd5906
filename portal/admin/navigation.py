"""The menu of staff: everybody sees what they may open, and nothing else."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

# Heading → (Material symbol, app, model). A model is named as its pages are: by its plural.
MENU: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Customers",
        (
            ("apartment", "licensing", "customer"),
            ("verified", "licensing", "licence"),
            ("hourglass_top", "licensing", "trial"),
            ("release_alert", "licensing", "waiver"),
            ("speed", "licensing", "usagereading"),
            ("mail", "licensing", "notice"),
            ("event_busy", "licensing", "plannedchange"),
            ("history", "licensing", "event"),
            ("ink_eraser", "licensing", "erasure"),
        ),
    ),
    (
        "Billing",
        (
            ("shopping_bag", "billing", "order"),
            ("request_quote", "billing", "quote"),
            ("receipt_long", "billing", "invoice"),
            ("savings", "billing", "balancecredit"),
            ("price_change", "billing", "pricemove"),
            ("credit_card", "billing", "payer"),
            ("inbox", "billing", "stripeevent"),
            ("handshake", "licensing", "promisecheck"),
            ("rule", "billing", "openviolation"),
            ("difference", "billing", "difference"),
            ("balance", "billing", "reconciliation"),
            ("front_hand", "billing", "brake"),
        ),
    ),
    (
        "Catalogue",
        (
            ("menu_book", "licensing", "edition"),
            ("theater_comedy", "licensing", "rehearsal"),
            ("how_to_reg", "licensing", "approval"),
            ("assignment_late", "licensing", "promiseexception"),
            ("category", "licensing", "product"),
            ("wb_twilight", "licensing", "sunset"),
            ("event_upcoming", "licensing", "noticerule"),
            ("gavel", "portal", "policyversion"),
        ),
    ),
    (
        "People",
        (
            ("person", "portal", "user"),
            ("group", "auth", "group"),
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
                {
                    "title": _title(app, model),
                    "icon": icon,
                    "link": reverse(f"admin:{app}_{model}_changelist"),
                }
                for icon, app, model in items
                if request.user.has_perm(f"{app}.view_{model}")
            ],
        }
        for heading, items in MENU
    ]
    return [first, *(group for group in groups if group["items"])]


def _title(app: str, model: str) -> str:
    return capfirst(str(apps.get_model(app, model)._meta.verbose_name_plural))
