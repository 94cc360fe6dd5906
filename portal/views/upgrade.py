"""The calculator: what a change would bring and cost; and the step from there to a binding quote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from billing.answers import StripeUnavailable
from billing.quotes import UnableToQuote, issue_quote
from licensing.history import Actor
from licensing.offers import tiers_open_to
from licensing.reasons import Reason
from licensing.rules.situation import Change
from portal.access import ask_of_role, members_only
from portal.context import storefront_of
from portal.facts import Facts, facts_of
from portal.forms.upgrade import CalculatorForm
from portal.pace import at_human_pace
from portal.pages.calculator import Calculator, calculator, first_choice

LIVE_PART = "figures"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def upgrade(request: HttpRequest) -> HttpResponse:
    """A live question of somebody signed out by now reloads the page; a sign-in form in its place would be odd."""
    if request.htmx and not request.user.is_authenticated:
        return HttpResponseClientRefresh()
    return _post(request) if request.method == "POST" else _show(request)


@members_only
def _show(request: HttpRequest) -> HttpResponse:
    facts = _facts(request)
    form = _form(request.GET, facts)
    page = _page(form, facts, role=request.member.role)
    if request.htmx and request.htmx.target == LIVE_PART:
        return render(request, "upgrade/live.html", {"page": page, "is_live": True}, using="compiled")
    return _answer(request, page, form)


@members_only
@at_human_pace
def _post(request: HttpRequest) -> HttpResponse:
    """Ask for a binding quote of what the calculator shows, and go to it."""
    ask_of_role(request, "spend")
    facts = _facts(request)
    form = _form(request.POST, facts)
    page = _page(form, facts, role=request.member.role)
    if not form.is_valid():
        return _answer(request, page, form, status=422)
    try:
        quote = issue_quote(
            situation=facts.situation,
            change=Change(page.chosen.tier, page.chosen.edition, page.seats, page.interval),
            email=request.user.email,
            actor=Actor.person(request.user),
            at=facts.standing.at,
        )
    except UnableToQuote as error:
        return _answer(request, page, form, refused=error.reasons, status=422)
    except StripeUnavailable:
        return _answer(request, page, form, status=503)
    return redirect("quote", quote.pk)


def _answer(
    request: HttpRequest,
    page: Calculator,
    form: CalculatorForm,
    *,
    refused: Sequence[Reason] = (),
    status: int = 200,
) -> HttpResponse:
    """The whole page. `refused` says why no quote was given; 503 that Stripe was silent."""
    context = {"page": page, "form": form, "refused": refused, "is_silent": status == 503, "is_live": False}
    return render(request, "upgrade/upgrade.html", context, status=status, using="compiled")


def _facts(request: HttpRequest) -> Facts:
    shop = storefront_of(request)
    assert shop is not None, "whoever is a member holds a licence of a published edition"
    return facts_of(request.member.customer, today=shop.edition, at=timezone.now())


def _form(data: Any, facts: Facts) -> CalculatorForm:
    tiers = [tier for tier, _edition in tiers_open_to(facts.situation)]
    return CalculatorForm(data, tiers=tiers, defaults=first_choice(facts, tiers=[tier.key for tier in tiers]))


def _page(form: CalculatorForm, facts: Facts, *, role: str) -> Calculator:
    asked = form.answer()
    return calculator(
        facts, tier_key=asked["tier"], seats=asked["seats"], interval=asked["interval"], role=role
    )
