"""Trying a higher tier, and giving it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from licensing.history import Actor
from licensing.models import Trial
from licensing.trials import UnableToTry, end_trial, start_trial
from portal.access import ask_of_role, members_only
from portal.context import storefront_of
from portal.facts import Facts, facts_of
from portal.pages.trials import trials_page
from portal.templatetags.words import moment


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@members_only
def trials(request: HttpRequest) -> HttpResponse:
    """Anybody in the team may look; who may spend may begin a trial (`start`) and give it back (`give_back`)."""
    shop = storefront_of(request)
    assert shop is not None, "whoever is a member holds a licence of a published edition"
    facts = facts_of(request.member.customer, today=shop.edition, at=timezone.now())
    if request.method != "POST":
        page = trials_page(facts, role=request.member.role)
        return render(request, "trials/trials.html", {"page": page})
    ask_of_role(request, "spend")
    return _give_back(request, facts) if "give_back" in request.POST else _start(request, facts)


def _start(request: HttpRequest, facts: Facts) -> HttpResponse:
    tier = facts.situation.today.tier(request.POST.get("start", ""))
    if tier is None:
        raise Http404
    try:
        trial = start_trial(
            situation=facts.situation,
            tier=tier,
            actor=Actor.person(request.user),
            at=facts.standing.at,
        )
    except UnableToTry as error:
        context = {"page": trials_page(facts, role=request.member.role), "refused": error.reasons}
        return render(request, "trials/trials.html", context, status=422)
    said = {"tier": tier.name, "when": moment(trial.ends_at)}
    messages.success(request, _("You have all of %(tier)s from now on, until %(when)s.") % said)
    return redirect("plan")


def _give_back(request: HttpRequest, facts: Facts) -> HttpResponse:
    ended = end_trial(
        customer=request.member.customer,
        end=Trial.End.GIVEN_BACK,
        actor=Actor.person(request.user),
        at=facts.standing.at,
    )
    if ended:
        own = {"tier": facts.standing.tier.name}
        messages.success(
            request,
            _("The trial is given back. You have %(tier)s again; the trial changed nothing of it.") % own,
        )
    return redirect("trials")
