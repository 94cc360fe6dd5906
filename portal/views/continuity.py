"""What becomes of data, whatever happens."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages.continuity import KINDS, TRANSITIONS


@require_safe
def continuity(request: HttpRequest) -> HttpResponse:
    """Each transition with what it changes, and all of it as one table."""
    table = [(kind, [(each, each.cell(kind)) for each in TRANSITIONS]) for kind in KINDS]
    return render(request, "continuity/continuity.html", {"transitions": TRANSITIONS, "table": table})
