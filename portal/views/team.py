"""The team page: who is in, who is invited, what each may do; and leaving, switching, closing."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.payers import payer_of
from licensing.customers import UnableToClose, close_customer
from licensing.giving_up import NotAgreed, given_up
from licensing.invitations import UnableToInvite, invite, resend, revoke
from licensing.models import Invitation, Member, Role
from licensing.rules.inviting import seat_for_invitation
from licensing.seats import seats_of
from licensing.standing import standing_of
from licensing.team import UnableToChangeRole, UnableToLeave, change_role, remove_member
from licensing.terms import edition_terms
from licensing.upgrade_requests import open_questions, questions_of
from portal.access import act_for, members_only, owners_only, pressed_on
from portal.forms.team import AnswerForm, CloseForm, InviteForm, RoleForm
from portal.pages.reasons import told


@require_safe
@members_only
def team(request: HttpRequest) -> HttpResponse:
    """Who is in, who is invited, and what was asked."""
    return team_page(request)


@pressed_on("team")
@owners_only
def invite_member(request: HttpRequest) -> HttpResponse:
    """Invite an address; what is wrong is said beside the form."""
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            invitation = invite(
                customer=request.member.customer,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                by=request.user,
                at=timezone.now(),
            )
        except UnableToInvite as error:
            form.add_error(None, told(error.reason))
        else:
            messages.success(request, _("%(email)s is invited.") % {"email": invitation.email})
            return redirect("team")
    return team_page(request, form=form, status=422)


@pressed_on("team")
@owners_only
def resend_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = _invitation_or_404(request, pk)
    return _do(
        request,
        lambda: resend(invitation=invitation, by=request.user, at=timezone.now()),
        done=_("The invitation is on its way to %(email)s again.") % {"email": invitation.email},
    )


@pressed_on("team")
@owners_only
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = _invitation_or_404(request, pk)
    return _do(
        request,
        lambda: revoke(invitation=invitation, by=request.user, at=timezone.now()),
        done=_("The invitation to %(email)s is taken back.") % {"email": invitation.email},
    )


@pressed_on("team")
@owners_only
def change_member_role(request: HttpRequest, pk: int) -> HttpResponse:
    member = _member_or_404(request, pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was changed: choose one of the roles."))
        return redirect("team")
    role = form.cleaned_data["role"]
    return _do(
        request,
        lambda: change_role(member=member, role=role, by=request.user, at=timezone.now()),
        done=_("%(person)s now has the role %(role)s.") % {"person": member.user, "role": role},
    )


@pressed_on("team")
@owners_only
def remove_from_team(request: HttpRequest, pk: int) -> HttpResponse:
    member = _member_or_404(request, pk)
    return _do(
        request,
        lambda: remove_member(member=member, by=request.user, at=timezone.now()),
        done=_("%(person)s is no longer in your team.") % {"person": member.user},
    )


@pressed_on("team")
@members_only
def leave(request: HttpRequest) -> HttpResponse:
    """Leave the organisation one acts for."""
    return _do(
        request,
        lambda: remove_member(member=request.member, by=request.user, at=timezone.now()),
        done=_("You have left %(name)s.") % {"name": request.member.customer},
    )


@pressed_on("team")
@owners_only
def close(request: HttpRequest) -> HttpResponse:
    """Close the organisation for good, its name typed as a second thought."""
    customer = request.member.customer
    form = CloseForm(request.POST, customer=customer)
    if not form.is_valid():
        return team_page(request, closing=form, status=422)
    try:
        return _do(
            request,
            lambda: close_customer(
                customer=customer,
                owner=request.user,
                at=timezone.now(),
                gives_up=form.cleaned_data["gives_up"],
            ),
            done=_("%(name)s is closed. Its data is still here for you to take along.")
            % {"name": customer.name},
            then="data",
        )
    except NotAgreed:
        form.add_error("gives_up", _("Tick this first. Nothing was closed."))
        return team_page(request, closing=form, status=422)


@pressed_on("team")
@login_required
def switch(request: HttpRequest) -> HttpResponse:
    """Act for another of one's organisations, named by its slug."""
    place = next(
        (place for place in request.places if place.customer.slug == request.POST.get("customer")), None
    )
    if place is None:
        raise Http404
    act_for(request, customer_id=place.customer_id)
    return redirect("plan")


def team_page(
    request: HttpRequest,
    *,
    form: InviteForm | None = None,
    refused: AnswerForm | None = None,
    closing: CloseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page. `refused` is an answer to a question, `closing` a wish to close, that could not be taken; it stands
    there as it was typed.
    """
    at = timezone.now()
    customer, member = request.member.customer, request.member
    seats = seats_of(customer, at=at)
    # Only who holds nothing paid can close, and only owners may.
    held = standing_of(customer, at=at) if member.may_manage_team else None
    held = held if held and held.licence.is_free else None
    waiting = customer.invitations.filter(accepted_at=None, revoked_at=None) if member.may_manage_team else []
    run_out = [one.expires_at for one in waiting if one.is_open(at=at)]
    return render(
        request,
        "team/team.html",
        {
            "members": customer.members.select_related("user"),
            "invitations": [
                {"invitation": invitation, "is_open": invitation.is_open(at=at)} for invitation in waiting
            ],
            "seats": seats,
            "no_seat": seat_for_invitation(seats, min(run_out, default=None)),
            "questions": open_questions(customer) if member.may_spend else [],
            "asked": [] if member.may_spend else questions_of(customer, asked_by=request.user),
            "form": form or InviteForm(),
            "refused": refused,
            "closing": closing,
            "held": held,
            "given_up": given_up(held, today=edition_terms(held.newest_id)) if held else (),
            "payer": payer_of(customer) if held else None,
            "roles": Role.choices,
        },
        status=status,
    )


def _do(request: HttpRequest, change: Callable[[], object], *, done: str, then: str = "team") -> HttpResponse:
    """Make one change, say how it went, and go on to the page `then`; back to the team where it was refused."""
    try:
        change()
    except (UnableToInvite, UnableToChangeRole, UnableToLeave, UnableToClose) as error:
        messages.error(request, told(error.reason))
        return redirect("team")
    messages.success(request, done)
    return redirect(then)


def _member_or_404(request: HttpRequest, pk: int) -> Member:
    return get_object_or_404(Member.objects.select_related("user"), pk=pk, customer=request.member.customer)


def _invitation_or_404(request: HttpRequest, pk: int) -> Invitation:
    return get_object_or_404(Invitation, pk=pk, customer=request.member.customer)
