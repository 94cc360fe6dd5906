"""/team/join/<token>/: the door an invitation leads to."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from licensing.invitations import UnableToJoin, invitation_for, join
from licensing.rules.inviting import invitation_is_open, invited_address
from portal.access import act_for
from portal.accounts import verified_addresses


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join_team(request: HttpRequest, token: str) -> HttpResponse:
    """Says who invites to what. Joining takes a click by somebody who is signed in with the invited address."""
    at = timezone.now()
    invitation = invitation_for(token)
    if invitation is None:
        raise Http404
    page = {"invitation": invitation, "closed": invitation_is_open(invitation, at)}
    if not request.user.is_authenticated:
        return render(request, "team/join.html", page)
    addresses = verified_addresses(request.user)
    page["not_theirs"] = invited_address(invitation, addresses, request.user.email)
    page["already_in"] = any(place.customer_id == invitation.customer_id for place in request.places)
    if request.method != "POST":
        return render(request, "team/join.html", page)
    try:
        member = join(invitation=invitation, user=request.user, addresses=addresses, at=at)
    except UnableToJoin as error:
        return render(request, "team/join.html", {**page, "reason": error.reason}, status=422)
    act_for(request, customer_id=member.customer_id)
    messages.success(request, _("Welcome to %(name)s.") % {"name": invitation.customer})
    return redirect("plan")
