"""Customers: found by anything a support case names, and shown on one page with what can be done for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from billing.admin.brakes import ParkCustomer
from licensing.admin.actions import ReasonForm, RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin, row_or_404
from licensing.admin.erasures import AskForErasure
from licensing.admin.waivers import GiveCredit, GiveTrial, RaiseLimit, WaiveRule
from licensing.history import Actor
from licensing.models import Customer, Feature, Licence, Member, Role
from licensing.sharing import terms_held
from licensing.staff_actions import note_usage
from licensing.usage import UnableToRecord
from portal.admin.customer_page import customer_page
from portal.admin.prices import Prices
from portal.admin.search import customers_matching


class UsageForm(ReasonForm):
    """A reading of one of the limits that the customer's own edition has."""

    feature_key = forms.ChoiceField(label="Limit", widget=UnfoldAdminSelectWidget())
    value = forms.IntegerField(
        label="Used",
        min_value=0,
        max_value=2**63 - 1,
        widget=UnfoldAdminIntegerFieldWidget(),
        error_messages={"min_value": "Nothing is used less than not at all: write 0 or more."},
        help_text="In the limit’s own unit. It counts from now on, until a newer reading comes.",
    )

    def __init__(self, *args: Any, row: Customer, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        licence = Licence.objects.filter(customer=row, ended_at=None).first()
        features = terms_held(licence).features if licence else ()
        self.fields["feature_key"].choices = [
            (feature.key, f"{feature.name} ({feature.unit})")
            for feature in features
            if feature.kind == Feature.Kind.LIMIT
        ]


class RecordUsage(StaffAction):
    permission = "licensing.add_usagereading"
    title = "Record a usage reading"
    button = "Record the reading"
    form_class = UsageForm
    refusals = (UnableToRecord,)

    def rows(self) -> QuerySet[Customer]:
        return Customer.objects.all()

    def facts(self) -> Sequence[tuple[str, Any]]:
        return [("Customer", self.row)]

    def outcome(self) -> str:
        return "The newest reading counts: it shows on the customer’s plan, and rules look at it."

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        given = form.cleaned_data
        note_usage(
            customer=self.row,
            feature_key=given["feature_key"],
            value=given["value"],
            actor=actor,
            reason=given["reason"],
            at=at,
        )
        return "The reading is recorded."


def _beside_each() -> list[Prefetch]:
    """What the list shows of each customer beside its own row, in a fixed number of queries."""
    live = Licence.objects.filter(ended_at=None).select_related("tier__edition")
    owners = Member.objects.filter(role=Role.OWNER).select_related("user")
    return [
        Prefetch("licences", live, to_attr="live_licences"),
        Prefetch("members", owners, to_attr="owners"),
    ]


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["name", "slug", "holds", "owner", "country", "currency", "created_at"]
    search_fields = ["name", "slug"]
    search_help_text = (
        "Name, slug, a member’s address, an invoice number, or an id at Stripe (cus_, sub_, in_, cs_)."
    )
    record_usage = RecordUsage.on_rows("usage")
    park = ParkCustomer.on_rows("park")
    ask_erasure = AskForErasure.on_rows("erasure")
    prices_of = Prices.on_rows("prices")
    raise_limit = RaiseLimit.on_rows("more")
    waive_rule = WaiveRule.on_rows("rule")
    give_trial = GiveTrial.on_rows("trial")
    give_credit = GiveCredit.on_rows("credit")
    actions_detail = (
        "prices_of",
        "record_usage",
        "raise_limit",
        "waive_rule",
        "give_trial",
        "give_credit",
        "park",
        "ask_erasure",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return super().get_queryset(request).prefetch_related(*_beside_each())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        return customers_matching(search_term, among=queryset), False

    @display(description="holds")
    def holds(self, customer: Any) -> str:
        if customer.closed_at:
            return "closed"
        return ", ".join(str(licence.tier) for licence in customer.live_licences) or "nothing"

    @display(description="owner")
    def owner(self, customer: Any) -> str:
        return ", ".join(member.user.email for member in customer.owners) or "none"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """The customer's one page, in place of a form: nothing here is edited by hand."""
        if not self.has_view_permission(request) or object_id is None:
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        customer = row_or_404(Customer.objects.all(), key=object_id)
        found = customer_page(
            customer, reader=request.user, page=request.GET.get("page", "1"), at=timezone.now()
        )
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            "admin/staff/customer.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": customer,
                "title": customer.name,
                "found": found,
                "may": _may(request),
            },
        )


def _may(request: HttpRequest) -> dict[str, bool]:
    """Which actions the page offers to this person."""
    return {
        "trials": request.user.has_perm("licensing.change_trial"),
        "waivers": request.user.has_perm("licensing.add_waiver"),
        "approve": request.user.has_perm("licensing.approve_waiver"),
        "end_waivers": request.user.has_perm("licensing.change_waiver"),
        "usage": request.user.has_perm("licensing.add_usagereading"),
        "notices": request.user.has_perm("licensing.change_notice"),
        "orders": request.user.has_perm("billing.change_order"),
        "erasures": request.user.has_perm("licensing.add_erasure"),
        "brakes": request.user.has_perm("billing.add_brake"),
    }
