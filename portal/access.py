"""Who may do what at which door. Others' things answer as things that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from licensing.models import Member
from licensing.reasons import Reason
from licensing.team import role_allows

View = Callable[..., HttpResponse]
CUSTOMER_IN_SESSION = "customer"


def places_of(request: HttpRequest) -> list[Member]:
    """The signed-in person's place in each open customer, the first they joined first."""
    if not request.user.is_authenticated:
        return []
    if (known := getattr(request.user, "places", None)) is not None:
        return list(known)
    places = list(
        Member.objects.filter(user_id=request.user.pk, customer__closed_at=None)
        .select_related("customer")
        .order_by("joined_at", "pk")
    )
    for place in places:
        place.user = request.user
    return places


def member_of(request: HttpRequest, *, places: list[Member]) -> Member | None:
    """Of the person's places the one they act from: in the customer they chose, else the first they joined."""
    if not places:
        return None
    chosen = request.session.get(CUSTOMER_IN_SESSION)
    return next((place for place in places if place.customer_id == chosen), places[0])


def act_for(request: HttpRequest, *, customer_id: int) -> None:
    """From the next request on, the person acts for this customer."""
    request.session[CUSTOMER_IN_SESSION] = customer_id


def members_only(view: View) -> View:
    """Signed in, and a member of some customer; a person without one is led to make it, and from there to where they
    meant to go.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.member is None:
            meant = request.get_full_path() if request.method == "GET" else ""
            is_plain = meant in ("", reverse("plan"))
            return redirect("start") if is_plain else redirect_to_login(meant, login_url=reverse("start"))
        return view(request, *args, **kwargs)

    return guarded


def pressed_on(page: str) -> Callable[[View], View]:
    """For the doors of buttons, which take POST alone: whoever comes another way is led to the page of the button.

    So does whoever pressed it after their session had ended: signing in leads back here by GET.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, *args, **kwargs) if request.method == "POST" else redirect(page)

        return guarded

    return decorate


class NotForTheirRole(PermissionDenied):
    """403; `reason` says who can, and what this person can do instead."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


def ask_of_role(request: HttpRequest, what: str) -> None:
    """Let the member's role through to "spend" or to "manage". Raises NotForTheirRole."""
    if reason := role_allows(request.member.role, what):
        raise NotForTheirRole(reason)


def spenders_only(view: View) -> View:
    """Owner and billing. Others are told so, and what they can do instead."""

    @members_only
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ask_of_role(request, "spend")
        return view(request, *args, **kwargs)

    return guarded


def owners_only(view: View) -> View:
    """Owners alone. Others are told so."""

    @members_only
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ask_of_role(request, "manage")
        return view(request, *args, **kwargs)

    return guarded
