"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from licensing.terms import Storefront, storefront
from portal.pages.accent import accent_digits


def storefront_of(request: HttpRequest) -> Storefront | None:
    """Today's storefront, read once a request."""
    if not hasattr(request, "_storefront"):
        request._storefront = storefront()
    return request._storefront


def portal(request: HttpRequest) -> dict[str, Any]:
    shop = storefront_of(request)
    return {
        "product": shop.product if shop else None,
        "accent": accent_digits(shop.product.accent) if shop else "",
        "member": getattr(request, "member", None),
        "demo": settings.DEMO,
    }
