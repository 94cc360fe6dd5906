"""How promises were kept, for everybody, where the vendor wants it so."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.context import storefront_of
from portal.pages.ledger import DAYS, ledger_page


@require_safe
def promises(request: HttpRequest) -> HttpResponse:
    """Each promise, and the days on which it was kept. No customer is named; that is staff's to see."""
    shop = storefront_of(request)
    if shop is None or not shop.product.promises_public:
        raise Http404
    page = ledger_page(until=timezone.now().date())
    return render(request, "promises/promises.html", {"page": page, "days": DAYS})
