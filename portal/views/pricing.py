"""The public price list, from the catalogue that bills."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from licensing.standing import standing_of
from licensing.terms import EditionTerms, edition_terms
from portal.context import storefront_of
from portal.pages.accent import accent_digits
from portal.pages.prices import INTERVALS, Front, columns, comparison, currency_of
from portal.reader import reader_locale


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """The same for everybody who is not signed in, so rendered once for each edition, currency and way of writing."""
    shop = storefront_of(request)
    if shop is None:
        return render(request, "pricing/empty.html")
    interval = request.GET.get("interval", "")
    interval = interval if interval in INTERVALS else "month"
    currency = currency_of(request, shop.edition)
    if request.user.is_authenticated or len(get_messages(request)):
        return _for_somebody(request, shop.edition, currency=currency, interval=interval)
    body, etag = _for_anybody(
        Front.of(shop.product), shop.edition.id, currency, interval, reader_locale(), get_language() or ""
    )
    response = get_conditional_response(request, etag=etag) or HttpResponse(body)
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


def _for_somebody(
    request: HttpRequest, edition: EditionTerms, *, currency: str, interval: str
) -> HttpResponse:
    """A member finds their tier marked; nobody else's cache may keep it."""
    member = getattr(request, "member", None)
    standing = standing_of(member.customer, at=timezone.now()) if member else None
    context = {
        **_page(edition, currency=currency, interval=interval),
        "held": standing.tier.key if standing else "",
        "older": standing.edition.name if standing and standing.edition.id != edition.id else "",
    }
    response = render(request, "pricing/pricing.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


@lru_cache(maxsize=256)
def _for_anybody(
    front: Front, edition_id: int, currency: str, interval: str, _locale: str, _language: str
) -> tuple[bytes, str]:
    """The page and its ETag. The reader's locale and language are in force; they are named to be part of the key."""
    context = {
        **_page(edition_terms(edition_id), currency=currency, interval=interval),
        "product": front,
        "accent": accent_digits(front.accent),
        "request": None,
        "member": None,
        "messages": [],
    }
    body = render_to_string("pricing/pricing.html", context).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def _page(edition: EditionTerms, *, currency: str, interval: str) -> dict[str, Any]:
    return {
        "edition": edition,
        "currency": currency,
        "interval": interval,
        "columns": columns(edition, currency=currency, interval=interval),
        "groups": comparison(edition),
        "held": "",
    }
