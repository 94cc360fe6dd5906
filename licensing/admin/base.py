"""What the pages of staff have in common: rows that are only looked at, and links between them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display


class StaffAdmin(ModelAdmin):
    """An admin with staff actions, each shown to whoever may do it; its page refuses on its own too.

    Unfold's own way looks permissions up in the database whenever the project is checked, before there is one. So
    each action carries what it `needs`, and it is asked here.
    """

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Filters are compared in the database, which takes no NUL."""
        if any("\0" in value for value in request.GET.values()):
            raise BadRequest("A filter with a NUL in it.")
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """What cannot be a key names no row; the page's actions are looked up by it."""
        try:
            if object_id is not None:
                self.model._meta.pk.to_python(unquote(object_id))
        except ValidationError:
            raise Http404 from None
        page: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return page

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        actions = super().get_actions_list(request)
        return [each for each in actions if request.user.has_perm(each.method.needs)]

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        actions = super().get_actions_detail(request, object_id)
        return [each for each in actions if request.user.has_perm(each.method.needs)]


class _LookOnly:
    """Nobody adds, edits or deletes here, a superuser neither. The database refuses it too."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(_LookOnly, StaffAdmin):
    """Rows that are read, and changed by an action with a reason at most."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        """Without the log of edits: there are none, and the history is the customer's."""
        rendered: HttpResponse = super().render_change_form(
            request, {**context, "show_history": False}, **kwargs
        )
        return rendered

    @display(description="customer", ordering="customer__name")
    def customer_page(self, row: Any) -> SafeString:
        """The row's customer, as a link to the one page that has everything. Needs `customer` selected along."""
        return format_html(
            '<a class="staff-link" href="{}">{}</a>', customer_url(row.customer_id), row.customer
        )


class ReadOnlyInline(_LookOnly, TabularInline):
    """Rows of a parent that are read on its page."""

    extra = 0
    can_delete = False
    hide_title = True


def customer_url(customer_id: int) -> str:
    """Where a customer's one page is."""
    return reverse("admin:licensing_customer_change", args=[customer_id])


def row_url(row: Model) -> str:
    """Where a row's own page is."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def row_or_404(rows: QuerySet[Any], *, key: str) -> Any:
    """The one of `rows` with this primary key; what cannot be a key names no row."""
    try:
        return get_object_or_404(rows, pk=key)
    except (ValueError, ValidationError):
        raise Http404 from None
