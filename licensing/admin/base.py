"""What the pages of staff have in common: rows that are only looked at, and links between them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, FieldDoesNotExist, ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.views import ChangeList

from licensing.models import Customer

# What leads to a customer's page → the same for whoever may not open customers.
PLAINLY = {"customer_page": "customer_name", "named": "named_plainly"}


def may_look(request: HttpRequest, model: type[Model]) -> bool:
    """Whether the rows of `model` may be looked at."""
    return bool(request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"))


def _readable(name: Any, request: HttpRequest) -> Any:
    return name if may_look(request, Customer) else PLAINLY.get(name, name)


def _named(model: type[Model], name: Any, request: HttpRequest) -> Any:
    """The field itself, or what it leads to by name: the theme links every row that a row refers to."""
    try:
        field = model._meta.get_field(name)
    except (FieldDoesNotExist, AttributeError, TypeError):
        return name
    if not isinstance(field, ForeignKey) or may_look(request, field.related_model):
        return name

    @display(description=field.verbose_name)
    def named(row: Any) -> str:
        return str(getattr(row, field.name) or "–")

    return named


class StaffList(ChangeList):
    """The theme heads a list that counts only what it shows with “7 results (Show all)”. Where all is shown, or
    nothing, there is nothing to say of it: the list itself says what would be there.
    """

    full_result_count: int | None

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shows_all = not (self.query or self.has_active_filters)
        if not self.result_count or (self.full_result_count is None and shows_all):
            self.full_result_count = self.result_count


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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StaffList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [_readable(name, request) for name in super().get_list_display(request)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Where a row is only read, no link leads to what its reader may not look at: it is a name for them."""
        names = list(super().get_fields(request, obj))
        if obj is None or self.has_change_permission(request, obj):
            return names
        return [_named(self.model, _readable(name, request), request) for name in names]

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

    @display(description="customer", ordering="customer__name")
    def customer_name(self, row: Any) -> str:
        """The same for whoever may not open customers."""
        return str(row.customer)


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
