"""/start/: a person who belongs to no organisation yet makes theirs, or joins the one that invited them."""

from __future__ import annotations

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from licensing.customers import UnableToOpen, open_customer
from licensing.invitations import open_invitations_to, token_of
from licensing.rules.opening import something_is_on_sale
from portal import places
from portal.access import act_for
from portal.accounts import AccountAdapter, verified_addresses
from portal.context import storefront_of
from portal.forms.start import StartForm
from portal.pages.reasons import told
from portal.reader import reader_locale


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Make an organisation. Whoever has one is led to its plan, unless they ask for `?another`."""
    if request.member and "another" not in request.GET:
        return redirect(_meant(request))
    at = timezone.now()
    shop = storefront_of(request)
    locale = reader_locale()
    form = StartForm(
        request.POST or None,
        locale=locale,
        country=places.country_of(request.headers.get("Accept-Language", "")),
        currencies=shop.edition.currencies if shop else [],
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                customer = open_customer(**form.cleaned_data, locale=locale, owner=request.user, at=at)
            except UnableToOpen as error:
                form.add_error(None, told(error.reason))
            else:
                act_for(request, customer_id=customer.pk)
                return redirect(_meant(request))
    invitations = [
        {"invitation": invitation, "token": token_of(invitation)}
        for invitation in open_invitations_to(verified_addresses(request.user), at=at)
    ]
    return render(
        request,
        "start/start.html",
        {
            "form": form,
            "invitations": invitations,
            "closed": something_is_on_sale(shop.edition if shop else None),
        },
        status=status,
    )


def _meant(request: HttpRequest) -> str:
    """Where the person meant to go before they were led here, if that is a page of ours; else My plan."""
    meant = request.GET.get(REDIRECT_FIELD_NAME, "")
    return meant if AccountAdapter(request).is_safe_url(meant) else reverse("plan")
