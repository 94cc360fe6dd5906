"""A member asks those who may spend for a higher tier, and they answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from licensing.models import UpgradeRequest
from licensing.upgrade_requests import (
    UnableToAsk,
    answer_request,
    ask_for_upgrade,
    open_questions,
    tiers_to_ask_for,
)
from portal.access import members_only, pressed_on, spenders_only
from portal.forms.team import AnswerForm, AskForm
from portal.pages.reasons import told
from portal.views.team import team_page


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a tier. Whoever may spend needs nobody's leave and is led to the upgrade itself."""
    if request.member.may_spend:
        return redirect(_upgrade_to(request.GET.get("tier", "")))
    at = timezone.now()
    customer = request.member.customer
    tiers = tiers_to_ask_for(customer, at=at)
    form = AskForm(request.POST or None, tiers=tiers, initial={"tier": request.GET.get("tier", "")})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                ask_for_upgrade(
                    customer=customer,
                    asked_by=request.user,
                    tier_key=form.cleaned_data["tier"],
                    note=form.cleaned_data["note"],
                    at=at,
                )
            except UnableToAsk as error:
                form.add_error(None, told(error.reason))
            else:
                messages.success(
                    request, _("Your question is with the owners of %(name)s.") % {"name": customer}
                )
                return redirect("team")
    waiting = [one for one in open_questions(customer) if one.request.asked_by_id == request.user.pk]
    page = {"form": form, "tiers": tiers, "waiting": waiting}
    return render(request, "team/ask.html", page, status=status)


@pressed_on("team")
@spenders_only
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """A yes leads to the upgrade, where the price is seen before anything is paid; a no goes back with its words."""
    question = get_object_or_404(UpgradeRequest, pk=pk, customer=request.member.customer)
    form = AnswerForm(request.POST, question=question)
    if not form.is_valid():
        return team_page(request, refused=form, status=422)
    granted = form.cleaned_data["answer"] == "yes"
    answer_request(
        request=question,
        granted=granted,
        by=request.user,
        at=timezone.now(),
        words=form.cleaned_data["words"],
    )
    if granted:
        messages.success(request, _("Your yes is on its way. Nothing is charged until you accept a sum."))
        return redirect(_upgrade_to(question.tier_key))
    messages.success(request, _("Your answer is on its way."))
    return redirect("team")


def _upgrade_to(tier_key: str) -> str:
    door = reverse("upgrade")
    return f"{door}?{urlencode({'tier': tier_key})}" if tier_key else door
