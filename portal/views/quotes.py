"""The quote: see it, accept it, come back from Stripe, withdraw, ask again. One page shows every state."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Order, Quote
from billing.orders import QuoteChanged, UnableToAccept, accept_quote, pursue
from billing.orders import withdraw as withdraw_order
from billing.quotes import UnableToQuote, issue_quote
from licensing.giving_up import NotAgreed
from licensing.history import Actor
from licensing.rules.situation import Change
from licensing.standing import Standing
from licensing.terms import EditionTerms
from portal.access import members_only, spenders_only
from portal.context import storefront_of
from portal.facts import facts_of
from portal.hijack import is_looking_as
from portal.pace import at_human_pace
from portal.pages.quotes import Trouble, quote_page

# A signed-out person who pressed a button comes back here by GET after signing in; then the page is shown.
buttons = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@never_cache
@members_only
def show(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """The page of one quote. Only reads."""
    return _page(request, _quote(request, quote_id))


@buttons
@never_cache
@spenders_only
@at_human_pace
def accept(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """Accept and pay. Pressed twice, it answers with the same order."""
    quote = _quote(request, quote_id)
    if request.method != "POST":
        return redirect("quote", quote_id)
    at = timezone.now()
    try:
        order = accept_quote(
            quote=quote,
            actor=Actor.person(request.user),
            at=at,
            return_url=_return_url(quote),
            gives_up=request.POST.get("gives_up") == "yes",
        )
    except NotAgreed:
        return _page(request, quote, unticked=True, status=422)
    except QuoteChanged as changed:
        return redirect(f"{reverse('quote', args=[changed.quote.pk])}?instead_of={quote.pk}")
    except UnableToAccept as refusal:
        trouble = Trouble(
            _("This quote cannot be accepted now."),
            _("You were not charged, and nothing changed."),
            tuple(refusal.reasons),
        )
        return _page(request, quote, trouble=trouble, status=409)
    except (StripeUnavailable, StripeRefused):
        return _page(request, quote, trouble=_stripe_is_silent(), status=503)
    return redirect(order.pay_url) if order.is_pending and order.pay_url else redirect("quote", quote_id)


@require_safe
@never_cache
@members_only
def come_back(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """Where Stripe's pages lead back to, and where a waiting page looks: ask Stripe, then show.

    Asking is safe any number of times, so this may be a GET: Stripe's redirect is one. Staff who look as the member
    only look.
    """
    quote = _quote(request, quote_id)
    order = Order.objects.filter(quote=quote).only("pk", "state").first()
    if order is not None and order.is_pending and not is_looking_as(request):
        pursue(order_id=order.pk, at=timezone.now())
    return redirect("quote", quote_id)


@buttons
@never_cache
@spenders_only
@at_human_pace
def withdraw(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """End a payment that was not finished. If it was paid meanwhile, it settles instead, and the page says so."""
    quote = _quote(request, quote_id)
    order = Order.objects.filter(quote=quote).first()
    if request.method == "POST" and order is not None and order.is_pending:
        try:
            withdraw_order(order=order, actor=Actor.person(request.user), at=timezone.now())
        except StripeUnavailable:
            return _page(request, quote, trouble=_not_withdrawn(), status=503)
    return redirect("quote", quote_id)


@buttons
@never_cache
@spenders_only
@at_human_pace
def ask_again(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """A fresh quote for the same change, on the terms sold today."""
    old = _quote(request, quote_id)
    shop = storefront_of(request)
    if request.method != "POST" or shop is None:
        return redirect("quote", quote_id)
    at = timezone.now()
    situation = facts_of(request.member.customer, today=shop.edition, at=at).situation
    change = _same_change(old, standing=situation.standing, today=shop.edition)
    if change is None:
        return redirect("upgrade")
    try:
        quote = issue_quote(
            situation=situation,
            change=change,
            email=request.user.email,
            actor=Actor.person(request.user),
            at=at,
        )
    except UnableToQuote as refusal:
        trouble = Trouble(
            _("This is not open to you now."),
            _("You were not charged, and nothing changed."),
            tuple(refusal.reasons),
        )
        return _page(request, old, trouble=trouble, status=409)
    except (StripeUnavailable, StripeRefused):
        return _page(request, old, trouble=_stripe_is_silent(), status=503)
    return redirect(f"{reverse('quote', args=[quote.pk])}?instead_of={old.pk}")


def _same_change(old: Quote, *, standing: Standing, today: EditionTerms) -> Change | None:
    """The old quote's change as it is sold now: the held tier on the terms it is held on, any other on today's."""
    edition = standing.edition if old.tier_id == standing.tier.id else today
    tier = edition.tier(old.tier.key)
    return Change(tier, edition, old.seats, old.price.interval) if tier else None


def _quote(request: HttpRequest, quote_id: UUID) -> Quote:
    """The member's customer's quote; another's answers as one that does not exist."""
    quotes = Quote.objects.select_related("tier", "price", "licence")
    quote = get_object_or_404(quotes, pk=quote_id, customer_id=request.member.customer_id)
    quote.customer = request.member.customer
    return quote


def _return_url(quote: Quote) -> str:
    return settings.BASE_URL + reverse("quote_return", args=[quote.pk])


def _stripe_is_silent() -> Trouble:
    return Trouble(
        _("Stripe, who takes our payments, does not answer."),
        _("You were not charged, and nothing changed. Try again in a minute."),
    )


def _not_withdrawn() -> Trouble:
    """It may have been paid, or closed, without our knowing: only what is known is said."""
    return Trouble(
        _("Stripe, who takes our payments, does not answer."),
        _("So this payment is not withdrawn yet, and nothing was charged by this. Try again in a minute."),
    )


def _page(
    request: HttpRequest,
    quote: Quote,
    *,
    trouble: Trouble | None = None,
    unticked: bool = False,
    status: int = 200,
) -> HttpResponse:
    page = quote_page(
        quote=quote,
        member=request.member,
        at=timezone.now(),
        instead_of=request.GET.get("instead_of", ""),
        trouble=trouble,
        unticked=unticked,
    )
    return render(request, "quotes/quote.html", {"page": page}, status=status)
