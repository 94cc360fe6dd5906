"""No door of staff opens to a session that has not shown a second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.staff import has_shown_second_factor, lead_to_second_factor

STAFF_DOORS = ("/admin/", "/hijack/")


class SecondFactorMiddleware:
    """Leads to setting one up or to showing it. The demo alone may waive it (STAFF_NEEDS_SECOND_FACTOR)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.STAFF_NEEDS_SECOND_FACTOR
            and request.path.startswith(STAFF_DOORS)
            and request.user.is_authenticated
            and (request.user.is_staff or request.user.is_superuser)
            and not has_shown_second_factor(request)
        ):
            return lead_to_second_factor(request)
        return self.get_response(request)
