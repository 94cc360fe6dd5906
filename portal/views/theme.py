"""The vendor's accent colour as a style sheet, because the pages' policy allows no inline style."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import etag, require_safe

from portal.pages.accent import style_sheet


@require_safe
@etag(lambda _request, accent: f'"{accent}"')
def theme(_request: HttpRequest, accent: str) -> HttpResponse:
    """One colour's sheet. Its address holds the colour, so it may be kept for a year and asks no database."""
    response = HttpResponse(style_sheet(accent), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
