"""Staff: the groups there are, and the second factor that opens their doors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib import messages
from django.contrib.auth.models import Group, Permission
from django.core.paginator import InvalidPage
from django.db.models import Q
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

SUPPORT, CATALOGUE, FINANCE = "support", "catalogue", "finance"

CATALOGUE_MODELS = (
    "product",
    "edition",
    "tier",
    "feature",
    "grant",
    "claim",
    "price",
    "noticerule",
    "sunset",
)
# What stands between a draft and its publication: looked at, and done by an action.
PUBLISHING = (
    "publish_edition",
    *(
        f"{verb}_{model}"
        for model in ("approval", "rehearsal", "promiseexception")
        for verb in ("view", "add")
    ),
    "view_rehearsed",
    "announce_sunset",
    "view_plannedchange",
    "view_promisecheck",
)
# Pulling a brake, and letting it go.
BRAKES = ("add_brake", "change_brake")
# Asking for an exception, and ending one.
WAIVERS = ("add_waiver", "change_waiver")
# What support may change: everything else about a customer is changed through an action with a reason.
SUPPORT_CHANGES = (
    "change_customer",
    "change_trial",
    "add_usagereading",
    "add_erasure",
    "change_erasure",
    "change_notice",
    "change_order",
    "change_balancecredit",
    "change_pricemove",
    *WAIVERS,
    *BRAKES,
)
FINANCE_CHANGES = (
    "change_order",
    "change_balancecredit",
    "change_pricemove",
    *WAIVERS,
    "approve_waiver",
    *BRAKES,
)


def ensure_groups() -> None:
    """Make the groups support, catalogue and finance where they are missing, and give each what it is for.

    Idempotent; run after every migration. It adds what a group should have and takes nothing away, so that a vendor
    may give a group more.
    """
    viewing = Q(codename__startswith="view_")
    ours = Q(content_type__app_label__in=["licensing", "billing"])
    people = Q(codename__in=["view_user", "view_emailaddress"])
    catalogue = Q(
        content_type__app_label="licensing",
        codename__in=[
            *(
                f"{verb}_{model}"
                for model in CATALOGUE_MODELS
                for verb in ("view", "add", "change", "delete")
            ),
            *PUBLISHING,
            "view_licence",
        ],
    )
    finance = Q(content_type__app_label="billing") | Q(
        codename__in=[
            "view_customer",
            "view_licence",
            "view_promisecheck",
            "view_event",
            "view_waiver",
            *WAIVERS,
            "approve_waiver",
        ]
    )
    may_change = Q(codename__in=SUPPORT_CHANGES)
    rules = Q(codename="view_policyversion")
    for name, what in (
        (SUPPORT, (ours & (viewing | may_change)) | people | rules),
        (CATALOGUE, catalogue | rules),
        (FINANCE, (finance & (viewing | Q(codename__in=FINANCE_CHANGES))) | people),
    ):
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.add(*Permission.objects.filter(what))


def on_pages_there_are(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The theme's search trusts the number of the page; one that there is not is 404."""

    @wraps(view)
    def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (InvalidPage, ValueError):
            raise Http404 from None

    return found


def has_shown_second_factor(request: HttpRequest) -> bool:
    """Whether this very session has shown a second factor. Having one is not enough: an older session may lack it."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


def lead_to_second_factor(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the factor a person has, or to the one that sets the first up."""
    for method in get_adapter().get_reauthentication_methods(request.user):
        if method["id"].startswith("mfa_reauthenticate"):
            return redirect(f"{method['url']}?{urlencode({'next': request.get_full_path()})}")
    messages.info(
        request, _("The doors of staff need a second factor. Set one up here; then open the admin again.")
    )
    return redirect("mfa_index")


@receiver(authenticator_added)
def _setting_up_shows_it(request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any) -> None:
    """Whoever has just set a factor up has just shown it."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
