"""Each request is answered in its reader's locale and its customer's time zone."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from portal.access import member_of, places_of
from portal.reader import locale_for, reading_as

UTC = ZoneInfo("UTC")


class ReaderMiddleware:
    """Also sets `request.places`, the person's Members, and `request.member`, the one they act from, or None."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.places = places_of(request)
        request.member = member_of(request, places=request.places)
        zone = request.member.customer.zone if request.member else UTC
        with reading_as(locale=locale_for(request.headers.get("Accept-Language", "")), zone=zone):
            return self.get_response(request)
