"""What changed in the terms, and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from licensing.standing import standing_of
from portal.context import storefront_of
from portal.pages.affected import for_holder
from portal.pages.changes import history
from portal.pages.prices import currency_of
from portal.views.public import public_page


@require_safe
def changelog(request: HttpRequest) -> HttpResponse:
    """Every published edition with its reasons, newest first; prices in the reader's currency. A member reads of each
    what it means for their organisation.
    """
    shop = storefront_of(request)
    currency = currency_of(request, shop.edition) if shop else ""
    member = getattr(request, "member", None)

    def context() -> dict[str, Any]:
        chapters = history(shop.product.pk, currency=currency) if shop else []
        if member:
            chapters = for_holder(chapters, standing=standing_of(member.customer, at=timezone.now()))
        return {
            "chapters": chapters,
            "currency": currency,
            "currencies": shop.edition.currencies if shop else (),
        }

    return public_page(request, "changelog/changelog.html", context, shop and shop.edition.id, currency)
