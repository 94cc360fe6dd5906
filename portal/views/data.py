"""What is held of an organisation, and taking all of it along.

Owners alone, because an export names every member, invitation and address that a notice went to. Of a closed
organisation it is whoever closed it: nobody is a member of it any more. Their own account is everybody's to take along.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from licensing.customers import closed_by
from licensing.history import Actor, entry, record
from licensing.models import ERASURE_WAITS, Customer, Erasure
from portal.access import pressed_on
from portal.export.schema import LEFT_OUT, PARTS, SCHEMA
from portal.export.titles import TITLES
from portal.export.writing import WRITERS, write_account
from portal.pace import MINUTES, is_too_fast
from portal.views.errors import too_many_requests


@require_safe
@login_required
def data(request: HttpRequest) -> HttpResponse:
    """What is held, and the buttons that take it along."""
    return render(
        request,
        "data/data.html",
        {
            "held": [(part, TITLES[part.key]) for part in PARTS],
            "left_out": LEFT_OUT.values(),
            "schema": SCHEMA,
            "closed": closed_organisations(request.user),
            "account": Erasure.objects.filter(person=request.user.pk, withdrawn_at=None).first(),
            "wait": ERASURE_WAITS.days,
            "at": timezone.now(),
        },
    )


@pressed_on("data")
@login_required
def download(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    """The whole export as one file; that it was fetched, and by whom, stands in the history."""
    if form not in WRITERS:
        raise Http404
    customer = _customer_or_404(request, pk)
    if is_too_fast(customer.pk):
        return too_many_requests(request, minutes=MINUTES)
    at = timezone.now()
    record(
        entry(
            customer=customer,
            kind="data_exported",
            subject=customer,
            at=at,
            actor=Actor.person(request.user),
            after={"form": form},
        )
    )
    write, kind = WRITERS[form]
    return FileResponse(
        write(customer, at=at),
        as_attachment=True,
        filename=f"{customer.slug}-{at:%Y-%m-%d}.{form}",
        content_type=kind,
    )


@pressed_on("data")
@login_required
def download_account(request: HttpRequest) -> HttpResponseBase:
    """What is held of the person’s own account, as one file."""
    if is_too_fast(f"account-{request.user.pk}"):
        return too_many_requests(request, minutes=MINUTES)
    at = timezone.now()
    return FileResponse(
        write_account(request.user, at=at),
        as_attachment=True,
        filename=f"my-account-{at:%Y-%m-%d}.json",
        content_type="application/json",
    )


def closed_organisations(user: Any) -> list[dict[str, Any]]:
    """What a person closed, each with the erasure that was asked for."""
    closed = list(closed_by(user))
    asked = {one.customer_id: one for one in Erasure.objects.filter(customer__in=closed, withdrawn_at=None)}
    return [{"customer": customer, "erasure": asked.get(customer.pk)} for customer in closed]


def _customer_or_404(request: HttpRequest, pk: int) -> Customer:
    """An organisation that the person owns, or that they closed. Another of their own is 403, anything else 404."""
    place = next((place for place in request.places if place.customer_id == pk), None)
    if place is not None:
        if not place.may_manage_team:
            raise PermissionDenied("Only an owner can do this. You can ask them to.")
        return place.customer
    customer = closed_by(request.user).filter(pk=pk).first()
    if customer is None:
        raise Http404
    return customer
