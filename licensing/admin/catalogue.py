"""The catalogue: drafts are edited, published once, and from then on only read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, JSONField, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from licensing.admin.base import StaffAdmin, row_url
from licensing.admin.comparing import Compare
from licensing.admin.edition_forms import EditionForm
from licensing.admin.editions import Approve, DraftFrom, Publish
from licensing.admin.fields import LevelsField
from licensing.admin.files import as_file
from licensing.admin.loading import LoadDraft
from licensing.admin.named_rows import NamedFields
from licensing.admin.playbooks import Playbook
from licensing.admin.price_forms import PriceForm
from licensing.admin.publishing import AuthorsNoted, checklist_of
from licensing.admin.queues import EDITION_QUEUES, queue_filter
from licensing.admin.rehearsals import Rehearse
from licensing.admin.tier_forms import GrantForm, TierForm
from licensing.catalogue import lookup_key
from licensing.catalogue.approvals import refusal
from licensing.catalogue.linting import lint
from licensing.catalogue.uses import uses_of
from licensing.models import Claim, Edition, Feature, Grant, Price, Product, Tier
from licensing.terms import read_edition


def is_sealed(row: Any) -> bool:
    """Whether `row`, an edition or something in one, is published and never changes again."""
    edition = row.edition if isinstance(row, Tier) else row
    return isinstance(edition, Edition) and edition.published_at is not None


class _UntilPublished:
    """The rights of a group hold for drafts only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_sealed(obj) and _may(self, request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_sealed(obj) and _may(self, request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_sealed(obj) and _may(self, request, "delete")


def _may(model_admin: Any, request: HttpRequest, verb: str) -> bool:
    options = model_admin.model._meta
    return request.user.has_perm(f"{options.app_label}.{verb}_{options.model_name}")


class _DraftRows(_UntilPublished, TabularInline):
    """Rows of a draft that are edited in a table."""

    formset = NamedFields
    extra = 0
    hide_title = True


class TierInline(_DraftRows):
    model = Tier
    form = TierForm
    fields = ["key", "name", "rank", "tagline", "trial_days", "min_seats", "max_seats", "prices_and_grants"]
    readonly_fields = ["prices_and_grants"]

    @display(description="prices, what it gives")
    def prices_and_grants(self, tier: Tier) -> SafeString | str:
        """The way to the tier's own page, once it has one."""
        if tier._state.adding:
            return "after saving"
        return format_html('<a class="staff-link" href="{}">open {}</a>', row_url(tier), tier.name)


class FeatureInline(_DraftRows):
    model = Feature
    fields = ["position", "key", "name", "kind", "group", "unit", "monthly", "levels", "about", "shared"]
    formfield_overrides = {JSONField: {"form_class": LevelsField, "widget": UnfoldAdminTextInputWidget}}


class PriceInline(_DraftRows):
    model = Price
    form = PriceForm
    fields = ["currency", "interval", "unit_amount", "per_seat", "lookup_key"]
    readonly_fields = ["lookup_key"]


class _AboutFeatures(_DraftRows):
    """Rows of a tier that are each about one feature of its edition."""

    def get_formset(self, request: HttpRequest, obj: Tier | None = None, **kwargs: Any) -> Any:
        """Only features of the tier's own edition can be given, or spoken of."""
        formset = super().get_formset(request, obj, **kwargs)
        field = formset.form.base_fields.get("feature")
        if isinstance(field, forms.ModelChoiceField):
            own = Feature.objects.filter(edition=obj.edition_id) if obj else Feature.objects.none()
            # Read once for all rows of the formset.
            field.queryset = own
            field.choices = [("", "Select value"), *((f.pk, f.name) for f in own.order_by("position"))]
        return formset


class GrantInline(_AboutFeatures):
    model = Grant
    form = GrantForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        return super().get_queryset(request).select_related("feature__edition").order_by("feature__position")


class ClaimInline(_AboutFeatures):
    model = Claim
    fields = ["position", "feature", "text"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        return super().get_queryset(request).select_related("feature__edition").order_by("position")


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    list_display = ["name", "vendor", "support_email"]
    search_fields = ["name", "key"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Edition)
class EditionAdmin(AuthorsNoted, _UntilPublished, StaffAdmin):
    form = EditionForm
    list_display = ["key", "name", "product", "state", "published_at", "holders"]
    list_display_links = ["key"]
    list_select_related = ["product"]
    list_filter = [queue_filter(EDITION_QUEUES), "product"]
    search_fields = ["key", "name"]
    fields = ["product", "key", "name", "rationale", "published_at", "published_by", "content_hash"]
    readonly_fields = ["published_at", "published_by", "content_hash"]
    inlines = [TierInline, FeatureInline]
    change_form_outer_before_template = "admin/staff/edition.html"
    actions = None
    warn_unsaved_form = True
    draft_from_this = DraftFrom.on_rows("draft")
    rehearse_this = Rehearse.on_rows("rehearse")
    approve_this = Approve.on_rows("approve")
    publish_this = Publish.on_rows("publish")
    compare_this = Compare.on_rows("compare")
    playbook_of_this = Playbook.on_rows("playbook")
    as_file = as_file
    load_draft = LoadDraft.on_list("load")
    actions_list = ("load_draft",)
    actions_detail = (
        "playbook_of_this",
        "compare_this",
        "as_file",
        "draft_from_this",
        "rehearse_this",
        "approve_this",
        "publish_this",
    )

    @display(description="state", label={"published": "success", "draft": "warning"})
    def state(self, edition: Edition) -> str:
        return "published" if edition.published_at else "draft"

    @display(description="live licences")
    def holders(self, edition: Any) -> int:
        return int(edition.live_licences)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        live = Count("licences", filter=Q(licences__ended_at=None))
        return super().get_queryset(request).annotate(live_licences=live)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """What is published is neither rehearsed, approved nor published again. Nobody approves what they wrote."""
        draft = Edition.objects.filter(pk=object_id, published_at=None).first()
        closed: tuple[str, ...] = ()
        if draft is None:
            closed = ("rehearse_this", "approve_this", "publish_this")
        elif refusal(edition=draft, by=request.user):
            closed = ("approve_this",)
        actions = super().get_actions_detail(request, object_id)
        return [each for each in actions if not each.action_name.endswith(closed)]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        if edition := kwargs.get("obj"):
            terms = context["terms"] = read_edition(edition)
            if not is_sealed(edition):
                at = timezone.now()
                uses = uses_of(product_id=edition.product_id, at=at)
                context["findings"] = lint(terms, uses=uses, at=at)
                context["checklist"] = checklist_of(edition, request, findings=context["findings"])
        return super().render_change_form(request, context, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """What is published is read as one table of all terms, not row by row."""
        return [] if is_sealed(obj) else list(self.inlines)


@admin.register(Tier)
class TierAdmin(AuthorsNoted, _UntilPublished, StaffAdmin):
    """A tier's prices, what it gives and what it claims; reached from its edition."""

    form = TierForm
    fields = ["edition", "key", "name", "rank", "tagline", "trial_days", "min_seats", "max_seats"]
    readonly_fields = ["edition"]
    inlines = [PriceInline, GrantInline, ClaimInline]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A tier is added on its edition's page, where its place among the others is seen."""
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tier]:
        return super().get_queryset(request).select_related("edition__product")

    def response_post_save_change(self, request: HttpRequest, obj: Tier) -> HttpResponse:
        """Back to the draft, where it stands what there is to do next."""
        return redirect(row_url(obj.edition))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Back to the draft that it was taken out of; a list of all tiers is nobody's page."""
        tier = self.get_object(request, object_id)
        response = super().delete_view(request, object_id, extra_context)
        return redirect(row_url(tier.edition)) if tier and response.status_code == 302 else response

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """A price's lookup key follows from what it is the price of."""
        if formset.model is Price:
            for each in formset.forms:
                price, tier = each.instance, formset.instance
                if price.currency and price.interval:
                    price.lookup_key = lookup_key(
                        tier_key=tier.key,
                        edition_key=tier.edition.key,
                        interval=price.interval,
                        currency=price.currency,
                    )
        super().save_formset(request, form, formset, change)
