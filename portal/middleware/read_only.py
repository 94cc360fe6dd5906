"""Whoever looks at the portal as somebody else can look, and nothing more."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.hijack import is_looking_as, may_still_look

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


class ReadOnlyHijackMiddleware:
    """Refuses every unsafe method, and all of the person's sign-in pages: recovery codes can be seen there.

    Whoever loses the right to look, or their place among staff, has looked for the last time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.ways_out = (reverse("hijack:release"), reverse("account_logout"))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_looking_as(request):
            return self.get_response(request)
        if not may_still_look(request):
            logout(request)
            return redirect("account_login")
        if request.path in self.ways_out:
            return self.get_response(request)
        if request.path.startswith("/accounts/"):
            raise PermissionDenied(
                _("While you look as somebody else, the pages of their sign-in stay closed to you.")
            )
        if request.method not in SAFE_METHODS:
            raise PermissionDenied(
                _("You look at the portal as somebody else does. You can see everything and change nothing.")
            )
        return self.get_response(request)
