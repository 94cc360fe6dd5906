"""The rules, in plain words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.context import storefront_of
from portal.pages.policy import chapters


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Every rule that can say no, with its anchor; each Reason links to its clause here."""
    shop = storefront_of(request)
    return render(request, "policy/policy.html", {"chapters": chapters(shop.edition if shop else None)})
