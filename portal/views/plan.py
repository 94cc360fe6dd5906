"""My plan: what I have, what I use, what happens next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from licensing.upgrade_requests import open_questions
from portal.access import members_only
from portal.context import storefront_of
from portal.facts import facts_of
from portal.pages.ended import ended
from portal.pages.plan import plan_page

PUT_AWAY = "thoughts_put_away"
REMEMBERED = 20


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@members_only
def plan(request: HttpRequest) -> HttpResponse:
    """Show the plan; a post puts the one suggestion away for as long as the person stays signed in."""
    put_away: list[str] = request.session.get(PUT_AWAY, [])
    if request.method == "POST":
        request.session[PUT_AWAY] = [*put_away, request.POST.get("put_away", "")[:100]][-REMEMBERED:]
        return redirect("plan")
    shop = storefront_of(request)
    assert shop is not None, "whoever is a member holds a licence of a published edition"
    facts = facts_of(request.member.customer, today=shop.edition, at=timezone.now())
    asks = request.member.may_spend and facts.questions
    context = {
        "page": plan_page(
            facts,
            today=shop.edition,
            ended=ended(facts.standing, today=shop.edition),
            put_away=put_away,
            may_spend=request.member.may_spend,
        ),
        "questions": open_questions(request.member.customer) if asks else [],
    }
    return render(request, "plan/plan.html", context, using="compiled")
