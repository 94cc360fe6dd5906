"""Billing: what is paid and what comes next, Stripe's billing portal, cancelling and undoing it."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing.answers import StripeRefused, StripeUnavailable
from billing.cancellation import UnableToCancel, cancel_at_period_end, undo_cancellation
from billing.models import Quote
from billing.payers import NoPayer, billing_portal_url, payer_of, refresh_payer
from licensing.giving_up import NotAgreed
from licensing.history import Actor
from portal.access import spenders_only
from portal.context import storefront_of
from portal.hijack import is_looking_as
from portal.pace import at_human_pace
from portal.pages.billing import billing_page, cancel_page
from portal.pages.reasons import told

FROM_STRIPE = "back"
UUID_LENGTH = 36
SILENT = gettext_lazy(
    "Stripe, who takes our payments, does not answer. Nothing changed. Try again in a minute."
)
# The answer may be lost and not the question, so neither "done" nor "not done" would be true.
UNKNOWN = gettext_lazy(
    "Stripe, who takes our payments, has not answered, so we do not know yet whether it was taken in. Nothing was "
    "charged. Press again, as often as you like: twice is the same as once."
)
REFUSED = gettext_lazy(
    "Stripe, who takes our payments, does not accept this as it stands. Nothing changed; if it stays so, write to us."
)

# A signed-out person who pressed a button comes back here by GET after signing in; then the page is shown.
buttons = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@never_cache
@spenders_only
def show(request: HttpRequest) -> HttpResponse:
    """The page; for who comes back from Stripe's pages it first reads what card is on file now."""
    if FROM_STRIPE in request.GET:
        if not is_looking_as(request):
            _read_card_again(request)
        return redirect(_way_back(request))
    page = billing_page(
        customer=request.member.customer, at=timezone.now(), page=request.GET.get("page", "1")
    )
    return render(request, "billing/billing.html", {"page": page})


@buttons
@spenders_only
@at_human_pace
def stripe_portal(request: HttpRequest) -> HttpResponse:
    """Lead to Stripe's own page for cards, details and receipts, and from there back to where the reader was."""
    if request.method != "POST":
        return redirect("billing")
    customer = request.member.customer
    asked_from = urlencode({FROM_STRIPE: request.POST.get("quote", "")[:UUID_LENGTH]})
    back = f"{settings.BASE_URL}{reverse('billing')}?{asked_from}"
    try:
        return redirect(billing_portal_url(customer=customer, return_url=back))
    except NoPayer:
        messages.info(
            request, _("You have not bought anything yet, so there is no payment method to change.")
        )
    except (StripeUnavailable, StripeRefused):
        messages.error(request, SILENT)
    return redirect("billing")


@buttons
@never_cache
@spenders_only
@at_human_pace
def cancel(request: HttpRequest) -> HttpResponse:
    """Say what cancelling does and when; on POST, do it."""
    customer, at = request.member.customer, timezone.now()
    shop = storefront_of(request)
    trouble, status, unticked = "", 200, False
    if request.method == "POST":
        try:
            cancel_at_period_end(
                customer=customer,
                actor=Actor.person(request.user),
                at=at,
                gives_up=request.POST.get("gives_up") == "yes",
            )
            return redirect("billing")
        except NotAgreed:
            unticked, status = True, 422
        except UnableToCancel as refusal:
            trouble, status = told(*refusal.reasons), 409
        except StripeUnavailable:
            trouble, status = str(UNKNOWN), 503
        except StripeRefused:
            trouble, status = str(REFUSED), 409
    page = cancel_page(customer=customer, today=shop.edition if shop else None, at=at, trouble=trouble)
    if page.licence.is_free or page.licence.cancels_at_period_end:
        return redirect("billing")
    context = {"page": page, "is_unknown": status == 503, "unticked": unticked}
    return render(request, "billing/cancel.html", context, status=status)


@buttons
@spenders_only
@at_human_pace
def undo_cancel(request: HttpRequest) -> HttpResponse:
    """Take a cancellation back, while the licence still runs."""
    if request.method == "POST":
        try:
            undo_cancellation(
                customer=request.member.customer, actor=Actor.person(request.user), at=timezone.now()
            )
            messages.success(request, _("Your plan goes on as before. Nothing was charged."))
        except UnableToCancel as refusal:
            messages.error(request, told(*refusal.reasons))
        except StripeUnavailable:
            messages.error(request, UNKNOWN)
        except StripeRefused:
            messages.error(request, REFUSED)
    return redirect("billing")


def _read_card_again(request: HttpRequest) -> None:
    """Where Stripe is silent, its event brings the same a little later."""
    payer = payer_of(request.member.customer)
    if payer is not None:
        with suppress(StripeUnavailable, StripeRefused):
            refresh_payer(payer)


def _way_back(request: HttpRequest) -> str:
    """The quote the reader came from, if it is theirs; else the billing page."""
    try:
        quote_id = UUID(request.GET.get(FROM_STRIPE, ""))
    except ValueError:
        return reverse("billing")
    is_theirs = Quote.objects.filter(pk=quote_id, customer=request.member.customer_id).exists()
    return reverse("quote", args=[quote_id]) if is_theirs else reverse("billing")
