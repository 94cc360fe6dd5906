"""What changed in the terms, and why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.context import storefront_of
from portal.pages.changes import history
from portal.pages.prices import currency_of


@require_safe
def changelog(request: HttpRequest) -> HttpResponse:
    """Every published edition with its reasons, newest first; prices in the reader's currency."""
    shop = storefront_of(request)
    chapters = history(shop.product.pk, currency=currency_of(request, shop.edition)) if shop else []
    return render(request, "changelog/changelog.html", {"chapters": chapters})
