"""Moving to today's terms of one's own tier, whenever one likes: a binding quote of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.answers import StripeRefused, StripeUnavailable
from billing.quotes import UnableToQuote, issue_quote
from licensing.history import Actor
from licensing.rules.situation import Change
from portal.access import spenders_only
from portal.context import storefront_of
from portal.facts import facts_of
from portal.pace import at_human_pace


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@spenders_only
@at_human_pace
def todays_terms(request: HttpRequest) -> HttpResponse:
    """Ask for a quote of the held tier as it is sold today, for the same seats and interval, and go to it. What would
    be given up, the quote says first.
    """
    shop = storefront_of(request)
    if request.method != "POST" or shop is None:
        return redirect("plan")
    facts = facts_of(request.member.customer, today=shop.edition, at=timezone.now())
    standing = facts.standing
    tier = shop.edition.tier(standing.tier.key)
    if tier is None:
        return redirect("upgrade")
    try:
        quote = issue_quote(
            situation=facts.situation,
            change=Change(tier, shop.edition, standing.licence.seats, standing.interval),
            email=request.user.email,
            actor=Actor.person(request.user),
            at=standing.at,
        )
    except UnableToQuote:
        # The calculator says why, reason by reason.
        messages.error(request, _("This is not open to you now. You were not charged, and nothing changed."))
        return redirect("upgrade")
    except (StripeUnavailable, StripeRefused):
        messages.error(
            request,
            _(
                "Stripe, who takes our payments, does not answer. You were not charged. Try again in a minute."
            ),
        )
        return redirect("plan")
    return redirect("quote", quote.pk)
