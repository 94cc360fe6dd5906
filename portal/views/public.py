"""Pages that are the same for everybody who is not signed in: rendered once, and answered 304 when asked again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_vary_headers

from portal.context import storefront_of
from portal.pages.accent import accent_digits
from portal.pages.prices import Front
from portal.templatetags.kept import fragment


def public_page(
    request: HttpRequest, template: str, context: Callable[[], dict[str, Any]], *key: object
) -> HttpResponse:
    """`key` names all that the page depends on, beside the product and the reader's locale and language."""
    if request.user.is_authenticated or len(get_messages(request)):
        return render(request, template, context())
    shop = storefront_of(request)
    front = Front.of(shop.product) if shop else None

    def anybodys() -> str:
        nobody = {
            "product": front,
            "accent": accent_digits(front.accent) if front else "",
            "request": None,
            "member": None,
            "messages": [],
        }
        return render_to_string(template, {**nobody, **context()})

    body = fragment(template, front, *key, render=anybodys).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(body)
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response
