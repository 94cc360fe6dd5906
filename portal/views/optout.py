"""The door of the opt-out link in mails: works signed out, by one click of the mail program, and can be undone."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.mails.opting_out import door_for


# The mail program posts here by itself (RFC 8058), without our cookie; the signed token is the proof.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the link changes nothing; POST opts out, POST with `undo` opts in again. An unknown token: 404."""
    door = door_for(token)
    if door is None:
        raise Http404
    if request.method == "POST":
        if "undo" in request.POST:
            door.opt_in()
        else:
            door.opt_out(at=timezone.now())
    response = render(request, "optout/opt_out.html", {"door": door, "is_out": door.is_out})
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
