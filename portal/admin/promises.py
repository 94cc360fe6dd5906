"""How promises were kept, night by night: read only. The ledger heads the list; each check names its breaches."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from billing.promises import PROMISES
from licensing.admin.base import ReadOnlyAdmin, customer_url
from licensing.admin.queues import PROMISE_QUEUES, queue_filter
from licensing.models import PromiseCheck
from portal.pages.ledger import ledger_page

SAYS = {promise.key: promise.sentence for promise in PROMISES}


class PromiseFilter(admin.SimpleListFilter):
    """One promise, by what it says."""

    title = "promise"
    parameter_name = "promise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(SAYS.items())

    def queryset(self, request: HttpRequest, rows: QuerySet[PromiseCheck]) -> QuerySet[PromiseCheck]:
        return rows.filter(promise=self.value()) if self.value() else rows


@admin.register(PromiseCheck)
class PromiseCheckAdmin(ReadOnlyAdmin):
    list_display = ["day", "says", "found", "checked_at"]
    list_filter = [queue_filter(PROMISE_QUEUES), PromiseFilter]
    fields = ["says", "day", "checked_at", "broken", "named"]
    change_list_template = "admin/staff/promises.html"

    @display(description="promise", ordering="promise")
    def says(self, row: PromiseCheck) -> str:
        """The sentence that customers read; a promise that is made no longer is known by its key."""
        return SAYS.get(row.promise, row.promise)

    @display(description="found", label={"kept": "success", "broken": "danger"})
    def found(self, row: PromiseCheck) -> tuple[str, str]:
        return ("kept", "kept") if row.is_kept else ("broken", f"broken at {row.broken}")

    @display(description="where it was broken")
    def named(self, row: PromiseCheck) -> SafeString | str:
        """The first of the places, each with the way to its customer."""
        return _places(row, '<a class="staff-link" href="{}">customer {}</a>: {}')

    @display(description="where it was broken")
    def named_plainly(self, row: PromiseCheck) -> SafeString | str:
        """The same for whoever may not open customers."""
        return _places(row, "customer {1}: {2}")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        page: HttpResponse = super().changelist_view(
            request, {**(extra_context or {}), "ledger": ledger_page(until=timezone.now().date())}
        )
        return page


def _places(row: PromiseCheck, line: str) -> SafeString | str:
    """`line` writes (address, customer, what)."""
    lines = [(customer_url(each["customer"]), each["customer"], each["what"]) for each in row.breaches]
    if not lines:
        return "Nowhere: it was kept."
    more = row.broken - len(lines)
    listed = format_html_join("", f"<li><div>{line}</div></li>", lines)
    return format_html('<ul class="staff-list">{}</ul>{}', listed, f"And at {more} more." if more > 0 else "")
