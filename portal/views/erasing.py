"""Asking for a closed organisation, or for one's own account, to be erased; and taking it back."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.customers import closed_by
from licensing.erasure import UnableToErase, ask_for_erasure, take_back
from licensing.history import Actor
from licensing.models import Customer, Erasure
from portal.access import pressed_on
from portal.erasing import ask_to_be_forgotten
from portal.pages.reasons import told
from portal.templatetags.words import day


@pressed_on("data")
@login_required
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for it, the organisation's name typed as a second thought."""
    customer = _closed_or_404(request, pk)
    if request.POST.get("name", "").strip() != customer.name:
        messages.error(
            request, _("Nothing was asked for: the name you typed is not %(name)s.") % {"name": customer}
        )
        return redirect("data")

    def ask() -> str:
        erasure = ask_for_erasure(
            customer=customer,
            contact=request.user.email,
            actor=Actor.person(request.user),
            at=timezone.now(),
        )
        return _("%(name)s is erased on %(day)s. Until then you can take it back.") % {
            "name": customer,
            "day": day(erasure.due_at),
        }

    return _do(request, ask)


@pressed_on("data")
@login_required
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back: nothing is erased."""
    customer = _closed_or_404(request, pk)
    return _take_back(request, Erasure.objects.filter(customer=customer, withdrawn_at=None).first())


@pressed_on("data")
@login_required
def erase_account(request: HttpRequest) -> HttpResponse:
    """Ask for one's own account to go, its address typed as a second thought."""
    if request.POST.get("email", "").strip().lower() != request.user.email.lower():
        messages.error(
            request,
            _("Nothing was asked for: what you typed is not %(email)s.") % {"email": request.user.email},
        )
        return redirect("data")

    def ask() -> str:
        erasure = ask_to_be_forgotten(request.user, at=timezone.now())
        return _("Your account is erased on %(day)s. Until then you can take it back.") % {
            "day": day(erasure.due_at)
        }

    return _do(request, ask)


@pressed_on("data")
@login_required
def keep_account(request: HttpRequest) -> HttpResponse:
    """Take it back: the account stays."""
    return _take_back(request, Erasure.objects.filter(person=request.user.pk, withdrawn_at=None).first())


def _take_back(request: HttpRequest, erasure: Erasure | None) -> HttpResponse:
    if erasure is None:
        return redirect("data")

    def do() -> str:
        take_back(erasure=erasure, actor=Actor.person(request.user), at=timezone.now())
        return _("Nothing is erased. Everything stays as it was.")

    return _do(request, do)


def _do(request: HttpRequest, change: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, change())
    except UnableToErase as error:
        messages.error(request, told(error.reason))
    return redirect("data")


def _closed_or_404(request: HttpRequest, pk: int) -> Customer:
    customer = closed_by(request.user).filter(pk=pk).first()
    if customer is None:
        raise Http404
    return customer
